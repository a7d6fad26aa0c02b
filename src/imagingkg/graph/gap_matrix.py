"""The evidence-gap matrix as values: headings, cells, figures."""

from __future__ import annotations

import heapq
import html
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from imagingkg.errors import MissingExtra, QueryError
from imagingkg.graph.results import visible

SHOWN_ROWS: Final = 25
SHOWN_COLUMNS: Final = 12
"""How much of a matrix a notebook shows."""
_COUNTS: Final = ("claims", "affirmed", "hedged", "negated", "from_context", "papers", "contradictions")


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

    def __repr__(self) -> str:
        size = f"{len(self.rows):,} {self.row_role} rows, {len(self.columns):,} {self.column_role} columns"
        return f"GapMatrix({size}, {self.claims:,} claims)"

    def cell(self, row: str, column: str) -> Cell | None:
        """The cell of two IRIs, or None where it is empty."""
        return next((c for c in self.cells if (c.row, c.column) == (row, column)), None)

    @property
    def empty(self) -> tuple[tuple[Heading, Heading], ...]:
        """The pairs without any claim, those of the most studied rows and columns first."""
        return tuple(self.each_empty())

    def each_empty(self) -> Iterator[tuple[Heading, Heading]]:
        """As `empty`, one at a time: thousands of rows and columns have millions of such pairs."""
        full = {(c.row, c.column) for c in self.cells}
        by_size = sorted(self.columns, key=lambda c: (-c.claims, c.en))
        by_name = sorted(self.columns, key=lambda c: c.en)

        def of(row: Heading) -> Iterator[tuple[Heading, Heading]]:
            columns = by_size if row.claims else by_name  # a row of no claims has pairs of one size only
            return ((row, c) for c in columns if (row.iri, c.iri) not in full)

        return heapq.merge(*map(of, self.rows), key=lambda p: (-p[0].claims * p[1].claims, p[0].en, p[1].en))

    def shown(self, rows: int, columns: int) -> tuple[tuple[Heading, ...], tuple[Heading, ...]]:
        """The fullest rows and columns. What no claim names itself (brain tumour above glioma and meningioma) is left
        out where it can be: it would fill the first of them with sums.
        """
        own_rows = tuple(h for h in self.rows if h.direct) or self.rows
        own_columns = tuple(h for h in self.columns if h.direct) or self.columns
        return own_rows[:rows], own_columns[:columns]

    def to_pandas(self, values: str = "claims", *, lang: str = "en") -> Any:
        """A pandas DataFrame of all rows and columns by their names in "en" or "zh", with one value for each pair.

        `values`: claims, affirmed, hedged, negated, from_context, papers or contradictions (whole numbers, 0 where
        there is no claim), or best (the best figure on the scale of 1, NaN where there is none). Raises QueryError for
        another, and MissingExtra where pandas is missing.
        """
        if values not in (*_COUNTS, "best"):
            raise QueryError("values", f"{values!r} is none", f"Use {', '.join(_COUNTS)} or best")
        try:
            import pandas
        except ImportError as error:
            raise MissingExtra("to_pandas", "pandas") from error
        cells = {(c.row, c.column): c for c in self.cells}
        table = [[_value(cells.get((r.iri, c.iri)), values) for c in self.columns] for r in self.rows]
        index = pandas.Index([r.name(lang) for r in self.rows], name=self.row_role)
        columns = pandas.Index([c.name(lang) for c in self.columns], name=self.column_role)
        return pandas.DataFrame(table, index=index, columns=columns)

    def _repr_html_(self) -> str:
        """The fullest part as a table for notebooks, the darker the more claims; a cell tells more in its title."""
        rows, columns = self.shown(SHOWN_ROWS, SHOWN_COLUMNS)
        cells = {(c.row, c.column): c for c in self.cells}
        top = max((len(c.claims) for c in self.cells), default=1)
        head = "".join(f'<th scope="col">{_text(c.en)}</th>' for c in columns)
        body = "".join(
            f'<tr><th scope="row" style="text-align:left">{_text(row.en)}</th>'
            + "".join(_shaded(cells.get((row.iri, c.iri)), top) for c in columns)
            + "</tr>"
            for row in rows
        )
        more = f"{len(self.rows) - len(rows):,} more rows and {len(self.columns) - len(columns):,} more columns"
        empty = len(self.rows) * len(self.columns) - len(self.cells)
        note = f"{self.claims:,} claims; {empty:,} pairs have none in this corpus. {more}: see to_pandas()"
        return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table><p>{note}</p>"


def _shaded(cell: Cell | None, top: int) -> str:
    if cell is None:
        return '<td style="text-align:center" title="no claim">·</td>'
    n = len(cell.claims)
    said = f"{n} claims in {cell.papers} papers: {cell.affirmed} affirmed, {cell.hedged} hedged, {cell.negated} negated"
    if cell.best:
        said += f"; best {cell.best.metric.en} {cell.best.reported}"
    # Never so dark that dark letters, or on a dark page light ones, could not be read.
    style = f"text-align:center;background:rgba(53,113,184,{0.12 + 0.43 * n / top:.2f})"
    return f'<td style="{style}" title="{_text(said)}">{n}</td>'


def _text(text: str) -> str:
    return html.escape(visible(text))


def _value(cell: Cell | None, values: str) -> int | float:
    if values == "best":
        return float(cell.best.value) if cell is not None and cell.best is not None else float("nan")
    found = 0 if cell is None else getattr(cell, values)
    return found if isinstance(found, int) else len(found)
