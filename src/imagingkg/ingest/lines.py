"""The lines of a text as wraps see them: their width on the page, how they begin and end, what looks like a heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imagingkg.forms import has_han

_WIDE: Final = re.compile("[“”‘’…—\u2e80-\U0010ffff]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_ENDS_SENTENCE: Final = re.compile(r"[。！？!?…；;][”’』」）)\]]?$|[.:：][”\"’)]?$")
_STRUCTURE: Final = re.compile(r"\s*(?:#{1,6}[ \t]|[-*+•●○][ \t]|>|\||```|~~~|={3,}$|-{3,}$|\[\^|\d{1,2}[.)][ \t])")
_PARAGRAPH_INDENT: Final = re.compile(r"\u3000|\t| {2,}")
_HEADING_NUMBER: Final = re.compile(
    r"(?:\d{1,2}(?:[.．]\d{1,2})*[.．、]?|[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[)）]"
    r"|第[一二三四五六七八九十\d]{1,3}[章节])"
)
_NUMBERED: Final = re.compile(rf"{_HEADING_NUMBER.pattern}(?:(?<=[.．、)）章节])|\s+)\s*(?=\S)")
_WIDEST: Final = 160  # columns; wider lines are paragraphs
_IN_SENTENCES_ONLY: Final = re.compile(r"[，。；！？,;!?]")
_NO_HEADING_START: Final = tuple("等的和与及中后在并且而但其此这该]）》”、")
_NO_HEADING_END: Final = tuple("的了和与在对为是及或将被把从到由以、：:（《“[-")


@dataclass(frozen=True, slots=True)
class Line:
    """A line with something on it, `start:end` in the text; `breaks` line breaks follow it (0: the text ends)."""

    start: int
    end: int
    text: str
    breaks: int

    @property
    def width(self) -> int:
        """Columns on the page: a Chinese character, full-width mark or letter takes two."""
        return columns(self.text.strip())


def columns(text: str) -> int:
    """Columns that the text takes on the page."""
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def split_lines(text: str) -> list[Line]:
    """The lines that are not blank, in order."""
    spans = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text) if not m.group().isspace()]
    nexts = [start for start, _ in spans[1:]]
    breaks = [text.count("\n", end, start) for (_, end), start in zip(spans, nexts, strict=False)] + [0]
    return [Line(s, e, text[s:e], b) for (s, e), b in zip(spans, breaks, strict=False)]


def ends_sentence(line: Line) -> bool:
    """Does a full stop or the like, perhaps in a closing quote, end the line?"""
    return _ENDS_SENTENCE.search(line.text.rstrip()) is not None


def is_structure(line: Line) -> bool:
    """A Markdown heading, list item, table row, quotation, fence or rule: nothing is joined on to what is before it."""
    return _STRUCTURE.match(line.text) is not None


def is_indented(line: Line) -> bool:
    """Does the line begin as a new paragraph does?"""
    return _PARAGRAPH_INDENT.match(line.text) is not None


def is_capitalised(line: Line) -> bool:
    """A line in the capitals of an English title: most of its longer words begin with one."""
    words = re.findall(r"[A-Za-z]{4,}", line.text)
    return len(words) >= 3 and sum(word[0].isupper() for word in words) >= 0.7 * len(words)


def is_fragment(line: Line) -> bool:
    """A short stretch without Chinese on a line of its own, as some extractions leave every Latin run."""
    return not has_han(line.text) and line.width <= 24


def is_heading_number(line: Line) -> bool:
    """Only the number of a heading, whose words stand on the next line."""
    text = line.text.strip()
    return _HEADING_NUMBER.fullmatch(text) is not None and not text.isdigit()


def is_numbered_heading(line: Line, width: int) -> bool:
    """A short line that begins with a section number and has Chinese words behind it."""
    text = line.text.strip()
    number = _NUMBERED.match(text)
    return number is not None and _is_title(text[number.end() :], least=2) and line.width <= 0.9 * width


def is_plain_heading(line: Line, width: int) -> bool:
    """A line clearly shorter than the page that could be a title: words only, no punctuation of sentences."""
    text = line.text.strip()
    return line.width <= 0.82 * width and _is_title(text, least=4) and not text.startswith(_NO_HEADING_START)


def _is_title(text: str, *, least: int) -> bool:
    han = len(_HAN.findall(text))
    return han >= least and not _IN_SENTENCES_ONLY.search(text) and not text.endswith(_NO_HEADING_END)


def wrap_width(lines: Sequence[Line], *, narrowest: int, slack: int, share: float) -> int | None:
    """The width at which the given lines were wrapped: many of them nearly as wide as the widest, none much wider."""
    widths = [line.width for line in lines]
    for width in sorted({w for w in widths if narrowest <= w <= _WIDEST}, reverse=True):
        wider = sum(w > width + slack for w in widths)
        near = sum(width - slack <= w <= width for w in widths)
        if wider > 0.1 * len(widths):
            return None
        if near >= max(2, share * len(widths)):
            return width
    return None
