"""A document's own abbreviations, put above what the lexicon makes of them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from imagingkg.extract.abbreviations import Definition
from imagingkg.extract.hits import Hit, new_concept, resolve
from imagingkg.extract.names import NameTable
from imagingkg.extract.new_names import NewNames
from imagingkg.extract.words import WORD_CHARS

_STEM: Final = 6  # letters of two words that are taken for one
_LONG_WORD: Final = re.compile(rf"[a-z]{{{_STEM},}}")
# Words that close a long form and add nothing to it.
_EMPTY: Final = (
    "algorithm",
    "algorithms",
    "method",
    "methods",
    "model",
    "models",
    "approach",
    "technique",
    "techniques",
)


def apply_definitions(
    text: str,
    hits: list[Hit],
    defined: Iterable[Definition],
    rules: NewNames,
    table: NameTable,
    labels: dict[str, str],
) -> list[Hit]:
    """`hits` with every defined short form meaning, everywhere in the text, what its long form names.

    A long form that the lexicon lacks becomes a concept of the document where its last word gives a kind away; its name
    goes into `labels`.
    """
    by_end = {hit.end: hit for hit in hits}
    changes: dict[str, Hit | None] = {}
    for definition in defined:
        if definition.short in changes:
            continue
        meaning = _meaning(text, definition, by_end, rules, table, labels)
        if meaning is not None:
            changes[definition.short] = meaning
        elif _is_own_meaning(text, definition, by_end, table):
            changes[definition.short] = None
    if not changes:
        return hits
    fresh: list[Hit] = []
    cleared: list[tuple[int, int]] = []
    for short, meaning in changes.items():
        for start, end in _short_forms(text, short):
            cleared.append((start, end))
            if meaning is not None:
                fresh.append(Hit(start, end, meaning.kind, meaning.concept))
        if meaning is not None:
            fresh.append(meaning)
            cleared.append((meaning.start, meaning.end))
    cleared.sort()
    longest = max((end - start for start, end in cleared), default=0)
    return resolve([*(h for h in hits if not _is_cleared(h, cleared, longest)), *fresh])


def _is_cleared(hit: Hit, cleared: Sequence[tuple[int, int]], longest: int) -> bool:
    """Does one of the spans, in order and none longer than `longest`, take the place of the hit or of a part of it?

    A name that holds the short form and more stays ("MS lesion" where MS is defined).
    """
    for at in range(bisect_left(cleared, (hit.end,)) - 1, -1, -1):
        start, end = cleared[at]
        if start <= hit.start - longest:
            return False
        is_wider = hit.start <= start and end <= hit.end and hit.end - hit.start > end - start
        if hit.start < end and not is_wider:
            return True
    return False


def _meaning(
    text: str,
    definition: Definition,
    by_end: Mapping[int, Hit],
    rules: NewNames,
    table: NameTable,
    labels: dict[str, str],
) -> Hit | None:
    long = None
    if definition.long_start >= 0:
        long = by_end.get(definition.long_end)
        if long is not None and long.start <= definition.long_start:
            return long
    if definition.chinese_end >= 0:
        chinese = by_end.get(definition.chinese_end)
        if chinese is not None:
            return chinese
    if definition.long_start < 0:
        return None
    name = text[definition.long_start : definition.long_end]
    # A form that is not matched itself, because a shorter one inside it is ("whole-slide images"), with a word more
    # ("conjugate gradient algorithm"), or spelt as the lexicon has it not ("Kolmogorov-Arnold net-works").
    head, _, last = name.rpartition(" ")
    known = table.concept_of(name) or (table.concept_of(head) if last.lower() in _EMPTY else None)
    if known is None:
        listed = by_end.get(definition.short_start + len(definition.short))
        known = listed.concept if listed is not None and _agree(name, listed, definition, table) else None
    if known is not None:
        return Hit(definition.long_start, definition.long_end, table.kinds[known], known)
    kind = long.kind if long is not None else rules.kind_of(name)
    if kind is None or kind in ("task", "challenge") or any(c in name for c in "\n.:;"):
        return None
    concept = new_concept(kind, name)
    labels.setdefault(concept, name)
    return Hit(definition.long_start, definition.long_end, kind, concept)


def _is_own_meaning(text: str, definition: Definition, by_end: Mapping[int, Hit], table: NameTable) -> bool:
    """The document gives the short form a meaning that is none of ours: "PD (program director)"."""
    known = by_end.get(definition.short_start + len(definition.short))
    if definition.long_start < 0 or known is None or known.start != definition.short_start:
        return False
    return not _agree(text[definition.long_start : definition.long_end], known, definition, table)


def _agree(name: str, listed: Hit, definition: Definition, table: NameTable) -> bool:
    """Does what the lexicon takes the short form for share a long word with the long form?"""
    if listed.start != definition.short_start:
        return False
    label = table.english.get(listed.concept, "")
    ours = {word[:_STEM] for word in _LONG_WORD.findall(label.lower())}
    return any(word[:_STEM] in ours for word in _LONG_WORD.findall(name.lower()))


def _short_forms(text: str, short: str) -> Iterator[tuple[int, int]]:
    """Every place where the short form, or its plural, stands with no letter or digit around it."""
    at = text.find(short)
    size = len(text)
    while at >= 0:
        end = at + len(short)
        if not (at and text[at - 1] in WORD_CHARS):
            if end < size and text[end] == "s" and not (end + 1 < size and text[end + 1] in WORD_CHARS):
                yield at, end + 1
            elif not (end < size and text[end] in WORD_CHARS):
                yield at, end
        at = text.find(short, end)
