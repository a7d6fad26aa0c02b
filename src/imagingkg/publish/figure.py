"""Pictures for papers from a built graph, as SVG: the evidence-gap map, the network of concepts, claims over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log2, sqrt
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Store

from imagingkg.errors import QueryError
from imagingkg.graph.claims import BROADER, Assertion, column, read_assertions
from imagingkg.graph.gap_matrix import Cell, GapMatrix, Heading
from imagingkg.graph.gaps import gaps
from imagingkg.graph.labels import name_of
from imagingkg.graph.store import open_store
from imagingkg.publish.explorer_data import SHOWN_KINDS
from imagingkg.publish.layout import place
from imagingkg.publish.svg import THEMES, Picture, Point, fitted, width_of

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "gaps": "Evidence-gap map", "network": "Network of concepts", "timeline": "Claims by year and task",
        "claims": "claims for each pair", "none": "none found in this corpus", "best": "best reported figure (0-1)",
        "negated": "negated", "hedged": "hedged", "external": "tested on external data",
        "contrary": "claims contradict each other", "loose": "only from the context", "all": "All tasks",
        "undated": "{n} claims without a year are left out", "hidden": "{n} more rows and columns are left out",
        "empty": "No claims in this graph", "links": "{n} concepts, {m} links; the area of a mark tells its claims",
        "disease": "Disease", "task": "Task", "modality": "Modality", "method": "Method", "biomarker": "Biomarker",
        "anatomy": "Anatomy", "dataset": "Dataset", "metric": "Metric", "challenge": "Challenge",
    },
    "zh": {
        "gaps": "证据空白图", "network": "概念网络", "timeline": "各年份与任务的论断数",
        "claims": "每对的论断数", "none": "本语料中未见", "best": "报告的最佳指标（0–1）",
        "negated": "否定", "hedged": "推测", "external": "有外部测试",
        "contrary": "论断互相矛盾", "loose": "仅来自上下文", "all": "全部任务",
        "undated": "{n} 条无年份的论断未计入", "hidden": "另有 {n} 行列未列出",
        "empty": "图谱中没有论断", "links": "{n} 个概念，{m} 条联系；标记面积表示论断数",
        "disease": "疾病", "task": "任务", "modality": "成像方式", "method": "方法", "biomarker": "生物标志物",
        "anatomy": "解剖部位", "dataset": "数据集", "metric": "指标", "challenge": "挑战",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """How a figure is drawn: language of the labels, colours, and for the gap map its rows and columns."""

    lang: str = "en"
    theme: str = "light"
    rows: str = "disease"
    columns: str = "task"

    def __post_init__(self) -> None:
        for name, value, known in (("lang", self.lang, WORDS), ("theme", self.theme, THEMES)):
            if value not in known:
                raise QueryError(name, f"{value!r} is unknown", f"Use {' or '.join(known)}")

    def word(self, key: str) -> str:
        return WORDS[self.lang][key]


def figure(output: Path, name: str, style: Style = Style()) -> str:
    """The figure `name`, one of FIGURES, of the graph that a build wrote into `output`, as the text of an SVG file.

    The same graph gives the same text. Raises QueryError for an unknown name, GraphError where there is no graph.
    """
    if name not in FIGURES:
        raise QueryError("figure", f"there is none called {name!r}", f"Use one of {', '.join(FIGURES)}")
    return str(FIGURES[name](open_store(output), style))


# ---- the evidence-gap map

MOST_ROWS, MOST_COLUMNS = 48, 20
_ROW, _HEAD, _TOP = 24.0, 250.0, 220.0


def gap_figure(graph: Store, style: Style) -> Picture:
    """Rows and columns with the most claims, rows below the row that they are a kind of."""
    matrix = gaps(graph, rows=style.rows, columns=style.columns, max_rows=MOST_ROWS, max_columns=MOST_COLUMNS)
    if not matrix.cells:
        return _nothing(style)
    rows = list(_as_tree(matrix.rows, column(graph, BROADER)))
    step = min(66.0, max(34.0, 760 / len(matrix.columns)))
    width = max(_HEAD + step * len(matrix.columns) + 24, 760)
    picture = Picture(width, _TOP + _ROW * len(rows) + 96, style.word("gaps"), THEMES[style.theme])
    words = f"{style.word(style.rows)} × {style.word(style.columns)}"
    picture.text(12, 22, f"{style.word('gaps')}: {words}", 15, font_weight=600)
    for n, head in enumerate(matrix.columns):
        x, y = _HEAD + (n + 0.5) * step, _TOP - 8
        name = fitted(head.name(style.lang), 12, _TOP - 44)
        picture.text(x, y, name, transform=f"rotate(-90 {x:g} {y:g})")
    most = max(len(cell.claims) for cell in matrix.cells)
    cells = {(cell.row, cell.column): cell for cell in matrix.cells}
    for n, (head, depth) in enumerate(rows):
        y = _TOP + n * _ROW
        name = fitted(head.name(style.lang), 12, _HEAD - 24 - depth * 12)
        picture.text(12 + depth * 12, y + _ROW / 2, name, font_weight=400 if depth else 600)
        for k, other in enumerate(matrix.columns):
            _draw_cell(picture, cells.get((head.iri, other.iri)), (_HEAD + k * step, y), step, shade_steps(most))
    _gap_legend(picture, _TOP + len(rows) * _ROW + 26, matrix, style, shade_steps(most))
    return picture


def shade_steps(most: int) -> tuple[int, ...]:
    """The upper ends of the first four shades, as in the explorer: spread towards the fullest cell in large graphs."""
    return (1, 3, 6, 12) if most <= 40 else tuple(round(most**power) for power in (0.25, 0.45, 0.62, 0.8))


def _as_tree(rows: Sequence[Heading], broader: Mapping[str, Sequence[str]]) -> Iterator[tuple[Heading, int]]:
    """Each row once with its depth: after the first row that it is a kind of, in the given order among its like."""
    order = {row.iri: n for n, row in enumerate(rows)}
    below: dict[str, list[Heading]] = {}
    for row in rows:
        # Only a row of more claims, or of as many and before it, can stand above: no circle can come of it.
        parents = [b for b in broader.get(row.iri, ()) if b in order and order[b] < order[row.iri]]
        below.setdefault(min(parents, key=lambda b: order[b]) if parents else "", []).append(row)

    def walk(parent: str, depth: int) -> Iterator[tuple[Heading, int]]:
        for row in below.get(parent, ()):
            yield row, depth
            yield from walk(row.iri, depth + 1)

    return walk("", 0)


def _draw_cell(picture: Picture, cell: Cell | None, at: Point, width: float, steps: Sequence[int]) -> None:
    x, y = at
    if cell is None:
        return picture.put("circle", cx=x + width / 2, cy=y + _ROW / 2, r=1.2, fill=picture.theme["faint"])
    n = len(cell.claims)
    level = 1 + sum(n > end for end in steps)
    ink = f"h{level}t"
    picture.box(x + 1, y + 1, width - 2, _ROW - 2, f"h{level}")
    slanted: dict[str, str | float] = {"font_style": "italic"} if cell.from_context == n else {}
    middle: dict[str, str | float] = {"text_anchor": "middle", "font_weight": 600, **slanted}
    picture.text(x + width / 2, y + _ROW / 2, f"{n:,}", 12, ink, **middle)
    rail = width - 8
    if cell.best is not None and 0 <= cell.best.value <= 1:
        picture.box(x + 4, y + _ROW - 5, rail * float(cell.best.value), 2, ink)
    hedged, negated = rail * cell.hedged / n, rail * cell.negated / n
    if cell.hedged:
        row = (x + 4, y + 4), (x + 4 + hedged, y + 4)
        picture.line(*row, ink, 2, stroke_dasharray="2 2")
    if cell.negated:
        picture.box(x + 4 + hedged, y + 3, negated, 2, ink)
    if cell.external:
        picture.put("circle", cx=x + width - 6, cy=y + 8, r=2, fill="none", stroke=picture.theme[ink])
    if cell.contradictions:
        picture.put("path", d=f"M{x + 1:g} {y + 1:g}h7l-7 7z", fill=picture.theme[ink])
    return None


def _gap_legend(picture: Picture, y: float, matrix: GapMatrix, style: Style, steps: Sequence[int]) -> None:
    x = 12.0
    starts = (1, *(end + 1 for end in steps))
    for level, start in enumerate(starts, 1):
        picture.box(x, y - 9, 40, 18, f"h{level}")
        last = steps[level - 1] if level <= len(steps) else None
        name = f"{start}+" if last is None else str(start) if last == start else f"{start}–{last}"
        picture.text(x + 20, y, name, 11, f"h{level}t", text_anchor="middle")
        x += 40
    picture.text(x + 8, y, style.word("claims"), 12, "ink-2")
    samples = {"best": "▁", "hedged": "┅", "negated": "━", "external": "○", "contrary": "◤", "loose": "n", "none": "·"}
    x = 12.0
    for key, sign in samples.items():
        label = style.word(key)
        if x + width_of(label, 12) + 30 > picture.width:
            x, y = 12.0, y + 20
        slant: dict[str, str | float] = {"font_style": "italic"} if key == "loose" else {}
        picture.text(x, y + 24, sign, 12, "ink", **slant)
        picture.text(x + 16, y + 24, label, 12, "ink-2")
        x += width_of(label, 12) + 34
    if hidden := matrix.hidden_rows + matrix.hidden_columns:
        picture.text(picture.width - 12, 22, style.word("hidden").format(n=hidden), 12, "ink-2", text_anchor="end")


# ---- the network

MOST_EDGES: Final = 3000
_EDGE_LOOKS: Final = ((0.6, 0.1), (0.9, 0.18), (1.4, 0.28), (2.2, 0.4))


def network_figure(graph: Store, style: Style) -> Picture:
    """Every concept of a claim where the explorer's layout puts it, links by number of claims, names that fit."""
    claims = read_assertions(graph)
    used = sorted({c for a in claims for c in _concepts(a)}, key=lambda c: (SHOWN_KINDS.index(_kind(c)), c))
    if not used:
        return _nothing(style)
    index = {concept: n for n, concept in enumerate(used)}
    broader = column(graph, BROADER)
    rows = [[index[c] for c in _concepts(a)] for a in claims]
    parents = [next((index[b] for b in broader.get(c, ()) if b in index), -1) for c in used]
    spots = place([SHOWN_KINDS.index(_kind(c)) for c in used], parents, rows).spots
    weight = Counter(c for row in rows for c in row)
    pairs = Counter(pair for row in rows for pair in combinations(sorted(row), 2))
    low = (min(x for x, _ in spots), min(y for _, y in spots))
    high = (max(x for x, _ in spots), max(y for _, y in spots))
    scale = min(1.6, 1100 / max(1, high[0] - low[0]))
    at = [(40 + (x - low[0]) * scale, 70 + (y - low[1]) * scale) for x, y in spots]
    size = (max(760.0, 80 + (high[0] - low[0]) * scale), 130 + (high[1] - low[1]) * scale)
    picture = Picture(*size, style.word("network"), THEMES[style.theme])
    picture.text(12, 22, style.word("network"), 15, font_weight=600)
    picture.text(12, 42, style.word("links").format(n=f"{len(used):,}", m=f"{len(pairs):,}"), 12, "ink-2")
    for (a, b), n in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:MOST_EDGES][::-1]:
        width, opacity = _EDGE_LOOKS[min(3, int(log2(n)))]
        picture.line(at[a], at[b], "edge", width, opacity=opacity)
    radii = [scale * min(14.0, 3.2 + 1.1 * (sqrt(weight[n]) - 1)) for n in range(len(used))]
    for n, concept in enumerate(used):
        picture.mark(_kind(concept), *at[n], radii[n])
    names = [fitted(name_of(graph, NamedNode(c), style.lang), 11, 150) for c in used]
    _put_names(picture, [(at[n], radii[n], names[n]) for n in sorted(index.values(), key=lambda n: (-weight[n], n))])
    _kind_legend(picture, [k for k in SHOWN_KINDS if any(_kind(c) == k for c in used)], style)
    return picture


def _concepts(claim: Assertion) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for role in sorted(claim.fillers) for c in claim.fillers[role]))


def _kind(concept: str) -> str:
    return concept.split("/concept/", 1)[1].partition("/")[0]


def _put_names(picture: Picture, names: Sequence[tuple[Point, float, str]]) -> None:
    """Names below their marks, the fullest first, each where no other stands."""
    taken: list[tuple[float, float, float]] = []
    for (x, y), radius, name in names:
        half, line = width_of(name, 11) / 2 + 2, y + radius + 8
        inside = half < x < picture.width - half
        if inside and all(abs(line - other) > 12 or abs(x - mid) > half + wide for mid, other, wide in taken):
            taken.append((x, line, half))
            halo: dict[str, str | float] = {"stroke": picture.theme["bg"], "stroke_width": 3, "paint_order": "stroke"}
            picture.text(x, line, name, 11, text_anchor="middle", **halo)


def _kind_legend(picture: Picture, kinds: Sequence[str], style: Style) -> None:
    x, y = 20.0, picture.height - 20
    for kind in kinds:
        picture.mark(kind, x, y, 5)
        picture.text(x + 11, y, style.word(kind), 12, "ink-2")
        x += width_of(style.word(kind), 12) + 32


# ---- claims over time

MOST_TASKS: Final = 24
_LANE: Final = 34.0


def timeline_figure(graph: Store, style: Style) -> Picture:
    """Bars by year, a lane for each task; a claim stands at the year of the earliest study behind it, once."""
    claims = [a for a in read_assertions(graph) if a.task is not None]
    dated = [(a.years[0], str(a.task)) for a in claims if a.years]
    if not dated:
        return _nothing(style)
    totals = Counter(task for _, task in dated)
    shown = sorted(totals, key=lambda t: (-totals[t], t))[:MOST_TASKS]
    years = range(min(y for y, _ in dated), max(y for y, _ in dated) + 1)
    step = min(46.0, max(14.0, 720 / len(years)))
    width = max(_HEAD + step * len(years) + 60, 560)
    lanes = [(style.word("all"), Counter(y for y, _ in dated))]
    lanes += [(name_of(graph, NamedNode(t), style.lang), Counter(y for y, task in dated if task == t)) for t in shown]
    picture = Picture(width, 84 + _LANE * len(lanes) + 30, style.word("timeline"), THEMES[style.theme])
    picture.text(12, 22, style.word("timeline"), 15, font_weight=600)
    if undated := len(claims) - len(dated):
        picture.text(width - 12, 22, style.word("undated").format(n=f"{undated:,}"), 12, "ink-2", text_anchor="end")
    fullest = max((max(counts.values()) for _, counts in lanes[1:]), default=1)
    for n, (name, counts) in enumerate(lanes):
        foot = 84 + _LANE * (n + 0.6)
        picture.text(12, foot - 9, fitted(name, 12, _HEAD - 30), font_weight=400 if n else 600)
        picture.line((_HEAD, foot), (_HEAD + step * len(years), foot), "line")
        _draw_lane(picture, counts, years, foot, step, fullest if n else max(counts.values()))
        picture.text(_HEAD + step * len(years) + 8, foot - 9, f"{counts.total():,}", 12, "ink-2")
    every = 1 if step >= 34 else 5
    for k, year in enumerate(years):
        if year % every == 0:
            place_of = _HEAD + (k + 0.5) * step
            picture.text(place_of, picture.height - 24, str(year), 11, "ink-2", text_anchor="middle")
    return picture


def _draw_lane(
    picture: Picture, counts: Counter[int], years: Sequence[int], foot: float, step: float, fullest: int
) -> None:
    for k, year in enumerate(years):
        if n := counts[year]:
            height = max(1.5, (_LANE - 14) * n / fullest)
            x = _HEAD + k * step + step * 0.14
            picture.box(x, foot - height, step * 0.72, height, "bar")
            if step >= 22:
                picture.text(x + step * 0.36, foot - height - 6, f"{n:,}", 9, "ink-2", text_anchor="middle")


def _nothing(style: Style) -> Picture:
    picture = Picture(560, 80, style.word("empty"), THEMES[style.theme])
    picture.text(280, 40, style.word("empty"), 14, "ink-2", text_anchor="middle")
    return picture


FIGURES: Final[Mapping[str, Callable[[Store, Style], Picture]]] = {
    "gaps": gap_figure,
    "network": network_figure,
    "timeline": timeline_figure,
}
