"""The word lists of ontology/new_names.yaml, and how a list becomes part of a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from imagingkg.errors import OntologyError
from imagingkg.model import KINDS
from imagingkg.strict_yaml import read_yaml

WordLists = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Section, then list, to its words."""

_METHODS: Final = (
    "network_endings", "not_networks", "not_coined", "proposing", "naming", "proposals", "praise", "dull", "narrowing",
    "not_narrowing", "narrowed", "techniques",
)  # fmt: skip
# The lists that each section must have; those of a section in _OPEN are named by the ontology itself.
_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "kinds": (),
    "methods": _METHODS,
    "datasets": ("followed_by", "not"),
    "genes": ("not",),
    "gene_changes": (),
}
_OPEN: Final = ("kinds", "gene_changes")
_OPTIONAL: Final = re.compile(r"\(([^()]+)\)")


def read_word_lists(path: Path) -> WordLists:
    """The lists, each word written out. Raises OntologyError for what is missing, unknown, or no list of words."""
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise OntologyError(str(path), "is not a mapping of sections", f"Known: {', '.join(_SECTIONS)}")
    _same_keys(str(path), data, _SECTIONS)
    out = {}
    for section, lists in data.items():
        where = f"{path}: {section}"
        if not isinstance(lists, dict) or not lists:
            raise OntologyError(where, "is not a mapping of word lists")
        if section not in _OPEN:
            _same_keys(where, lists, _SECTIONS[section])
        out[section] = {str(name): _words(f"{where}: {name}", entries) for name, entries in lists.items()}
    if unknown := sorted(set(out["kinds"]) - set(KINDS)):
        raise OntologyError(f"{path}: kinds", f"{unknown[0]!r} is not a kind of concept", f"Known: {', '.join(KINDS)}")
    return out


def _same_keys(where: str, found: Iterable[object], wanted: Iterable[str]) -> None:
    keys, known = {str(key) for key in found}, set(wanted)
    if missing := sorted(known - keys):
        raise OntologyError(where, f"has no {missing[0]!r}")
    if unknown := sorted(keys - known):
        raise OntologyError(where, f"{unknown[0]!r} is not known", f"Known: {', '.join(sorted(known))}")


def _words(where: str, entries: object) -> tuple[str, ...]:
    if not isinstance(entries, list) or not entries:
        raise OntologyError(where, "is not a list of words")
    out: list[str] = []
    for entry in entries:
        if not isinstance(entry, str) or not entry.strip("* "):
            raise OntologyError(where, f"{entry!r} is not a word", "Put it in quotes")
        out += _written_out(entry)
    return tuple(dict.fromkeys(out))


def _written_out(entry: str) -> list[str]:
    """An entry with and without each of its optional parts: "(auto)encoder(s)" is four words."""
    optional = _OPTIONAL.search(entry)
    if optional is None:
        return [entry]
    before, after = entry[: optional.start()], entry[optional.end() :]
    return [*_written_out(before + optional[1] + after), *_written_out(before + after)]


def one_of(words: Iterable[str]) -> str:
    """A pattern that matches any of the words, a longer one before its beginnings.

    Words with a common beginning share it, so that most places of a text are passed over after one look.
    """
    listed = set(words)
    open_ended = sorted(word for word in listed if "*" in word)
    return "|".join([*_branches(listed.difference(open_ended)), *map(_open_ended, open_ended)])


def _branches(words: Iterable[str]) -> list[str]:
    """One alternative for each first letter."""
    rests: dict[str, set[str]] = {}
    for word in words:
        rests.setdefault(word[0], set()).add(word[1:])
    return [re.escape(first) + _rest(rests[first]) for first in sorted(rests)]


def _rest(rests: set[str]) -> str:
    branches = _branches(rests - {""})
    if not branches:
        return ""
    pattern = branches[0] if len(branches) == 1 and "" not in rests else f"(?:{'|'.join(branches)})"
    return f"{pattern}?" if "" in rests else pattern


def one_of_whole(words: Iterable[str]) -> str:
    """As `one_of`, but nothing may follow a Latin word that belongs to it. What stands before is left open."""
    return rf"(?:{one_of(words)})(?:(?<=[\u4e00-\u9fff])|\b)"


def _open_ended(word: str) -> str:
    """A star before a word stands for three letters or more, one behind it for any rest of a word."""
    head = r"[a-z]{3,}" if word.startswith("*") else ""
    tail = r"\w*" if word.endswith("*") else ""
    return head + re.escape(word.strip("*")) + tail
