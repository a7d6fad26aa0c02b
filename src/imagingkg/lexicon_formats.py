"""Terminologies in plain text: OBO, and tables (CSV, TSV). SKOS and OWL are read by graph.terminology.

A line that breaks the format is an OntologyError that names file and line; nothing is guessed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from imagingkg.errors import OntologyError
from imagingkg.terminology import TERM_KINDS, Term, Terminology


def read_text(path: Path) -> str:
    """The text of a file in UTF-8. Raises OntologyError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OntologyError(str(path), error.strerror or str(error)) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8 at byte {error.start}"
        raise OntologyError(f"{path}:{line}", what, "Save the file as UTF-8") from error


# ---------------------------------------------------------------------------------------------------------------- OBO

_HEADER: Final = re.compile(r"\[([A-Za-z]+)\](?:\s*!.*)?")
_TAG: Final = re.compile(r"([A-Za-z0-9_.:/#-]+?):(?:\s+(.*))?")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(.*)')
_SCOPES: Final = ("EXACT", "BROAD", "NARROW", "RELATED")
_ABBREVIATION_TYPES: Final = frozenset({"OMO:0003012", "ABBREVIATION", "ACRONYM"})
_ESCAPE: Final = re.compile(r"\\(.)")
_TAIL: Final = re.compile(r"\s+(?:!.*|\{[^{}]*\}(?:\s*!.*)?)$")


@dataclass(slots=True)
class _Stanza:
    """A term as it is being read."""

    line: int
    id: str = ""
    name: str = ""
    obsolete: bool = False
    definition: str = ""
    lists: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        self.lists.setdefault(name, []).append(value)

    def get(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.lists.get(name, ())))


def read_obo(path: Path) -> Terminology:
    """The terms of an OBO file (1.2 and 1.4): names, exact synonyms, is_a, cross-references; obsolete ones counted.

    Other stanzas and tags are passed over. Raises OntologyError with file and line.
    """
    stanzas = list(_stanzas(path))
    if not stanzas:
        raise OntologyError(str(path), "has no [Term]", "Is it an OBO file?")
    seen: dict[str, int] = {}
    terms = []
    obsolete = unnamed = 0
    for stanza in stanzas:
        if not stanza.id:
            _broken(path, stanza.line, "the [Term] has no id")
        if stanza.id in seen:
            _broken(path, stanza.line, f"the term {stanza.id!r} stands in line {seen[stanza.id]} too")
        seen[stanza.id] = stanza.line
        if stanza.obsolete:
            obsolete += 1
        elif not stanza.name:
            unnamed += 1
        else:
            terms.append(_term(stanza))
    return Terminology(path.name, tuple(terms), obsolete, unnamed)


def _term(stanza: _Stanza) -> Term:
    return Term(
        id=stanza.id, en=stanza.name, also=stanza.get("also"), abbr=stanza.get("abbr"), broader=stanza.get("is_a"),
        near=stanza.get("xref"), definition=stanza.definition, line=stanza.line,
    )  # fmt: skip


def _stanzas(path: Path) -> Iterator[_Stanza]:
    current: _Stanza | None = None
    in_stanza = False
    # Not splitlines: a definition may hold U+2028 and the other line ends of Unicode.
    for number, raw in enumerate(read_text(path).split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("!"):
            continue
        if line.startswith("["):
            header = _HEADER.fullmatch(line)
            if header is None:
                _broken(path, number, f"{_short(line)} is no stanza header such as [Term]")
            if current is not None:
                yield current
            current = _Stanza(number) if header[1] == "Term" else None
            in_stanza = True
            continue
        found = _TAG.fullmatch(line)
        if found is None:
            _broken(path, number, f"{_short(line)} is not of the form tag: value")
        if current is not None:
            _read_tag(path, number, current, found[1], found[2] or "")
    if current is not None:
        yield current
    elif not in_stanza:
        return


def _read_tag(path: Path, number: int, stanza: _Stanza, tag: str, value: str) -> None:
    if tag in ("id", "name", "is_a", "xref") and not value:
        _broken(path, number, f"{tag} has no value")
    if tag == "id":
        stanza.id = _TAIL.sub("", value).strip()
    elif tag == "name":
        stanza.name = _plain(_TAIL.sub("", value))
    elif tag == "is_obsolete":
        stanza.obsolete = _TAIL.sub("", value).strip().lower() == "true"
    elif tag == "is_a":
        stanza.add("is_a", _TAIL.sub("", value).split()[0])
    elif tag == "xref":
        stanza.add("xref", _TAIL.sub("", value).split()[0])
    elif tag == "def":
        stanza.definition = _quoted(path, number, tag, value)[0]
    elif tag in ("synonym", "exact_synonym"):
        text, rest = _quoted(path, number, tag, value)
        words = rest.partition("[")[0].split()
        scope = "EXACT" if tag == "exact_synonym" else next((w for w in words if w in _SCOPES), "RELATED")
        if scope == "EXACT" and text:
            stanza.add("abbr" if _ABBREVIATION_TYPES.intersection(words) and " " not in text else "also", text)


def _quoted(path: Path, number: int, tag: str, value: str) -> tuple[str, str]:
    found = _QUOTED.fullmatch(value)
    if found is None:
        _broken(path, number, f'{tag} must begin with a text in quotes that end: "..."; it is {_short(value)}')
    return _plain(found[1]), found[2]


def _plain(text: str) -> str:
    """The text without OBO's escapes, on one line."""
    unescaped = _ESCAPE.sub(lambda m: {"n": "\n", "t": "\t", "W": " "}.get(m[1], m[1]), text) if "\\" in text else text
    return " ".join(unescaped.split())


def _broken(path: Path, line: int, what: str) -> NoReturn:
    raise OntologyError(f"{path}:{line}", what, "Mend the file")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")


# ------------------------------------------------------------------------------------------------------------- Tables

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "curie", "code", "identifier", "class id", "subject_id"),
    "en": ("en", "label", "name", "term", "preferred label", "source_value"),
    "zh": ("zh", "label_zh", "chinese", "中文", "translation_value"),
    "also": ("also", "synonyms", "synonym", "exact synonyms"),
    "abbr": ("abbr", "abbreviation", "abbreviations"),
    "broader": ("broader", "parents", "parent", "is_a"),
    "same": ("exact", "exact matches", "exactmatch"),
    "near": ("xref", "xrefs", "close"),
    "definition": ("definition", "definitions", "def"),
    "kind": ("kind",),
    "obsolete": ("obsolete", "is_obsolete", "deprecated"),
    "predicate": ("predicate_id",),
    "language": ("translation_language",),
}
"""What a column may be called, in any case. Others are passed over."""


def read_table(path: Path) -> Terminology:
    """The terms of a CSV or TSV file whose first line names its columns: id and a label (en, zh) at least.

    Several values in one cell (synonyms, parents) are parted by "|". A second row of an id gives it a further name.
    Raises OntologyError with file and line.
    """
    text = io.StringIO(read_text(path), newline="")
    if path.suffix.lower() in (".tsv", ".tab"):  # has no quoting: a lone quote in a name is just that
        rows = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    else:
        rows = csv.reader(text, strict=True)
    terms: dict[str, Term] = {}
    gone: set[str] = set()
    try:
        cell = _cells(path, next(rows, []))
        for row in rows:
            if not any(value.strip() for value in row):
                continue
            line = rows.line_num
            if cell(row, "predicate") not in ("", "rdfs:label"):
                continue  # a table of translations has definitions in it too
            id_ = cell(row, "id")
            if not id_:
                _broken(path, line, "the row has no id")
            if cell(row, "obsolete").lower() in ("true", "1", "yes"):
                gone.add(id_)
                continue
            terms[id_] = _joined_rows(terms.get(id_), _row_term(path, line, id_, row, cell))
    except csv.Error as error:
        _broken(path, rows.line_num, f"is no row of the table ({error})")
    named = [t for t in terms.values() if t.en or t.zh]
    return Terminology(path.name, tuple(named), len(gone), len(terms) - len(named))


_Cell = Callable[[list[str], str], str]


def _cells(path: Path, header: list[str]) -> _Cell:
    names = [h.strip().lower() for h in header]
    places = {
        field: next(i for i, name in enumerate(names) if name in aliases)
        for field, aliases in _COLUMNS.items() if not set(names).isdisjoint(aliases)
    }  # fmt: skip
    if "id" not in places or not places.keys() & {"en", "zh"}:
        _broken(path, 1, "the first line must name the columns, among them id and label (or en, zh)")

    def cell(row: list[str], name: str) -> str:
        at = places.get(name, -1)
        return " ".join(row[at].split()) if 0 <= at < len(row) else ""

    return cell


def _row_term(path: Path, line: int, id_: str, row: list[str], cell: _Cell) -> Term:
    kind = cell(row, "kind")
    if kind and kind not in TERM_KINDS:
        _broken(path, line, f"the kind {kind!r} is none of {', '.join(TERM_KINDS)}")
    lists = {
        name: tuple(dict.fromkeys(v.strip() for v in cell(row, name).split("|") if v.strip()))
        for name in ("also", "abbr", "broader", "same", "near")
    }
    zh = cell(row, "zh") if cell(row, "language") in ("", "zh") else ""
    return Term(
        id=id_, en=cell(row, "en"), zh=zh, definition=cell(row, "definition"), kind=kind, line=line, **lists
    )  # fmt: skip


def _joined_rows(first: Term | None, more: Term) -> Term:
    if first is None:
        return more
    names = (n for n in (more.en, more.zh, *more.also) if n and n not in (first.en, first.zh))
    return Term(
        id=first.id, en=first.en or more.en, zh=first.zh or more.zh,
        also=tuple(dict.fromkeys((*first.also, *names))),
        abbr=tuple(dict.fromkeys((*first.abbr, *more.abbr))),
        broader=tuple(dict.fromkeys((*first.broader, *more.broader))),
        same=tuple(dict.fromkeys((*first.same, *more.same))), near=tuple(dict.fromkeys((*first.near, *more.near))),
        definition=first.definition or more.definition, kind=first.kind or more.kind, line=first.line,
    )  # fmt: skip
