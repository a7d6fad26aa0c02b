"""A record of a search export, whatever the format; and how one JSON object gives it. Unknown keys are ignored."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from imagingkg.errors import InputError
from imagingkg.ingest.controls import printable
from imagingkg.model import Link, Study

_YEAR: Final = re.compile(r"[0-9]{4}")
_DAY: Final = re.compile(r"[0-9]{8}")
_MOST_VERSIONS: Final = 999
_PRINTED_YEAR: Final = re.compile(r"(?<![0-9])(?:1[5-9]|20)[0-9]{2}(?![0-9])")
_DOI: Final = re.compile(r"10\.[0-9]{4,9}/[^\s\"<>{}]+")
_TRANSLATED: Final = re.compile(r"\A\[(.*)\](\.?)\Z", re.DOTALL)
_RETRACTED_TITLE: Final = re.compile(r"\s*(?:\[retracted\]|(?:retracted|withdrawn)(?: article)?\s*:)", re.IGNORECASE)
_PMID: Final = re.compile(r"(?:PMID\s?:?\s?)?([1-9][0-9]{0,8})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """`text` is title, line break and abstract (or full text), characters as they stand. Unknown fields are empty."""

    id: str
    title: str
    text: str
    year: int | None = None
    doi: str = ""
    pmid: str = ""
    lang: str = ""
    authors: str = ""
    venue: str = ""
    retracted: bool = False
    references: tuple[Study, ...] = ()
    links: tuple[Link, ...] = ()
    revised: str = ""


def year_in(text: str) -> int | None:
    """The first year of print in a date, however it is written: "2019 Nov-Dec", "2021/03/05", "2020年"."""
    found = _PRINTED_YEAR.search(text)
    return int(found.group()) if found else None


def doi_in(text: str) -> str:
    """The DOI in a field that may give it as an address ("https://doi.org/10.1/x") or with a label; else nothing."""
    found = _DOI.search(text)
    return found.group().rstrip(".,;") if found else ""


def pmid_in(text: str) -> str:
    """The PMID, if that is all that the field holds; else nothing."""
    found = _PMID.fullmatch(text.strip())
    return found[1] if found else ""


def bare_title(title: str) -> str:
    """A title without the square brackets that PubMed puts around one that it translated."""
    return _TRANSLATED.sub(r"\1\2", title)


def is_retracted(title: str, kinds: Sequence[str]) -> bool:
    """Does a record say of itself that it was retracted, by its kind or before its title, as publishers mark it?"""
    return any(kind.lower() == "retracted publication" for kind in kinds) or bool(_RETRACTED_TITLE.match(title))


def revision(day: str, version: str = "") -> str:
    """Version and day of a database's record ("20200131"), so that of two texts the greater is newer."""
    number = min(int(version), _MOST_VERSIONS) if version.isdecimal() else 1
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}" if _DAY.fullmatch(day) else "0000-00-00"
    return f"v{number:03} {date}"


def record_id(pmid: str, doi: str) -> str:
    """The name of a record: by its PMID, else by its DOI; nothing where it has neither."""
    return f"pmid:{pmid}" if pmid else f"doi:{doi.lower()}" if doi else ""


def read_record(line: str, where: str) -> Record:
    """The record in a line of JSON. Raises InputError that says what is wrong with it."""
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        column = min(error.pos, len(line.rstrip())) + 1  # colno starts anew behind a carriage return or the line's end
        raise InputError(where, f"is not JSON: {error.msg} at column {column}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(where, f"is not JSON that can be read: {error}") from error
    if not isinstance(data, dict):
        raise InputError(where, f"is a JSON {_kind(data)}, not an object")
    return Record(
        id=_label(data, "id", where),
        title=_text(data, "title", where),
        text=_full_text(data, where),
        year=_year(data, where),
        doi=_label(data, "doi", where),
        pmid=_label(data, "pmid", where),
        lang=_label(data, "lang", where),
        authors=_authors(data, where),
        venue=_label(data, "journal", where) or _label(data, "venue", where),
        retracted=_flag(data, "retracted", where),
        references=_references(data, where),
    )


def _full_text(data: Mapping[str, Any], where: str) -> str:
    title, abstract, body = (_text(data, key, where) for key in ("title", "abstract", "text"))
    if not (abstract.strip() or body.strip()):
        raise InputError(where, "has neither abstract nor text")
    parts = [title, abstract] if abstract else [title]
    if body:
        # A full text often begins with the title, or is the abstract once more: then it stands for them.
        parts = [p for p in parts if not body.lstrip().startswith(p.strip())] + [body]
    return "\n".join(p for p in parts if p)


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(where, f"{key} is a JSON {_kind(value)}, not a text")
    return value


def _label(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return printable(_text(data, key, where))


def _year(data: Mapping[str, Any], where: str) -> int | None:
    value = data.get("year")
    if value is None or value == "":
        return None
    if isinstance(value, str) and _YEAR.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 1000 <= value <= 9999:
        return value
    raise InputError(where, f"year is {str(value)[:20]!r}, not four digits")


def _flag(data: Mapping[str, Any], key: str, where: str) -> bool:
    value = data.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise InputError(where, f"{key} is a JSON {_kind(value)}, not true or false")


def _authors(data: Mapping[str, Any], where: str) -> str:
    value = data.get("authors")
    if not isinstance(value, list):
        return _label(data, "authors", where)
    names = []
    for author in value:
        if isinstance(author, dict):
            author = author.get("name") or f"{author.get('family') or ''} {author.get('given') or ''}"
        if not isinstance(author, str):
            raise InputError(where, f"authors holds a JSON {_kind(author)}, not a name")
        names.append(printable(author))
    return ", ".join(n for n in names if n)


def _references(data: Mapping[str, Any], where: str) -> tuple[Study, ...]:
    value = data.get("references")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise InputError(where, "references is not a list of objects")
    return tuple(
        Study(
            authors=_authors(entry, where),
            year=_year(entry, where),
            citation=_label(entry, "number", where) or _label(entry, "citation", where),
            doi=_label(entry, "doi", where),
            pmid=_label(entry, "pmid", where),
            title=_label(entry, "title", where),
        )
        for entry in value
    )


def _kind(value: object) -> str:
    kinds = {dict: "object", list: "list", str: "text", bool: "truth value", int: "number", float: "number"}
    return kinds.get(type(value), "null")
