"""Text files of any size as lines: the encoding is told once, and what can be read before a fault is read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

from imagingkg.errors import InputError
from imagingkg.ingest.encoding import decode
from imagingkg.ingest.files import Found

WHOLE_BYTES: Final = 16 * 1024 * 1024  # a file up to this size is decoded whole, which tells its encoding best
MAX_LINE: Final = 4 * 1024 * 1024


def decoded_lines(found: Found) -> tuple[str, Iterator[str]]:
    """The encoding, and the lines with their ends as "\\n"; only a last line that is cut off may have none.

    Raises InputError, after the last line before it, for bytes that are damaged or a line that has no end.
    """
    chunks = found.chunks()
    parts: list[bytes] = []
    size, fault = 0, None
    try:
        while size <= WHOLE_BYTES and (chunk := next(chunks, b"")):
            parts.append(chunk)
            size += len(chunk)
    except InputError as error:
        fault = error
    head = b"".join(parts)
    if size <= WHOLE_BYTES:
        if fault and not head:
            raise fault
        text, encoding, cut = _decoded_whole(head, found.source)
        return encoding, _lines(iter([text]), found.source, fault or cut)
    encoding = decode(_whole_lines(head), found.source)[1]
    return encoding, _lines(_decoded(head, chunks, encoding, found.source), found.source, fault)


def _whole_lines(data: bytes) -> bytes:
    return data[: data.rfind(b"\n") + 1] or data


def _decoded_whole(data: bytes, where: str) -> tuple[str, str, InputError | None]:
    """The text and its encoding. Of a file that ends in the middle of a character its whole lines, and the error."""
    lines = _whole_lines(data)
    if lines == data:
        return *decode(data, where), None
    try:
        text, encoding = decode(data, where)
    except InputError as error:
        return *decode(lines, where), error
    before, sure = decode(lines, where)
    if encoding == sure or before.isascii():
        return text, encoding, None
    # One torn character at the end makes Chinese bytes look like another encoding as a whole.
    return before, sure, InputError(where, f"breaks off in the middle of a character of {sure.upper()}")


def _decoded(head: bytes, chunks: Iterator[bytes], encoding: str, where: str) -> Iterator[str]:
    # These leave out the byte order mark, which the encoding's plain name would read as a character.
    marked = {"utf-8": "utf-8-sig", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
    decoder = codecs.getincrementaldecoder(marked.get(encoding, encoding))("strict")
    count = 0
    try:
        yield decoder.decode(head)
        count += len(head)
        for chunk in chunks:
            yield decoder.decode(chunk)
            count += len(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        what = f"is {encoding.upper()} but for a byte after the first {count:,}"
        raise InputError(where, what, "Save it again as UTF-8") from error


def _lines(pieces: Iterator[str], where: str, fault: InputError | None) -> Iterator[str]:
    rest, number = "", 0
    for piece in pieces:
        text = rest + piece
        held = "\r" if text.endswith("\r") else ""  # its "\n" may come with the next piece
        text = text[: len(text) - len(held)].replace("\r\n", "\n").replace("\r", "\n")
        start = 0
        while (end := text.find("\n", start)) >= 0:
            number += 1
            _refuse_endless(end - start, number, where)
            yield text[start : end + 1]
            start = end + 1
        rest = text[start:] + held
        _refuse_endless(len(rest), number + 1, where)
    if fault:
        raise fault
    if rest:
        yield rest.replace("\r", "\n")


def _refuse_endless(length: int, number: int, where: str) -> None:
    if length > MAX_LINE:
        raise InputError(where, f"has a line of more than {MAX_LINE:,} characters", line=number)
