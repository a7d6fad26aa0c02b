"""XML as a stream of records: bounded memory, nothing fetched, and every complete record before a fault given out.

lxml's own limits stay on: entity bombs, depths above 256 and text nodes above 10 MB end the reading with an error.
External entities are refused by it, and external DTDs are named in a file but never loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.entities import html5
from typing import Final

from lxml import etree

from imagingkg.counting import counted
from imagingkg.errors import InputError
from imagingkg.ingest.files import Found

MAX_RECORD_BYTES: Final = 32 * 1024 * 1024
_ENTITY: Final = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,30});")
_OPEN_ENTITY: Final = re.compile(rb"&[A-Za-z0-9]{0,31}\Z")
_OF_XML: Final = frozenset((b"amp", b"lt", b"gt", b"quot", b"apos"))
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_SPACE: Final = re.compile(r"[ \t\r\n]+")
_FOLDED: Final = re.compile(r"[\t\r\n]|  ")  # most texts have none
_SUPERSCRIPT: Final = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")
_RAISED: Final = re.compile(r"[0-9+\-−–()n]{1,6}")


def records(found: Found, tags: Sequence[str]) -> Iterator[etree._Element]:
    """Each element of one of the given tags, complete and without namespaces; it is emptied when the next is asked for.

    Raises InputError, after the last complete one, for a file that breaks off or is no XML; and for a record that is
    larger than MAX_RECORD_BYTES.
    """
    parser = etree.XMLPullParser(events=("end",), tag=[f"{{*}}{tag}" for tag in tags])
    count = pending = 0
    try:
        for chunk in _without_named_entities(found):
            pending += len(chunk)
            parser.feed(chunk)
            for element in _complete(parser):
                count += 1
                pending = 0
                yield element
            if pending > MAX_RECORD_BYTES:
                raise InputError(found.source, f"has a record of more than {MAX_RECORD_BYTES:,} bytes", _kept(count))
        parser.close()
    except etree.XMLSyntaxError as error:
        for element in _complete(parser):
            count += 1
            yield element
        what = f"breaks off or is damaged: {error.msg}"
        raise InputError(found.source, what, _kept(count), line=error.lineno or None) from error
    except InputError as error:
        raise InputError(error.where, error.what, error.advice or _kept(count), line=error.line) from error


def root_tag(found: Found) -> str:
    """The name of the outermost element, without its namespace. Raises InputError where there is none."""
    parser = etree.XMLPullParser(events=("start",))
    try:
        for chunk in _without_named_entities(found):
            parser.feed(chunk)
            for _, element in parser.read_events():
                return str(etree.QName(element).localname)
    except etree.XMLSyntaxError as error:
        for _, element in parser.read_events():
            return str(etree.QName(element).localname)
        raise InputError(found.source, f"is no XML that can be read: {error.msg}", line=error.lineno or None) from error
    raise InputError(found.source, "is no XML: it has no element")


def plain(text: str) -> str:
    """Text as XML means it: line ends and indents of the file are single spaces; other spaces stay as they are."""
    return (_SPACE.sub(" ", text) if _FOLDED.search(text) else text).strip(" ")


def text_of(element: etree._Element | None) -> str:
    """All the text in an element as it is printed: raised digits stay raised (10³), comments are left out."""
    if element is None:
        return ""
    return plain("".join(_pieces(element)) if len(element) else element.text or "")


def child_text(element: etree._Element | None, path: str) -> str:
    """The text of the first element at the path, or nothing."""
    return "" if element is None else text_of(element.find(path))


def raised(text: str) -> str:
    """A superscript without mark-up: digits and signs in their raised forms, other text as it is."""
    return text.translate(_SUPERSCRIPT) if _RAISED.fullmatch(text.strip()) else text


def _pieces(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            inner = _pieces(child)
            yield from (raised("".join(inner)),) if child.tag == "sup" else inner
        yield child.tail or ""


def _complete(parser: etree.XMLPullParser[etree._Element]) -> Iterator[etree._Element]:
    for _, element in parser.read_events():
        for inner in element.iter("{*}*") if element.nsmap else ():
            inner.tag = etree.QName(inner).localname
        yield element
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]  # what stands before it: records that were read, comments between them


def _kept(count: int) -> str:
    return f"{counted(count, 'complete record')} could be read before it"


def _without_named_entities(found: Found) -> Iterator[bytes]:
    """The file with &nbsp; and the like, which its DTD would define, as numbers; wide encodings pass as they are."""
    rest = b""
    wide = None
    for chunk in found.chunks():
        if wide is None:
            wide = chunk.startswith(_WIDE_MARKS)
        if wide:
            yield chunk
            continue
        data = rest + chunk
        tail = _OPEN_ENTITY.search(data, max(0, len(data) - 40))
        cut = tail.start() if tail else len(data)
        rest = data[cut:]
        yield _ENTITY.sub(_numbered, data[:cut])
    yield rest


def _numbered(found: re.Match[bytes]) -> bytes:
    name = found[1]
    characters = html5.get(f"{name.decode('ascii')};") if name not in _OF_XML else None
    return "".join(f"&#{ord(c)};" for c in characters).encode("ascii") if characters else found[0]
