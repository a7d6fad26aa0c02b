"""Data sets that no lexicon has, named right before a word for one: "the LUNA16 challenge", "在CHAOS数据集上"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imagingkg.extract.hits import Hit, new_concept
from imagingkg.extract.wordlists import one_of, one_of_whole
from imagingkg.extract.words import occurrences

_REACH: Final = 48  # characters before the word for a data set in which its name is looked for
_NAME: Final = re.compile(
    r"(?<![A-Za-z0-9-])(?P<name>(?=[A-Za-z0-9_ -]{0,20}[A-Z])[A-Z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*"
    r"(?:[ -](?:19|20)\d\d)?)"
    r"(?:\s(?:public|open|challenge|segmentation|imaging|image))?\s?$"
)
_SHAPE: Final = r"(?=[A-Za-z0-9_-]*[A-Z][A-Za-z0-9_-]*[A-Z0-9])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*(?:\s(?:19|20)\d\d)?"
# "a data set of …, named X", "the first data set, X, which": behind the word for it.
_NAMED: Final = re.compile(
    rf"[^.;:?!()\n]{{0,80}}?,?\s(?:named|called|termed|dubbed|namely|denoted)\s+(?P<name>{_SHAPE})(?=[,.;(\s])"
    rf"|,\s+(?P<beside>{_SHAPE})(?=,)"
)
# "X, the first multi-view video data set": before it, as an apposition.
_APPOSED: Final = re.compile(rf"(?<![A-Za-z0-9-])(?P<name>{_SHAPE}),\s(?:an?|the|our)\s[^,.;:?!()\n]{{0,70}}\s?$")


@dataclass(frozen=True, slots=True)
class DatasetRules:
    """Words for a data set, and words before them that are no name."""

    noun: re.Pattern[str]
    not_name: re.Pattern[str]


def compile_datasets(words: Mapping[str, Sequence[str]]) -> DatasetRules:
    """The rules from the section `datasets` of the word lists."""
    return DatasetRules(re.compile(one_of_whole(words["followed_by"])), re.compile(one_of(words["not"])))


def find_datasets(text: str, hits: Sequence[Hit], rules: DatasetRules, labels: dict[str, str]) -> list[Hit]:
    """The data sets of the text that `hits` have not; their names go into `labels`."""
    out: list[Hit] = []
    for found in _named(text, rules):
        start, end = found.span(found.lastgroup or 0)
        name = text[start:end]
        if len(name) < 3 or name.istitle() or rules.not_name.fullmatch(name):
            continue
        if any(h.start <= start and end <= h.end for h in hits):
            continue
        concept = new_concept("dataset", name)
        if concept not in labels:
            labels[concept] = name
            out += [Hit(s, e, "dataset", concept) for s, e in occurrences(text, name)]
    return out


def _named(text: str, rules: DatasetRules) -> Iterator[re.Match[str]]:
    """What may be a name around each word for a data set."""
    for noun in rules.noun.finditer(text):
        begin = noun.start()
        around = (
            _NAME.search(text, max(0, begin - _REACH), begin),
            _NAMED.match(text, noun.end()),
            _APPOSED.search(text, max(0, begin - 2 * _REACH), begin),
        )
        yield from (found for found in around if found is not None)
