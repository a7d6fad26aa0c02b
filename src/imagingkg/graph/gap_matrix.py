"""The evidence-gap matrix as values: headings, cells, figures."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import product


@dataclass(frozen=True, slots=True)
class Heading:
    """A concept on an axis: how many of the counted claims are on or below it, and how many of the corpus name it."""

    iri: str
    en: str
    zh: str
    claims: int = 0
    direct: int = 0

    def name(self, lang: str) -> str:
        """The label in "en" or "zh"."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Best:
    """The best figure of a metric in a cell: `value` on the scale of 1, `reported` as printed."""

    metric: Heading
    value: Decimal
    reported: str
    split: str
    claim: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The claims on one pair (IRIs, sorted), split by certainty.

    `from_context` of them owe the row or the column to a heading, title or neighbouring sentence. `figures` has the
    best figure of each metric, training splits, negated claims and retracted papers left out; `best` is the highest of
    those that lie in 0-1 and where more is better, else the first there is. `contradictions` counts pairs of claims.
    """

    row: str
    column: str
    claims: tuple[str, ...]
    affirmed: int
    hedged: int
    negated: int
    from_context: int
    papers: int
    best: Best | None
    figures: tuple[Best, ...]
    external: bool
    contradictions: int


@dataclass(frozen=True, slots=True)
class GapMatrix:
    """Rows and columns by number of claims, then by name; `cells` are those with claims, row by row.

    `claims` were counted, `undated` ones left out because `since` was asked for and no year is known;
    `hidden_rows` and `hidden_columns` were cut off by a limit.
    """

    row_role: str
    column_role: str
    where: tuple[tuple[str, Heading], ...]
    since: int | None
    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    cells: tuple[Cell, ...]
    claims: int
    undated: int
    hidden_rows: int
    hidden_columns: int

    def cell(self, row: str, column: str) -> Cell | None:
        """The cell of two IRIs, or None where it is empty."""
        return next((c for c in self.cells if (c.row, c.column) == (row, column)), None)

    @property
    def empty(self) -> tuple[tuple[Heading, Heading], ...]:
        """The pairs without any claim, those of the most studied rows and columns first."""
        full = {(c.row, c.column) for c in self.cells}
        pairs = [(r, c) for r, c in product(self.rows, self.columns) if (r.iri, c.iri) not in full]
        return tuple(sorted(pairs, key=lambda p: (-p[0].claims * p[1].claims, p[0].en, p[1].en)))
