"""PDF files with a text layer: read in a process of its own, put in reading order, mended as any text is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from imagingkg.counting import counted
from imagingkg.errors import InputError
from imagingkg.ingest.assembly import raw_text
from imagingkg.ingest.controls import cleaned, printable
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.language import tell_language
from imagingkg.ingest.pdf_layout import Line, Page, Piece, printed
from imagingkg.ingest.prose import first_line
from imagingkg.ingest.records import doi_in
from imagingkg.ingest.repair import repair_glyphs
from imagingkg.ingest.wraps import join_wraps
from imagingkg.model import Document, Skipped

SECONDS: Final = 180
_CHILD: Final = "imagingkg.ingest.pdf_child"
_DOI: Final = re.compile(r"(?:doi\.org/|\bdoi\s?[:：]?\s?)(10\.\S+)", re.IGNORECASE)
_SHOWN_PAGES: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What the child said: pages in order, those that could not be read, and why it stopped early ("": it did not)."""

    pages: tuple[Page, ...]
    faults: tuple[tuple[int, str], ...]
    stopped: str


def read_pdf(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The document; beside it, what could not be read of it. Pages that are pictures of text are said to be so."""
    answer = _ask(found.read())
    if not any(page.pieces for page in answer.pages):
        blank = f"has no text layer on its {counted(len(answer.pages), 'page')}: it is scanned or drawn"
        advice = "" if answer.stopped else "Put it through text recognition (OCR) first"
        raise InputError(found.source, answer.stopped or blank, advice)
    if answer.stopped:
        yield Skipped(found.source, f"{answer.stopped}; {counted(len(answer.pages), 'page')} could be read before that")
    for number, fault in answer.faults:
        yield Skipped(found.source, f"page {number} cannot be read ({fault})")
    broken = {number for number, _ in answer.faults}
    silent = [n for n, page in enumerate(answer.pages, 1) if not page.pieces and n not in broken]
    if silent:
        shown = ", ".join(map(str, silent[:_SHOWN_PAGES])) + (", ..." if len(silent) > _SHOWN_PAGES else "")
        yield Skipped(found.source, f"no text layer on {len(silent)} of {counted(len(answer.pages), 'page')} ({shown})")
    yield _document(found.source, answer.pages, tools)


def _document(source: str, pages: Sequence[Page], tools: RepairTools) -> Document:
    setting = printed(pages)
    title = printable(setting.title.text)
    lines = [Line(title, setting.title.fonts), Line("", ()), *setting.lines] if title else setting.lines
    draft = cleaned("\n".join(line.text for line in lines))
    fonts = tuple(font for line in lines for font in (*line.fonts, ""))[:-1]  # a line break is in none
    # Where a character was left out or added, the others would stand under wrong fonts.
    draft = join_wraps(repair_glyphs(draft, tools, fonts if len(fonts) == len(draft.text) else ()))
    mended = draft.text.partition("\n")[0] if title else first_line(draft.text)
    dois = {doi_in(match[1]) for match in _DOI.finditer(" ".join(piece.text for piece in pages[0].pieces))} - {""}
    return Document(
        id=source,
        text=draft.text,
        title=mended,
        lang=tell_language(draft.text),
        source=source,
        sources=(source,),
        doi=dois.pop() if len(dois) == 1 else "",
        repairs=draft.repairs,
        raw=raw_text(draft),
    )


def _ask(data: bytes) -> Answer:
    """Have the child read the file. It may die of it: what it said before then counts."""
    command = [sys.executable, "-m", _CHILD]
    stopped = ""
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)
        said = done.stdout
        if done.returncode:
            ended = "the system ended it" if done.returncode < 0 else "it broke its reader"
            stopped = f"asks for more memory or time than a PDF file may take ({ended})"
    except subprocess.TimeoutExpired as late:
        said = late.stdout or b""
        stopped = f"takes longer than {SECONDS} seconds"
    pages: list[Page] = []
    faults: list[tuple[int, str]] = []
    for line in said.splitlines():
        answer = _parsed(line)
        if "error" in answer and "page" not in answer:
            stopped = printable(str(answer["error"]))
        elif "page" in answer:
            pages.append(Page(answer["width"], tuple(Piece(*piece) for piece in answer["pieces"])))
            if "error" in answer:
                faults.append((answer["page"], printable(answer["error"])))
    return Answer(tuple(pages), tuple(faults), stopped)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(line)
    except ValueError:  # the line that the child was at when it died
        return {}
    return answer
