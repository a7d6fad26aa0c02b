"""Web pages: the text that a page shows, and what its head says of the paper. Nothing is fetched, nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from imagingkg.errors import InputError
from imagingkg.ingest.assembly import record_document
from imagingkg.ingest.controls import printable
from imagingkg.ingest.encoding import decode
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.prose import first_line
from imagingkg.ingest.records import Record, doi_in, is_retracted, pmid_in, record_id, year_in
from imagingkg.ingest.xml_stream import plain, raised
from imagingkg.model import Document, Skipped

MAX_HTML_BYTES: Final = 8 * 1024 * 1024  # a tree of tags takes forty times their bytes
_SILENT: Final = frozenset(
    ("script", "style", "noscript", "template", "head", "nav", "footer", "aside", "form", "button", "select", "option",
     "svg", "iframe", "object", "audio", "video", "canvas", "dialog", "textarea")
)  # fmt: skip
_INLINE: Final = frozenset(
    ("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
     "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup",
     "time", "tt", "u", "var", "wbr")
)  # fmt: skip
_CELLS: Final = frozenset(("td", "th"))
_CONTENT: Final = ("article", "main")
_LEAST_CONTENT: Final = 200


def read_web_page(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The document. Raises InputError for a page that shows no text."""
    data = found.read()
    if len(data) > MAX_HTML_BYTES:
        raise InputError(found.source, f"has {len(data):,} bytes; the limit for web pages is {MAX_HTML_BYTES:,}")
    text, encoding = decode(data, found.source)
    # Bytes, not text: an XHTML page may name the encoding that it had.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.replace("\0", " ").encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise InputError(found.source, f"is no web page that can be read ({error.msg})") from error
    if root is None:
        raise InputError(found.source, "holds no text")
    lines = list(_lines(_content(root)))
    if not lines:
        raise InputError(found.source, "shows no text")
    yield record_document(_record(_head(root), lines, root), found.source, encoding, tools)


def _record(head: Mapping[str, list[str]], lines: list[str], root: etree._Element) -> Record:
    def named(*names: str) -> str:
        return next((head[name][0] for name in names if head.get(name)), "")

    title = named("citation_title", "dc.title", "og:title") or printable(root.findtext(".//title") or "")
    heading = next((plain("".join(h.itertext())) for h in root.iter("h1")), "")
    title = printable(title or heading) or first_line("\n".join(lines))
    # The heading says it once more, further down: the title is to be the first line and stand there once.
    rest = [line for line in lines if line != title]
    doi = doi_in(named("citation_doi", "dc.identifier", "prism.doi"))
    pmid = pmid_in(named("citation_pmid"))
    return Record(
        id=record_id(pmid, doi),
        title=title,
        text="\n".join([title, *rest] if title else rest),
        year=year_in(named("citation_publication_date", "citation_date", "citation_online_date", "dc.date")),
        doi=doi,
        pmid=pmid,
        authors=", ".join(name.replace(",", "") for name in head.get("citation_author", [])),
        venue=named("citation_journal_title"),
        retracted=is_retracted(title, ()),
    )


def _head(root: etree._Element) -> dict[str, list[str]]:
    """What the page's meta elements say, by name in lower case."""
    out: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        name, content = meta.get("name") or meta.get("property"), printable(meta.get("content") or "")
        if name and content:
            out.setdefault(name.lower(), []).append(content)
    return out


def _content(root: etree._Element) -> etree._Element:
    """The part that holds the paper where the page marks it, else the page."""
    for tag in _CONTENT:
        found = list(root.iter(tag))
        if len(found) == 1 and len("".join(found[0].itertext())) >= _LEAST_CONTENT:
            return found[0]
    return root


def _lines(root: etree._Element) -> Iterator[str]:
    """A line for each block. Without recursion: pages may nest without end."""
    pieces: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag in _SILENT or "hidden" in element.attrib:
                walk.skip_subtree()
                continue
            if tag in _CELLS:
                pieces.append(" | " if "".join(pieces).strip() else "")
            elif tag not in _INLINE:
                yield from _line(pieces)
            pieces.append(raised(element.text or "") if tag == "sup" else element.text or "")
            continue
        if tag not in _INLINE and tag not in _CELLS and tag not in _SILENT:
            yield from _line(pieces)
        if element is not root:
            pieces.append(element.tail or "")
    yield from _line(pieces)


def _line(pieces: list[str]) -> Iterator[str]:
    """The line that the pieces make, if they make one; they are used up."""
    text = plain("".join(pieces))
    pieces.clear()
    if text.strip():
        yield text
