"""The repair tables of ontology/fonts, and what tells a lost letter from a lost comma: known names, number words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagingkg.errors import OntologyError
from imagingkg.forms import squeeze
from imagingkg.lexicon import Lexicon, listed_forms
from imagingkg.ontology_files import ontology_dir
from imagingkg.strict_yaml import read_yaml


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One-byte codes and what they mean in the Latin font and in the font of Chinese punctuation."""

    name: str
    latin: Mapping[str, str]
    also: Mapping[str, str]
    marks: Mapping[str, str]

    @property
    def printed(self) -> frozenset[str]:
        """What the codes of the Latin font print."""
        return frozenset(self.latin.values()) | frozenset(self.also.values())


@dataclass(frozen=True, slots=True)
class RowTable:
    """Characters of one GB 2312 row that stand for those of another; which of them are everyday ones; words of these.

    `run` matches two or more of the characters in a row.
    `marks`: characters that may stand for punctuation, each with the mark and the characters that may not follow.
    """

    name: str
    meant: Mapping[str, str]
    run: re.Pattern[str]
    everyday: frozenset[str]
    words: frozenset[str]
    marks: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NumberWords:
    """Patterns for what follows a number, to be matched at the place behind it."""

    counted: re.Pattern[str]
    few: re.Pattern[str]
    after_figure: re.Pattern[str]
    units: frozenset[str]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the lexicon as they are written there, with those that the document itself bears out."""

    lexicon: Lexicon
    preferred: frozenset[str]
    listed: frozenset[str]
    here: frozenset[str] = frozenset()

    def has(self, form: str) -> bool:
        """Is `form`, in this case, a name of the lexicon or of the document?"""
        folded = squeeze(form)
        if form in self.here:
            return True
        names = self.lexicon.names.get(folded, ())
        return folded not in self.lexicon.not_names and any(n.exact is None or n.exact == form for n in names)


@dataclass(frozen=True, slots=True)
class RepairTools:
    """All that repairing needs, prepared once."""

    codes: CodeTable
    rows: RowTable
    numbers: NumberWords
    names: Names


def repair_tools(lexicon: Lexicon, *, directory: Path | None = None) -> RepairTools:
    """The tables of `directory` (default: ontology/fonts) with the lexicon. Raises OntologyError for a faulty table."""
    folder = directory or ontology_dir() / "fonts"
    concepts = lexicon.concepts.values()
    names = Names(
        lexicon=lexicon,
        preferred=frozenset(label for concept in concepts for label in (concept.en, concept.zh)),
        listed=frozenset(form for concept in concepts for form, _ in listed_forms(concept)),
    )
    return RepairTools(
        codes=_codes(folder / "founder-a.yaml"),
        rows=_rows(folder / "founder-b.yaml"),
        numbers=_numbers(folder / "numbers.yaml"),
        names=names,
    )


def _codes(path: Path) -> CodeTable:
    data = _mapping(path)
    parts: list[dict[str, str]] = []
    for key in ("latin", "also", "marks"):
        part = data.get(key)
        texts = [text for pair in part.items() for text in pair] if isinstance(part, dict) else [None]
        if not isinstance(part, dict) or not all(isinstance(t, str) and len(t) == 1 for t in texts):
            raise OntologyError(str(path), f"{key} must hold pairs of single characters in quotes")
        parts.append(part)
    return CodeTable(str(data.get("name")), *parts)


def _rows(path: Path) -> RowTable:
    data = _mapping(path)
    row, meant = data.get("row"), data.get("meant")
    if not isinstance(row, int) or not isinstance(meant, int):
        raise OntologyError(str(path), "row and meant must be first bytes of GB 2312")
    pairs = {}
    for second in range(0xA1, 0xFF):
        stands, means = (bytes([first, second]).decode("gb18030") for first in (row, meant))
        pairs[stands] = chr(ord(means) - 0xFEE0) if 0xFF01 <= ord(means) <= 0xFF5E else means
    try:
        marks = {stands: (mark["means"], mark["but_not"]) for stands, mark in (data.get("marks") or {}).items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise OntologyError(str(path), "each of marks needs means and but_not") from error
    return RowTable(
        name=str(data.get("name")),
        meant=pairs,
        run=re.compile(f"[{re.escape(''.join(pairs))}]{{2,}}"),
        everyday=frozenset(str(data.get("everyday", ""))),
        words=frozenset(map(str, data.get("words") or ())),
        marks=marks,
    )


def _numbers(path: Path) -> NumberWords:
    data = _mapping(path)
    counted = data.get("counted")
    if not isinstance(counted, dict) or not all(isinstance(t, str) for pair in counted.items() for t in pair):
        raise OntologyError(str(path), "counted must give for each classifier the characters that may not follow")
    words = sorted(counted, key=lambda w: (-len(w), w))
    few = frozenset(data.get("few") or ())
    return NumberWords(
        counted=_any_of([_but_not(w, counted[w]) for w in words]),
        few=_any_of([_but_not(w, counted[w]) for w in words if w in few]),
        after_figure=_any_of([re.escape(w) for w in data.get("after_figure") or ()]),
        units=frozenset(map(str, data.get("units") or ())),
    )


def _but_not(word: str, followers: str) -> str:
    return re.escape(word) + (f"(?![{re.escape(followers)}])" if followers else "")


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) if patterns else r"(?!)")


def _mapping(path: Path) -> dict[Any, Any]:
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise OntologyError(str(path), "must be a mapping")
    return data
