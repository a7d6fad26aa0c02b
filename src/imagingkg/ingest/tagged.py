"""Files of tagged lines (RIS, MEDLINE, EndNote, RefWorks, NoteExpress, CNKI) as a stream of records.

Read here and not with rispy or nbib: the one drops a record that has no end without a word, the other gives up a whole
file for one strange line, and both want all of it in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from imagingkg.errors import InputError
from imagingkg.forms import has_han
from imagingkg.ingest.assembly import record_document, skipped
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.notices import medline_link
from imagingkg.ingest.records import Record, bare_title, doi_in, is_retracted, pmid_in, record_id, revision, year_in
from imagingkg.ingest.tags import MEDLINE, Dialect, Field, dialect_of
from imagingkg.ingest.text_stream import decoded_lines
from imagingkg.model import Document, Link, Skipped

MAX_RECORD: Final = 8 * 1024 * 1024
_CERTAIN_IDS: Final[tuple[Field, ...]] = ("doi", "pmid", "year")
_REVISED: Final = "LR"
_ENDS_SENTENCE: Final = re.compile(r"[.!?。！？；;:：][\"'”’)\]）]?$")


@dataclass(slots=True)
class Entry:
    """One record as it stands: tags with their values in order. `fault` says what is wrong with how it ends."""

    line: int
    tags: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0
    fault: str = ""


def read_tagged(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The records of a file. What stands outside of any record is named with its line."""
    encoding, lines = decoded_lines(found)
    yield from tagged_documents(found.source, encoding, lines, tools)


def tagged_documents(
    source: str, encoding: str, lines: Iterator[str], tools: RepairTools
) -> Iterator[Document | Skipped]:
    """The records in lines that were decoded already. Raises InputError for lines in no format that is known."""
    blank = 0
    first = ""
    for first in lines:
        if first.strip(" \t\n\ufeff"):
            break
        blank += 1
    dialect = dialect_of(first)
    if dialect is None:
        raise InputError(
            source, "does not begin with a record of RIS, MEDLINE or another tagged format", line=blank + 1
        )
    count = 0
    for entry in _entries(dialect, chain([first.lstrip("\ufeff")], lines), blank, source):
        if isinstance(entry, Skipped):
            yield entry
            continue
        count += 1
        place = f"{source}#{count}"
        if entry.fault:
            yield Skipped(source, f"record {count} {entry.fault}", entry.line)
        try:
            yield record_document(_record(dialect, entry), place, encoding, tools)
        except InputError as error:
            yield skipped(InputError(source, f"record {count} {error.what}", error.advice, line=entry.line))


def _entries(dialect: Dialect, lines: Iterable[str], before: int, source: str) -> Iterator[Entry | Skipped]:
    entry: Entry | None = None
    strays = 0
    ended = True
    number = before
    fault: InputError | None = None
    try:
        for number, line in enumerate(lines, before + 1):
            ended = line.endswith("\n")
            found = dialect.line.match(line.rstrip())
            tag, value = (found[1], (found[2] or "").strip()) if found else ("", line.strip())
            if tag == dialect.start:
                if entry is not None:
                    entry.fault = f"has no end ({dialect.end}); it was read up to the next one" if dialect.end else ""
                    yield entry
                entry = Entry(number, [(tag, value)])
            elif entry is None:
                strays += bool(line.strip())
                if strays == 1 and line.strip():
                    yield Skipped(source, "has lines outside of any record; the first of them is named here", number)
            elif tag and tag == dialect.end:
                yield entry
                entry = None
            else:
                _add(entry, tag, value, source)
    except InputError as error:
        fault, ended = error, False
    if entry is not None:
        yield _unfinished(dialect, entry, ended=ended)
    if fault:
        raise fault


def _add(entry: Entry, tag: str, value: str, source: str) -> None:
    entry.size += len(value)
    if entry.size > MAX_RECORD:
        raise InputError(source, f"has a record of more than {MAX_RECORD:,} characters", line=entry.line)
    if tag:
        entry.tags.append((tag, value))
    elif value:
        last, text = entry.tags[-1]
        entry.tags[-1] = (last, f"{text}\n{value}" if text else value)


def _unfinished(dialect: Dialect, entry: Entry, *, ended: bool) -> Entry:
    """The last record of a file that simply stops: a number or name at the very end may be half of one, and goes."""
    if ended and not dialect.end:
        return entry
    last = entry.tags[-1][0]
    uncertain = any(last in dialect.fields[name] for name in _CERTAIN_IDS)
    if uncertain:
        entry.tags.pop()
    if dialect.end or uncertain:
        lost = f", without its last line ({last})" if uncertain else ""
        entry.fault = f"breaks off where the file ends; it was read as far as it goes{lost}"
    return entry


def _record(dialect: Dialect, entry: Entry) -> Record:
    def values(name: Field) -> list[str]:
        wanted = dialect.fields[name]
        return [value for tag in wanted for t, value in entry.tags if t == tag and value]

    title = bare_title(printable(_joined(next(iter(values("title")), ""))))
    lines = [_joined(text) for text in _abstracts(dialect, entry)]
    text = "\n".join(line for line in (title, *lines) if line)
    if not text:
        raise InputError("", "has neither title nor abstract")
    # Under other tags than its own a number is a PMID only where it says so.
    numbers = ((t, v) for wanted in dialect.fields["pmid"] for t, v in entry.tags if t == wanted)
    pmids = (pmid_in(value) for tag, value in numbers if tag in ("PMID", "PM") or "PMID" in value.upper())
    pmid = next((p for p in pmids if p), "")
    dois = values("doi")
    if dialect is MEDLINE:  # other numbers of the article stand under the same tags
        dois = [value for value in dois if value.endswith("[doi]")]
    doi = next((d for d in map(doi_in, dois) if d), "")
    links: tuple[Link, ...] = ()
    if dialect is MEDLINE:
        links = tuple(link for tag, value in entry.tags if (link := medline_link(tag, value)))
    return Record(
        id=record_id(pmid, doi),
        title=title,
        text=text,
        year=next((y for y in map(year_in, values("year")) if y), None),
        doi=doi,
        pmid=pmid,
        authors=_authors(values("authors")),
        venue=printable(next(iter(values("venue")), "")),
        retracted=is_retracted(title, values("kind")) or any(link.relation == "retracted in" for link in links),
        links=links,
        revised=revision(next((v for t, v in entry.tags if t == _REVISED), "")) if dialect is MEDLINE else "",
    )


def _abstracts(dialect: Dialect, entry: Entry) -> Iterator[str]:
    """The abstract; in MEDLINE the one in another language too."""
    for wanted in dialect.fields["abstract"]:
        texts = [value for tag, value in entry.tags if tag == wanted and value]
        yield from texts
        if texts and dialect is not MEDLINE:
            return  # the other tags hold the same once more


def _joined(text: str) -> str:
    """A value of several lines: a line that ends no sentence was broken for its width, one that does is a paragraph."""
    out: list[str] = []
    for line in text.split("\n"):
        if out and not _ENDS_SENTENCE.search(out[-1]):
            out[-1] += line if has_han(out[-1][-1:]) and has_han(line[:1]) else f" {line}"
        else:
            out.append(line)
    return "\n".join(out)


def _authors(values: Sequence[str]) -> str:
    """Names in the order of the file; some exports put all of them into one line."""
    names = (printable(name) for value in values for name in re.split(r"[;；\n]", value))
    return ", ".join(name.replace(",", "") for name in names if name)
