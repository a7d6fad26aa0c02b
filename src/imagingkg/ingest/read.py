"""Sources to documents: every file is read, mended where it is damaged, or named with the reason why not.

To read another format, write a reader and enter its suffix in READERS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from imagingkg.errors import InputError
from imagingkg.ingest.controls import cleaned, printable
from imagingkg.ingest.edits import Draft, undo
from imagingkg.ingest.encoding import decode
from imagingkg.ingest.files import Found, find_files
from imagingkg.ingest.fonts import RepairTools, repair_tools
from imagingkg.ingest.language import named_language, tell_language
from imagingkg.ingest.records import Record, read_record
from imagingkg.ingest.repair import repair_glyphs
from imagingkg.ingest.wraps import join_wraps
from imagingkg.lexicon import Lexicon
from imagingkg.model import Document, Skipped

Reader = Callable[[Found, RepairTools], Iterator[Document | Skipped]]

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
_LONGEST_TITLE: Final = 200
_NO_TITLE_END: Final = tuple("。！？；，、：.!?;,:")
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")  # UTF-16 and UTF-32: lines are not byte lines
_UTF8_MARK: Final = b"\xef\xbb\xbf"


def read_sources(sources: Sequence[Path], *, lexicon: Lexicon) -> Iterator[Document | Skipped]:
    """The documents in files and folders, in order; what cannot be read comes as Skipped and stops nothing.

    The lexicon is consulted where lost letters are to be restored.
    """
    tools = repair_tools(lexicon)
    for root in sources:
        for found in find_files(Path(root)):
            if isinstance(found, Skipped):
                yield found
                continue
            reader = READERS.get(found.path.suffix.lower())
            if reader is None:
                kind = printable(found.path.suffix) or "no suffix"
                yield Skipped(found.source, f"is of a kind that is not read ({kind}); known: {', '.join(READERS)}")
                continue
            try:
                yield from reader(found, tools)
            except InputError as error:
                yield _skipped(error)
            except OSError as error:
                yield Skipped(found.source, f"cannot be read: {error.strerror or error}")


def _skipped(error: InputError) -> Skipped:
    return Skipped(error.where, f"{error.what}. {error.advice}" if error.advice else error.what, error.line)


def _read_text(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    yield _prose(found, tools, markdown=False)


def _read_markdown(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    yield _prose(found, tools, markdown=True)


def _prose(found: Found, tools: RepairTools, *, markdown: bool) -> Document:
    data = found.path.read_bytes()
    _refuse_endless_line(data, found.source)
    text, encoding = decode(data, found.source)
    draft = cleaned(text)
    if not draft.text.strip():
        raise InputError(found.source, "holds no text")
    draft = join_wraps(repair_glyphs(draft, tools), markdown=markdown)
    return Document(
        id=found.source,
        text=draft.text,
        title=_heading(draft.text) if markdown else _first_line(draft.text),
        lang=tell_language(draft.text),
        source=found.source,
        sources=(found.source,),
        encoding=encoding,
        repairs=draft.repairs,
        raw=_raw(draft),
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


def _first_line(text: str) -> str:
    """The first line where it is short, ends no sentence and has text below it: then it is the title."""
    first, _, rest = text.strip().partition("\n")
    first = first.strip()
    is_title = bool(rest.strip()) and len(first) <= _LONGEST_TITLE and not first.endswith(_NO_TITLE_END)
    return first if is_title else ""


def _read_json_lines(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
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
            yield _record_document(read_record(text, found.source), source, encoding, tools)
        except InputError as error:
            records += 1
            yield _skipped(InputError(error.where, error.what, error.advice, line=number))
    if not records:
        yield Skipped(found.source, "holds no record")


def _lines(found: Found) -> Iterator[tuple[int, bytes | tuple[str, str] | Skipped]]:
    """Line numbers with lines: bytes to decode one by one, or text with its encoding where that is not bytewise."""
    with found.path.open("rb") as file:
        start = file.read(4)
        if start.startswith(_WIDE_MARKS):
            text, encoding = decode(start + file.read(), found.source)
            # Not splitlines: a JSON text may hold U+2028 and other line ends of Unicode.
            yield from ((n, (line, encoding)) for n, line in enumerate(text.split("\n"), 1))
            return
        file.seek(len(_UTF8_MARK) if start.startswith(_UTF8_MARK) else 0)
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


def _record_document(record: Record, source: str, encoding: str, tools: RepairTools) -> Document:
    draft = cleaned(record.text)
    if not draft.text.strip():
        raise InputError(source.rpartition("#")[0], "holds no text")
    draft = repair_glyphs(draft, tools)
    return Document(
        id=record.id or source,
        text=draft.text,
        title=_mended_title(record.title, draft),
        lang=named_language(record.lang) if record.lang else tell_language(draft.text),
        source=source,
        sources=(source,),
        year=record.year,
        doi=record.doi,
        pmid=record.pmid,
        authors=record.authors,
        venue=record.venue,
        retracted=record.retracted,
        encoding=encoding,
        repairs=draft.repairs,
        references=record.references,
        raw=_raw(draft),
    )


def _mended_title(title: str, draft: Draft) -> str:
    """The title as the stored text has it, when that begins with it; repairs keep its line in place."""
    title = cleaned(title).text
    if not draft.repairs or not title or "\n" in title:
        return title
    first, _, _ = draft.text.partition("\n")
    raw_first = undo(first, [r for r in draft.repairs if r.end <= len(first)])
    return first if raw_first == undo(title, cleaned(title).repairs) or first == title else title


def _raw(draft: Draft) -> str | None:
    return undo(draft.text, draft.repairs) if draft.repairs else None


READERS: Final[dict[str, Reader]] = {
    ".txt": _read_text,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".json-lines": _read_json_lines,
}
