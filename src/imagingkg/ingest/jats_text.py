"""The running text of a JATS article as lines: headings, paragraphs, list items, captions and rows of tables.

Citations by number come out as "[3]" or "[3,4]" however the journal prints them (raised, in round brackets, bare), so
that they can be looked up in the reference list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from imagingkg.ingest.xml_stream import child_text, plain, raised

_NOT_TEXT: Final = frozenset(("tex-math", "object-id", "graphic", "inline-graphic", "media", "fn-group", "ref-list"))
_BLOCKS: Final = frozenset(
    ("sec", "p", "list", "table-wrap", "table-wrap-group", "fig", "fig-group", "disp-quote", "boxed-text", "def-list",
     "statement", "supplementary-material", "verse-group", "disp-formula-group", "array")
)  # fmt: skip
# The ends of a citation number, until it is known how it is printed. Private characters of the text itself go.
_OPEN, _CLOSE = "\ue000", "\ue001"
_CITED: Final = re.compile(r"\d{1,3}(?:\s?[,;–—-]\s?\d{1,3})*")  # four digits are a year
_ONE: Final = rf"{_OPEN}[^{_CLOSE}]*{_CLOSE}"
_GROUP: Final = re.compile(rf"([\[(])?(\s?{_ONE}(?:[\s,;–—-]{{0,3}}{_ONE})*\s?)([\])])?")


def inline(element: etree._Element) -> str:
    """The text of a title or paragraph in one line, without the blocks inside it."""
    text = "".join(_pieces(element))
    return plain(_GROUP.sub(_bracketed, text))


def body_lines(element: etree._Element, *, skip_title: bool = False) -> Iterator[str]:
    """The lines of a body, section, paragraph or other block, in the order of the file."""
    if element.tag == "table-wrap":
        yield from _table(element)
    elif element.tag in ("fig", "supplementary-material"):
        yield _caption(element)
    elif element.tag == "p":
        if text := inline(element):
            yield text
        for block in _blocks_in(element):
            yield from body_lines(block)
    elif element.tag not in _NOT_TEXT:
        yield from _children(element, skip_title=skip_title)


def _children(element: etree._Element, *, skip_title: bool) -> Iterator[str]:
    label = child_text(element, "label") if element.tag == "sec" else ""
    for child in element:
        if not isinstance(child.tag, str) or child.tag in _NOT_TEXT or child.tag == "label":
            continue
        if child.tag == "title":
            if not skip_title and (title := inline(child)):
                yield f"{label} {title}".strip()
        elif child.tag in _BLOCKS or any(inner.tag in _BLOCKS for inner in child):
            yield from body_lines(child)
        elif text := inline(child):
            yield text


def _blocks_in(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The outermost blocks inside a paragraph."""
    for child in paragraph:
        if child.tag in _BLOCKS:
            yield child
        elif isinstance(child.tag, str):
            yield from _blocks_in(child)


def _pieces(element: etree._Element) -> Iterator[str]:
    yield _without_marks(element.text)
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _NOT_TEXT and child.tag not in _BLOCKS:
            inner = "".join(_pieces(child))
            cited = inner.strip("[] ")
            if child.tag == "xref" and child.get("ref-type") == "bibr" and _CITED.fullmatch(cited):
                yield f"{_OPEN}{cited}{_CLOSE}"
            elif child.tag == "xref" and child.get("ref-type") in ("fn", "table-fn"):
                pass  # a mark that points to a note would grow on to the word before it
            elif child.tag == "sup" and _OPEN not in inner:
                yield raised(inner)
            elif child.tag == "break":
                yield " "
            else:
                yield inner
        yield _without_marks(child.tail)


def _without_marks(text: str | None) -> str:
    return (text or "").replace(_OPEN, "").replace(_CLOSE, "")


def _bracketed(found: re.Match[str]) -> str:
    before, numbers, after = found[1] or "", re.sub(f"[{_OPEN}{_CLOSE}]", "", found[2]), found[3] or ""
    if before == "[" or after == "]":
        return before + numbers + after
    if before and after:
        return f"[{numbers.strip()}]"
    return before + re.sub(r"(\S.*\S|\S)", r"[\1]", numbers, count=1) + after


def _caption(element: etree._Element) -> str:
    """ "Table 1. What the caption says." in one line."""
    label = child_text(element, "label").rstrip(". :")
    caption = element.find("caption")
    text = "" if caption is None else plain(" ".join(inline(part) for part in caption if isinstance(part.tag, str)))
    return f"{label}. {text}" if label and text else label or text


def _table(wrap: etree._Element) -> Iterator[str]:
    """The caption, each row with its cells parted by " | ", and the notes below."""
    if caption := _caption(wrap):
        yield caption
    for row in wrap.iter("tr"):
        cells = [" ".join(_cell(cell).split()) for cell in row if cell.tag in ("td", "th")]
        if any(cells):
            yield " | ".join(cells)
    for note in wrap.findall("table-wrap-foot"):
        yield from body_lines(note)


def _cell(cell: etree._Element) -> str:
    return plain(" ".join((inline(cell), *(line for block in _blocks_in(cell) for line in body_lines(block)))))
