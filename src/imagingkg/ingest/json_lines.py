"""JSON Lines: one record a line; a line that is none is named with its number and stops nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from imagingkg.errors import InputError
from imagingkg.ingest.assembly import record_document, skipped
from imagingkg.ingest.encoding import decode
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.records import read_record
from imagingkg.model import Document, Skipped

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")  # UTF-16 and UTF-32: lines are not byte lines
_UTF8_MARK: Final = b"\xef\xbb\xbf"


def read_json_lines(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    records = 0
    for number, line in _lines(found):
        source = f"{found.source}#{number}"
        if isinstance(line, Skipped):
            yield line
            records += 1
            continue
        try:
            text, encoding = line if isinstance(line, tuple) else decode(line, found.source)
            if not text.strip():
                continue
            records += 1
            yield record_document(read_record(text, found.source), source, encoding, tools)
        except InputError as error:
            records += 1
            yield skipped(InputError(error.where, error.what, error.advice, line=number))
    if not records:
        yield Skipped(found.source, "holds no record")


def _lines(found: Found) -> Iterator[tuple[int, bytes | tuple[str, str] | Skipped]]:
    """Line numbers with lines: bytes to decode one by one, or text with its encoding where that is not bytewise."""
    with found.open() as file:
        start = file.read(4)
        if start.startswith(_WIDE_MARKS):
            text, encoding = decode(found.read(), found.source)
            # Not splitlines: a JSON text may hold U+2028 and other line ends of Unicode.
            yield from ((n, (line, encoding)) for n, line in enumerate(text.split("\n"), 1))
            return
    with found.open() as file:
        if start.startswith(_UTF8_MARK):
            file.read(len(_UTF8_MARK))
        number = 0
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                size = len(line)
                while (more := file.readline(MAX_LINE_BYTES)) and not more.endswith(b"\n"):
                    size += len(more)
                size += len(more)
                if size > MAX_LINE_BYTES:
                    reason = f"is a line of {size:,} bytes; the limit is {MAX_LINE_BYTES:,}"
                    yield number, Skipped(found.source, reason, number)
                    continue
            yield number, line
