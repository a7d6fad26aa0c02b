"""From pieces of text at places on pages to lines in the order in which people read them.

Running heads, feet and page numbers are left out; two columns are read in turn between the lines that go across both.
How wide a piece is, its font alone would know: half an em for a letter and a full one for a Chinese character will do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from imagingkg.forms import has_han

_EM_OF_LETTER: Final = 0.48
_PAGE_NUMBER: Final = re.compile(
    r"[-–—·•|\s]*\d{1,5}[-–—·•|\s]*|(?:page|p\.|第)?\s*\d{1,5}\s*(?:of|/|页\s*[/,，共]*)\s*\d{0,5}\s*页?", re.IGNORECASE
)
_CAPTION: Final = re.compile(r"(?:table|fig|表|图|algorithm)", re.IGNORECASE)
_LEAST_ROWS: Final = 4
_FEW_PAGES: Final = 6


class Piece(NamedTuple):
    """Text that begins at `x`, `y` (points, from the lower left of the page) in a font of `size` points."""

    x: float
    y: float
    size: float
    text: str
    font: str = ""


class Line(NamedTuple):
    """Text, and for each of its characters the name of the font that it was set in."""

    text: str
    fonts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as wide as `width` points."""

    width: float
    pieces: tuple[Piece, ...]


class Row(NamedTuple):
    """Pieces on one base line from left to right, or those of one column."""

    y: float
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """What the row says."""
        return "".join(piece.text for piece in self.pieces).replace("\n", " ").strip()

    @property
    def size(self) -> float:
        """The size of most of it."""
        return max(self.pieces, key=lambda piece: len(piece.text)).size

    @property
    def line(self) -> Line:
        """What the row says, with its fonts."""
        text = self.text
        fonts = [piece.font for piece in self.pieces for _ in piece.text]
        start = next(i for i, c in enumerate(c for piece in self.pieces for c in piece.text) if not c.isspace())
        return Line(text, tuple(fonts[start : start + len(text)]))


@dataclass(frozen=True, slots=True)
class Printed:
    """The lines of a document in reading order, and those of them that are its title by their size, if any are."""

    lines: tuple[Line, ...]
    title: Line


def printed(pages: Sequence[Page]) -> Printed:
    """The lines of the pages. An empty one parts what stands apart on the page."""
    rows = _without_edges([_rows(page) for page in pages])
    title = _title(rows[0]) if rows else []
    lines: list[Line] = []
    for number, page in enumerate(pages):
        left = [row for row in rows[number] if number or row not in title]
        lines += _in_reading_order(left, page.width)
    return Printed(tuple(lines), _joined([row.line for row in title]))


def _rows(page: Page) -> list[Row]:
    """Rows from top to bottom; raised and lowered pieces belong to the row that they stand at."""
    rows: list[list[Piece]] = []
    for piece in sorted(page.pieces, key=lambda p: (-p.y, p.x)):
        last = rows[-1] if rows else None
        if last and abs(last[0].y - piece.y) <= 0.45 * max(last[0].size, piece.size):
            last.append(piece)
        else:
            rows.append([piece])
    out = (Row(max(row, key=lambda p: len(p.text)).y, tuple(sorted(row, key=lambda p: p.x))) for row in rows)
    return [row for row in out if row.text]


def _without_edges(pages: list[list[Row]]) -> list[list[Row]]:
    """The pages without the rows at their edges that repeat from page to page, and without page numbers."""
    counts = Counter(key for rows in pages for key in {_edge_key(rows[i]) for i in _edges(rows)})
    often = 2 if len(pages) <= _FEW_PAGES else 3
    out = []
    for rows in pages:
        edges = _edges(rows)
        out.append([
            row for i, row in enumerate(rows)
            if i not in edges
            or not (_PAGE_NUMBER.fullmatch(row.text) or counts[_edge_key(row)] >= often)
            or _CAPTION.match(row.text)
        ])  # fmt: skip
    return out


def _edges(rows: Sequence[Row]) -> set[int]:
    """The first two rows and the last two."""
    last = len(rows) - 1
    return {i for i in (0, 1, last - 1, last) if 0 <= i <= last}


def _edge_key(row: Row) -> tuple[str, int]:
    """What makes two rows the same running head: the words beside the page number, and the place on the page."""
    return re.sub(r"^\d+\s+|\s+\d+$", "#", " ".join(row.text.split())), round(row.y / 6)


def _title(rows: Sequence[Row]) -> list[Row]:
    """The rows of the first page in its largest size, where that stands out and they follow one another."""
    if not rows:
        return []
    largest = max(row.size for row in rows)
    found = [i for i, row in enumerate(rows) if row.size >= 0.97 * largest]
    together = found[-1] - found[0] == len(found) - 1
    words = sum(len(rows[i].text) for i in found)
    stands_out = largest >= 1.15 * median(row.size for row in rows)
    enough = words >= (6 if any(has_han(rows[i].text) for i in found) else 12)
    return [rows[i] for i in found] if together and stands_out and enough and len(found) <= 5 else []


def _joined(lines: Sequence[Line]) -> Line:
    text = ""
    fonts: tuple[str, ...] = ()
    for line in lines:
        glued = not text or (has_han(text[-1]) and has_han(line.text[:1]))
        text += line.text if glued else f" {line.text}"
        fonts += line.fonts if glued else ("", *line.fonts)
    return Line(text, fonts)


def _in_reading_order(rows: Sequence[Row], width: float) -> Iterator[Line]:
    gutter = _gutter(rows, width)
    if gutter is None:
        yield from _spaced(rows)
        return
    left: list[Row] = []
    right: list[Row] = []
    for row in rows:
        ours = tuple(p for p in row.pieces if p.x < gutter - 4)
        theirs = tuple(p for p in row.pieces if p.x >= gutter - 4)
        crosses = bool(ours) and _end(ours) > gutter + 0.1 * width
        runs_on = bool(ours and theirs) and theirs[0].x > gutter + 4 and _end(ours) > gutter - 0.02 * width
        if crosses or runs_on:
            yield from (*_spaced(left), *_spaced(right), *_spaced([row]))
            left, right = [], []
            continue
        left += [Row(row.y, ours)] if ours else []
        right += [Row(row.y, theirs)] if theirs else []
    yield from (*_spaced(left), *_spaced(right))


def _gutter(rows: Sequence[Row], width: float) -> float | None:
    """Where the right column of two begins: the place in the middle of the page at which many rows begin anew."""
    starts = Counter(round(p.x / 3) * 3 for row in rows for p in row.pieces if 0.38 * width < p.x < 0.66 * width)
    if not starts:
        return None
    place = max(starts, key=lambda x: (starts[x] + starts[x - 3] + starts[x + 3], -x))
    begin = [row for row in rows if any(abs(p.x - place) <= 4 for p in row.pieces)]
    before = [row for row in rows if row.pieces[0].x < place - 0.2 * width]
    across = [
        row for row in before
        if _end([p for p in row.pieces if p.x < place - 4]) > place + 0.03 * width
        or any(abs(p.x - place) > 4 and p.x > place - 0.03 * width and p.x < place + 0.2 * width for p in row.pieces)
    ]  # fmt: skip
    enough = len(begin) >= max(_LEAST_ROWS, 0.25 * len(rows)) and len(before) >= _LEAST_ROWS
    return float(place) if enough and len(across) < 0.5 * len(before) else None


def _end(pieces: Sequence[Piece]) -> float:
    """Where the last of the pieces ends, by what its characters measure."""
    last = pieces[-1]
    return last.x + last.size * sum(1.0 if c >= "\u2e80" else _EM_OF_LETTER for c in last.text.strip())


def _spaced(rows: Sequence[Row]) -> Iterator[Line]:
    """The lines of the rows, with an empty one where the page leaves more than the usual space."""
    gaps = [above.y - below.y for above, below in pairwise(rows)]
    usual = median(gaps) if gaps else 0.0
    for i, row in enumerate(rows):
        if i and gaps[i - 1] > 1.4 * usual and len(rows) > 2:
            yield Line("", ())
        yield row.line
