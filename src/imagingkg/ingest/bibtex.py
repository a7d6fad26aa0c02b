"""BibTeX and BibLaTeX: entries a batch at a time, LaTeX's accents and commands as the characters that they print."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from imagingkg.errors import InputError
from imagingkg.ingest.assembly import record_document, skipped
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.records import Record, bare_title, doi_in, is_retracted, pmid_in, record_id, year_in
from imagingkg.ingest.text_stream import decoded_lines
from imagingkg.model import Document, Skipped

BATCH: Final = 1024 * 1024
MAX_ENTRY: Final = 4 * 1024 * 1024
_LATEX: Final = re.compile(r"[\\{}$~]|--|''|``")
_MAX_NESTING: Final = 30
_AND: Final = re.compile(r"\s+and\s+")
_STRING: Final = re.compile(r"\s*@string\b", re.IGNORECASE)


@dataclass(slots=True)
class Batch:
    """Entries in their text; `line` is the number of its first line."""

    line: int
    lines: list[str] = field(default_factory=list)
    size: int = 0


def read_bibtex(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """A document for each entry with a title; an entry that is broken is named with its line."""
    encoding, lines = decoded_lines(found)
    strings: list[str] = []
    count = 0
    for batch in _batches(lines, strings, found.source):
        for item in _entries(batch, strings, found.source):
            count += 1
            if isinstance(item, Skipped):
                yield item
                continue
            line, values = item
            try:
                yield record_document(_record(values), f"{found.source}#{count}", encoding, tools)
            except InputError as error:
                yield skipped(InputError(found.source, f"an entry {error.what}", error.advice, line=line))
    if not count:
        yield Skipped(found.source, "holds no entry")


def _batches(lines: Iterator[str], strings: list[str], source: str) -> Iterator[Batch]:
    """The file in pieces that end where an entry begins; abbreviations are remembered for all that follow."""
    batch = Batch(1)
    for number, line in enumerate(lines, 1):
        if line.startswith("@"):
            if _STRING.match(line) and len(strings) < BATCH // 100:
                strings.append(line)
            if batch.size > BATCH:
                yield batch
                batch = Batch(number)
        batch.lines.append(line)
        batch.size += len(line)
        if batch.size > BATCH + MAX_ENTRY:
            raise InputError(source, f"has an entry of more than {MAX_ENTRY:,} characters", line=batch.line)
    yield batch


def _entries(batch: Batch, strings: list[str], source: str) -> Iterator[tuple[int, dict[str, str]] | Skipped]:
    # Imported when needed, like the other parsers of formats that few runs meet.
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry, ParsingFailedBlock

    # What it warns of is in its list of failed blocks, and so in the report.
    logging.getLogger("bibtexparser").addHandler(logging.NullHandler())
    here = frozenset(batch.lines)
    before = [line for line in strings if line not in here]
    library = parse_string("".join([*before, *batch.lines]))
    for block in library.blocks:
        line = (block.start_line or 0) - len(before) + batch.line
        # Of two entries with one key both count; of a field that stands twice the first.
        twice = (DuplicateBlockKeyBlock, DuplicateFieldKeyBlock)
        entry = block.ignore_error_block if isinstance(block, twice) else block
        if isinstance(entry, Entry):
            values: dict[str, str] = {}
            for entry_field in entry.fields:
                values.setdefault(entry_field.key.lower(), str(entry_field.value))
            yield line, values
        elif isinstance(block, ParsingFailedBlock):
            yield Skipped(source, "an entry is broken: a brace, quote or comma is missing", line)


def _record(values: dict[str, str]) -> Record:
    title = bare_title(printable(_text(values, "title")))
    if title and (more := printable(_text(values, "subtitle"))):
        title = f"{title}: {more}"
    abstract = _text(values, "abstract")
    if not (title or abstract):
        raise InputError("", "has neither title nor abstract")
    by_pubmed = values.get("eprinttype", values.get("archiveprefix", "")).lower() in ("pubmed", "pmid")
    pmid = pmid_in(values.get("pmid", "") or (values.get("eprint", "") if by_pubmed else ""))
    doi = doi_in(values.get("doi", "").replace("\\", "") or values.get("url", ""))
    return Record(
        id=record_id(pmid, doi),
        title=title,
        text="\n".join(part for part in (title, abstract) if part),
        year=year_in(values.get("year", "") or values.get("date", "")),
        doi=doi,
        pmid=pmid,
        authors=", ".join(name.replace(",", "") for name in _AND.split(printable(_text(values, "author"))) if name),
        venue=printable(next((v for key in ("journal", "journaltitle", "booktitle") if (v := _text(values, key))), "")),
        retracted=is_retracted(title, ()),
    )


def _text(values: dict[str, str], name: str) -> str:
    """A field as it prints. Formulas stay as they stand, and so does what is nested too deep to be one."""
    text = values.get(name, "").strip()
    if _LATEX.search(text) and _depth(text) <= _MAX_NESTING:
        from pylatexenc.latex2text import LatexNodes2Text
        from pylatexenc.latexwalker import LatexWalkerError

        try:
            text = LatexNodes2Text(math_mode="verbatim", keep_comments=True).latex_to_text(text)
        except (LatexWalkerError, ValueError, IndexError, RecursionError):
            text = text.replace("{", "").replace("}", "")
    return re.sub(r"[ \t]*\n[ \t]*(?=\S)", " ", text)


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "{[(") - (character in "}])")
        deepest = max(deepest, depth)
    return deepest
