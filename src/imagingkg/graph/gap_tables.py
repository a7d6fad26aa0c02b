"""The gap matrix written out: a table for the terminal, CSV, JSON, Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Literal

from imagingkg.errors import QueryError
from imagingkg.graph.gap_matrix import Best, Cell, GapMatrix, Heading
from imagingkg.graph.results import INDENTED, csv_pieces, joined, json_list, markdown_table, text_table

Lang = Literal["en", "zh"]

TABLE_ROWS: Final = 40
TABLE_COLUMNS: Final = 10
NAMED_GAPS: Final = 20
"""How much of a matrix is shown where people read it; CSV and JSON have all."""

ROW_WIDTH: Final = 24
COLUMN_WIDTH: Final = 14
"""What a terminal should leave for the names of rows, and for each column."""

_HEAD: Final = (
    "row", "row_en", "row_zh", "column", "column_en", "column_zh", "claims", "affirmed", "hedged", "negated",
    "from_context", "papers", "best_metric", "best_value", "best_reported", "best_split", "external", "contradictions",
)  # fmt: skip
_WORDS: Final = {
    "en": {
        "legend": "~ all hedged   - all negated   ° all from context   + external test   ! contradiction   . none",
        "claims": "{n} claims{where}; {empty} of {all} pairs have none in this corpus, which proves no absence.",
        "undated": "{n} claims without a year were left out.",
        "hidden": "Not shown: {rows} more rows, {columns} more columns (csv and json have all).",
        "empty": "Nobody, though both sides are studied most:",
        "since": "since {n}",
    },
    "zh": {
        "legend": "~ 仅推测   - 仅否定   ° 仅来自上下文   + 有外部数据验证   ! 有矛盾   . 无",
        "claims": "{n}条论断{where}；{all}个组合中有{empty}个在本语料中没有论断，但不能证明确实没有。",
        "undated": "未计入{n}条无年份的论断。",
        "hidden": "未显示：另有{rows}行、{columns}列（csv和json含全部）。",
        "empty": "两侧都研究最多，却无人涉及：",
        "since": "{n}年以来",
    },
}


def render_gaps(matrix: GapMatrix, form: str, *, lang: Lang = "en", width: int | None = None) -> str:
    """The matrix written as one of four formats, whole: see `gap_pieces`."""
    return "".join(gap_pieces(matrix, form, lang=lang, width=width))


def gap_pieces(matrix: GapMatrix, form: str, *, lang: Lang = "en", width: int | None = None) -> Iterator[str]:
    """The matrix written as one of four formats, piece by piece. Raises QueryError for another.

    "table" and "markdown" have the fullest part and name the empty pairs between the most studied concepts, a table as
    many columns as a terminal of `width` can show; "csv" has a line for every cell, the empty ones too; "json" has
    everything.
    """
    if form == "csv":
        return csv_pieces(_HEAD, _lines(matrix))
    if form == "json":
        return joined(_json(matrix))
    if form not in ("table", "markdown"):
        raise QueryError("format", f"{form!r} is none", "Use table, csv, json or markdown")
    return iter((_page(matrix, form, lang, width),))


def _page(matrix: GapMatrix, form: str, lang: Lang, width: int | None) -> str:
    most = TABLE_COLUMNS if width is None else max(1, min(TABLE_COLUMNS, (width - ROW_WIDTH) // COLUMN_WIDTH))
    rows, columns = matrix.shown(TABLE_ROWS, most)
    cells = {(c.row, c.column): c for c in matrix.cells}
    head = ("", *(c.name(lang) for c in columns))
    body = [(r.name(lang), *(_marked(cells.get((r.iri, c.iri))) for c in columns)) for r in rows]
    notes = _notes(matrix, lang, most)
    named = ((r, c) for r, c in matrix.each_empty() if r.direct and c.direct)
    gaps = [f"{r.name(lang)} × {c.name(lang)}" for r, c in islice(named, NAMED_GAPS)]
    words = _WORDS[lang]
    if form == "markdown":
        lines = [f"- {gap}" for (gap,) in _escaped(gaps)]
        parts = [*notes, markdown_table(head, body).rstrip("\n"), words["legend"], words["empty"], "\n".join(lines)]
        return "\n\n".join(part for part in (parts if gaps else parts[:-2])) + "\n"
    table = text_table(head, body, width=width).rstrip("\n")
    empty = text_table((words["empty"],), [(gap,) for gap in gaps]).splitlines()
    shown = [empty[0], *(f"  {line}" for line in empty[2:])] if gaps else []
    return "\n".join([*notes, "", table, "", words["legend"], *([""] if shown else []), *shown]) + "\n"


def _escaped(texts: Iterable[str]) -> list[tuple[str]]:
    return [(markdown_table((text,), []).split("\n")[0].removeprefix("| ").removesuffix(" |"),) for text in texts]


def _notes(matrix: GapMatrix, lang: Lang, most: int) -> list[str]:
    words = _WORDS[lang]
    limits = [heading.name(lang) for _, heading in matrix.where]
    limits += [words["since"].format(n=matrix.since)] if matrix.since is not None else []
    where = f" ({', '.join(limits)})" if limits else ""
    size = len(matrix.rows) * len(matrix.columns)
    notes = [words["claims"].format(n=matrix.claims, where=where, empty=size - len(matrix.cells), all=size)]
    if matrix.undated:
        notes.append(words["undated"].format(n=matrix.undated))
    rows, columns = matrix.shown(TABLE_ROWS, most)
    more_rows = matrix.hidden_rows + len(matrix.rows) - len(rows)
    more_columns = matrix.hidden_columns + len(matrix.columns) - len(columns)
    if more_rows or more_columns:
        notes.append(words["hidden"].format(rows=more_rows, columns=more_columns))
    return notes


def _marked(cell: Cell | None) -> str:
    if cell is None:
        return "."
    n = len(cell.claims)
    marks = (
        ("~", cell.hedged == n), ("-", cell.negated == n), ("°", cell.from_context == n), ("+", cell.external),
        ("!", cell.contradictions > 0),
    )  # fmt: skip
    return str(n) + "".join(mark for mark, holds in marks if holds)


def _lines(matrix: GapMatrix) -> Iterator[Sequence[str]]:
    cells = {(c.row, c.column): c for c in matrix.cells}
    for row in matrix.rows:
        for col in matrix.columns:
            names = (row.iri, row.en, row.zh, col.iri, col.en, col.zh)
            cell = cells.get((row.iri, col.iri))
            if cell is None:
                yield (*names, *"00000", "0", "", "", "", "", "false", "0")
                continue
            best = cell.best
            figure = (best.metric.en, str(best.value), best.reported, best.split) if best else ("", "", "", "")
            counts = (len(cell.claims), cell.affirmed, cell.hedged, cell.negated, cell.from_context, cell.papers)
            yield (*names, *map(str, counts), *figure, str(cell.external).lower(), str(cell.contradictions))


def _json(matrix: GapMatrix) -> Iterator[str]:
    """What `json.dumps` with an indent of 1 would write, without the whole as one value."""
    facts = {
        "rows_are": matrix.row_role,
        "columns_are": matrix.column_role,
        "where": {role: {"iri": h.iri, "en": h.en, "zh": h.zh} for role, h in matrix.where},
        "since": matrix.since,
        "claims": matrix.claims,
        "undated": matrix.undated,
        "hidden": {"rows": matrix.hidden_rows, "columns": matrix.hidden_columns},
    }
    yield INDENTED.encode(facts).removesuffix("\n}")
    lists = {
        "rows": (INDENTED.encode(_heading(h)) for h in matrix.rows),
        "columns": (INDENTED.encode(_heading(h)) for h in matrix.columns),
        "cells": (INDENTED.encode(_cell(c)) for c in matrix.cells),
        "empty": (f'{{\n "row": {_quoted(r.iri)},\n "column": {_quoted(c.iri)}\n}}' for r, c in matrix.each_empty()),
    }
    for name, items in lists.items():
        yield f',\n "{name}": '
        yield from json_list(items, depth=1)
    yield "\n}\n"


_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode  # so much quicker that it counts where pairs are many


def _heading(heading: Heading) -> dict[str, Any]:
    return {
        "iri": heading.iri, "en": heading.en, "zh": heading.zh, "claims": heading.claims, "direct": heading.direct,
    }  # fmt: skip


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "row": cell.row, "column": cell.column, "claims": list(cell.claims), "affirmed": cell.affirmed,
        "hedged": cell.hedged, "negated": cell.negated, "from_context": cell.from_context, "papers": cell.papers,
        "best": _figure(cell.best) if cell.best else None, "figures": [_figure(f) for f in cell.figures],
        "external": cell.external, "contradictions": cell.contradictions,
    }  # fmt: skip


def _figure(best: Best) -> dict[str, Any]:
    return {
        "metric": best.metric.iri, "en": best.metric.en, "zh": best.metric.zh, "normalizedValue": float(best.value),
        "reportedAs": best.reported, "split": best.split, "claim": best.claim,
    }  # fmt: skip
