"""Word files (.docx): the text of the document part, read as XML; macros, links, fields and comments are never touched.

Elements are those of WordprocessingML (ECMA-376, part 1), by their local names: its two namespaces say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from lxml import etree

from imagingkg.errors import InputError
from imagingkg.ingest.assembly import record_document
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.packed import open_member, open_zip
from imagingkg.ingest.prose import first_line
from imagingkg.ingest.records import Record
from imagingkg.ingest.xml_stream import raised, records
from imagingkg.model import Document, Skipped

_PART: Final = "word/document.xml"
_OLE: Final = b"\xd0\xcf\x11\xe0"  # what Word wraps a file in to lock it with a password
# Deleted and moved text, a second version of the same for old programs, and properties.
_NOT_TEXT: Final = frozenset(("del", "moveFrom", "Fallback", "pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr"))
_SIGNS: Final = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-", "softHyphen": ""}


def read_word(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The document. Raises InputError for what is no Word file, or one that is locked or made to grow without end."""
    with found.open() as file:
        if file.read(len(_OLE)) == _OLE:
            raise InputError(
                found.source, "is locked with a password, or an old Word file", "Save it as .docx without one"
            )
    archive, growth = open_zip(found)
    with archive:
        try:
            member = archive.getinfo(_PART)
        except KeyError as error:
            raise InputError(found.source, "is no Word file: it has no document part") from error
        part = Found(found.path, found.source, _PART, partial(open_member, archive, member, found.source, growth))
        lines: list[str] = []
        styled = ""
        for body in records(part, ("body",)):
            lines += _lines(body)
            styled = styled or _title_of(body, lines)
    text = "\n".join(lines)
    if not text.strip():
        raise InputError(found.source, "holds no text")
    yield record_document(Record("", styled or first_line(text), text), found.source, "utf-8", tools)


def _title_of(body: etree._Element, lines: Sequence[str]) -> str:
    """The first line, where its paragraph has the style of a title."""
    first = next((p for p in body.iter("p") if printable("".join(_runs(p)))), None)
    style = None if first is None else first.find("pPr/pStyle")
    named = {str(value).lower() for value in style.values()} if style is not None else set()
    return lines[0] if named & {"title", "标题"} and lines else ""


def _lines(block: etree._Element) -> Iterator[str]:
    """A line for each paragraph and for each row of a table, its cells parted by " | "."""
    for child in block:
        if not isinstance(child.tag, str) or child.tag in _NOT_TEXT:
            continue
        if child.tag == "p":
            if text := printable("".join(_runs(child))):
                yield text
            for box in _boxes(child):
                yield from _lines(box)
        elif child.tag == "tr":
            cells = [" ".join(_lines(cell)) for cell in child.iterfind("tc")]
            if any(cells):
                yield " | ".join(cells)
        else:
            yield from _lines(child)


def _runs(element: etree._Element) -> Iterator[str]:
    for child in element:
        if child.tag == "t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag == "r" and _is_raised(child):
            yield raised("".join(_runs(child)))
        elif isinstance(child.tag, str) and child.tag not in _NOT_TEXT and child.tag != "txbxContent":
            yield from _runs(child)


def _is_raised(run: etree._Element) -> bool:
    align = run.find("rPr/vertAlign")
    return align is not None and "superscript" in align.values()


def _boxes(element: etree._Element) -> Iterator[etree._Element]:
    """The text boxes that hang on a paragraph."""
    for child in element:
        if child.tag == "txbxContent":
            yield child
        elif isinstance(child.tag, str) and child.tag not in _NOT_TEXT:
            yield from _boxes(child)
