"""Text and Markdown: one document a file, its lines joined and its glyphs restored where the evidence allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from imagingkg.errors import InputError
from imagingkg.ingest.assembly import raw_text
from imagingkg.ingest.controls import cleaned
from imagingkg.ingest.encoding import decode
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.language import tell_language
from imagingkg.ingest.repair import repair_glyphs
from imagingkg.ingest.tagged import read_tagged
from imagingkg.ingest.tags import dialect_of
from imagingkg.ingest.wraps import join_wraps
from imagingkg.model import Document, Skipped

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
_START_BYTES: Final = 1024  # enough for the first line of an export
_LONGEST_TITLE: Final = 200
_NO_TITLE_END: Final = tuple("。！？；，、：.!?;,:")


def read_text(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The text; or the records in it, where it is an export that PubMed, CNKI or Wanfang saved as ".txt"."""
    with found.open() as file:
        start = file.read(_START_BYTES)
    first = next((line for line in start.decode("utf-8", "replace").splitlines() if line.strip(" \t\ufeff")), "")
    if dialect_of(first) or dialect_of(start.decode("gb18030", "replace").lstrip().partition("\n")[0]):
        yield from read_tagged(found, tools)
    else:
        yield _prose(found, tools, markdown=False)


def read_markdown(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The text; its first heading is its title."""
    yield _prose(found, tools, markdown=True)


def _prose(found: Found, tools: RepairTools, *, markdown: bool) -> Document:
    data = found.read()
    _refuse_endless_line(data, found.source)
    text, encoding = decode(data, found.source)
    draft = cleaned(text)
    if not draft.text.strip():
        raise InputError(found.source, "holds no text")
    draft = join_wraps(repair_glyphs(draft, tools), markdown=markdown)
    return Document(
        id=found.source,
        text=draft.text,
        title=_heading(draft.text) if markdown else first_line(draft.text),
        lang=tell_language(draft.text),
        source=found.source,
        sources=(found.source,),
        encoding=encoding,
        repairs=draft.repairs,
        raw=raw_text(draft),
    )


def _refuse_endless_line(data: bytes, where: str) -> None:
    """A text without line ends is a dump of something; it would be held in memory many times over."""
    start = line = 0
    while len(data) - start > MAX_LINE_BYTES:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line += 1
        if end - start > MAX_LINE_BYTES:
            raise InputError(where, f"has a line of {end - start:,} bytes; the limit is {MAX_LINE_BYTES:,}", line=line)
        start = end + 1


def _heading(text: str) -> str:
    first = re.search(r"^#{1,6}[ \t]+(.*?)[ \t#]*$", text, re.MULTILINE)
    return first.group(1) if first else ""


def first_line(text: str) -> str:
    """The first line where it is short, ends no sentence and has text below it: then it is the title."""
    first, _, rest = text.strip().partition("\n")
    first = first.strip()
    is_title = bool(rest.strip()) and len(first) <= _LONGEST_TITLE and not first.endswith(_NO_TITLE_END)
    return first if is_title else ""
