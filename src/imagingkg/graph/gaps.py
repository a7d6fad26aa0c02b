"""The evidence-gap matrix: how many claims there are for each pair of concepts, how good, how sure, and where is none.

A cell counts claims of every certainty, those with a filler from the context too; empty means none at all in this
corpus. Rows and columns are the concepts with at least one claim in the corpus, rolled up along broader.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby, product
from sys import intern
from typing import Final

from pyoxigraph import NamedNode, Store

from imagingkg.errors import QueryError
from imagingkg.graph.claims import Assertion, column, each_assertion, rolled_up, upward
from imagingkg.graph.gap_matrix import Best, Cell, GapMatrix, Heading
from imagingkg.graph.gap_tables import gap_pieces, render_gaps
from imagingkg.graph.labels import find_concept, name_of
from imagingkg.graph.names import ikg
from imagingkg.graph.query import load_queries
from imagingkg.model import CLAIM_ROLES

__all__ = ["AXES", "contradictions", "gap_pieces", "gaps", "render_gaps"]

_Pair = tuple[str, str]
_Above = Mapping[str, frozenset[str]]
_Ranked = tuple[tuple[Decimal, str, str], Best]

AXES: Final = ("task", *CLAIM_ROLES)
"""What rows and columns can be."""


def gaps(
    graph: Store,
    *,
    rows: str = "task",
    columns: str = "disease",
    where: Mapping[str, str] | None = None,
    since: int | None = None,
    max_rows: int | None = None,
    max_columns: int | None = None,
) -> GapMatrix:
    """Count the claims of each pair of concepts.

    `rows` and `columns` are two of AXES; `where` keeps claims with these concepts (role to label, narrower ones count),
    `since` those of a study of that year or later; the limits keep the rows and columns with the most claims. Raises
    QueryError for an unknown role or label.
    """
    for name, role in (("rows", rows), ("columns", columns)):
        if role not in AXES:
            raise QueryError(name, f"{role!r} is no role of a claim", f"Use one of {', '.join(AXES)}")
    if rows == columns:
        raise QueryError("columns", f"are {rows!r} as the rows are", f"Use another of {', '.join(AXES)}")
    asked = {role: _asked(graph, role, label) for role, label in sorted((where or {}).items())}
    above = upward(graph)
    metrics = _metrics(graph)
    axes, counted = (_Axis(rows), _Axis(columns)), _Counted()
    cells: dict[_Pair, _Tally] = {}
    claims = undated = 0
    for claim in each_assertion(graph):
        if claim.task is None:
            continue
        reached = _reach(claim, rows, above), _reach(claim, columns, above)
        for axis, concepts in zip(axes, reached, strict=True):
            axis.met |= concepts
            axis.direct.update(claim.fillers.get(axis.role, ()))
        if any(node.value not in _reach(claim, role, above) for role, node in asked.items()):
            continue
        if since is not None:
            undated += not claim.years
            if all(year < since for year in claim.years):
                continue
        claims += 1
        for axis, concepts in zip(axes, reached, strict=True):
            axis.sizes.update(concepts)
        if all(reached):
            number = counted.add(claim, reached)
            shaded = _shaded(claim, rows, above), _shaded(claim, columns, above)
            _add(cells, number, reached, shaded, _figures(claim, metrics))
    counted.find_contradictions(graph)
    iris = list(counted.numbers)
    headings = [_headings(graph, axis, asked.get(axis.role), above) for axis in axes]
    (row_heads, hidden_rows), (column_heads, hidden_columns) = (
        (tuple(found[:limit]), len(found[limit:]) if limit is not None else 0)
        for found, limit in zip(headings, (max_rows, max_columns), strict=True)
    )
    return GapMatrix(
        row_role=rows,
        column_role=columns,
        where=tuple((role, _heading(graph, node.value)) for role, node in asked.items()),
        since=since,
        rows=row_heads,
        columns=column_heads,
        cells=tuple(
            _cell(place, cells.pop(place), counted, iris, metrics)
            for place in product((r.iri for r in row_heads), (c.iri for c in column_heads))
            if place in cells
        ),
        claims=claims,
        undated=undated,
        hidden_rows=hidden_rows,
        hidden_columns=hidden_columns,
    )


def contradictions(graph: Store) -> frozenset[tuple[str, str]]:
    """The pairs of claims (IRIs, in order) that contradict each other, by the rule in queries/contradictions.rq."""
    return frozenset(_contradicting(graph))


def _contradicting(graph: Store) -> Iterator[tuple[str, str]]:
    """As `contradictions`, but a pair comes as often as there are reasons, and as its claims share a task, disease and
    tool: to know all pairs that came would take more memory than their number is worth.
    """
    for row in graph.query(_rule_of_contradiction()):  # type: ignore[union-attr]  # it is a SELECT: one row at a time
        one, other = sorted((row[0].value, row[1].value))
        yield one, other


def _rule_of_contradiction() -> str:
    """The named question without the sentences and names around it, which a popular cell has by the gigabyte, and row
    by row: for DISTINCT the store would hold them all.
    """
    text = load_queries()["contradictions"].text
    prefixes, rule = text[: text.index("SELECT ?task")], text[text.index("{ SELECT DISTINCT ?t ?d ") :]
    pairs = rule[: rule.index("OPTIONAL { ?claim ikg:evidence/")].replace("SELECT DISTINCT ?t", "SELECT ?t", 1)
    return f"{prefixes}SELECT ?claim ?other WHERE {{\n  {pairs}}}"


def _asked(graph: Store, role: str, label: str) -> NamedNode:
    if role not in AXES:
        raise QueryError("where", f"{role!r} is no role of a claim", f"Use one of {', '.join(AXES)}")
    return find_concept(graph, role, label)


def _reach(claim: Assertion, role: str, above: _Above) -> frozenset[str]:
    return rolled_up(claim.fillers.get(role, ()), above)


def _heading(graph: Store, concept: str, claims: int = 0, direct: int = 0) -> Heading:
    node = NamedNode(concept)
    return Heading(concept, name_of(graph, node, "en"), name_of(graph, node, "zh"), claims, direct)


def _headings(graph: Store, axis: _Axis, asked: NamedNode | None, above: _Above) -> list[Heading]:
    on_axis: Iterable[str] = axis.met
    if asked is not None:  # what is not below the concept asked for could only be empty
        on_axis = (c for c in axis.met if asked.value in above.get(c, (c,)))
    found = [_heading(graph, c, axis.sizes[c], axis.direct[c]) for c in on_axis]
    return sorted(found, key=lambda h: (-h.claims, h.en, h.iri))


@dataclass(slots=True)
class _Axis:
    """The concepts of a role: all that a claim of the corpus names and all above them, with how many claims name each,
    and how many of those that are counted are on or below it.
    """

    role: str
    met: set[str] = field(default_factory=set)
    direct: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)


_Reached = tuple[frozenset[str], frozenset[str]]
"""The rows and the columns that a claim stands in."""


@dataclass(slots=True)
class _Counted:
    """What cells need to know of their claims, which they hold as numbers: a corpus has too many to hold them whole."""

    numbers: dict[str, int] = field(default_factory=dict)
    certainty: list[str] = field(default_factory=list)  # three texts, shared
    papers: array[int] = field(default_factory=lambda: array("I"))
    external: bytearray = field(default_factory=bytearray)
    spans: array[int] = field(default_factory=lambda: array("I"))  # where each stands: a number of `reached`
    reached: dict[_Reached, int] = field(default_factory=dict)
    sides: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)  # one of the many that are equal
    documents: dict[str, int] = field(default_factory=dict)
    contradicting: Counter[_Pair] = field(default_factory=Counter)

    def add(self, claim: Assertion, reached: _Reached) -> int:
        number = self.numbers[claim.iri] = len(self.numbers)
        self.certainty.append(intern(claim.certainty))
        self.papers.append(self.documents.setdefault(claim.document, len(self.documents)))
        self.external.append(any(f.split == "external" for f in claim.figures))
        row, column = (self.sides.setdefault(side, side) for side in reached)
        self.spans.append(self.reached.setdefault((row, column), len(self.reached)))
        return number

    def find_contradictions(self, graph: Store) -> None:
        """Count in each cell the pairs with both claims in it."""
        size, numbers = len(self.numbers), self.numbers
        met = array("Q")
        for one, other in _contradicting(graph):
            if one in numbers and other in numbers:
                met.append(numbers[one] * size + numbers[other])
        spans = Counter(tuple(self.spans[n] for n in divmod(pair, size)) for pair, _ in groupby(sorted(met)))
        reached = list(self.reached)
        for (one_span, other_span), count in spans.items():
            rows, columns = (a & b for a, b in zip(reached[one_span], reached[other_span], strict=True))
            self.contradicting.update(dict.fromkeys(product(rows, columns), count))


@dataclass(slots=True)
class _Tally:
    """One cell: the numbers of its claims, and its best figure of each metric with its rank."""

    claims: array[int] = field(default_factory=lambda: array("I"))
    from_context: int = 0
    best: dict[str, _Ranked] = field(default_factory=dict)


def _add(
    cells: dict[_Pair, _Tally], number: int, reached: _Reached, shaded: _Reached, figures: Sequence[_Ranked]
) -> None:
    """Count a claim in all its cells; `shaded` are the rows and columns that it owes to the context."""
    for place in product(*reached):
        cell = cells.get(place)
        if cell is None:
            cell = cells[place] = _Tally()
        cell.claims.append(number)
        cell.from_context += place[0] in shaded[0] or place[1] in shaded[1]
        for rank, figure in figures:
            metric = figure.metric.iri
            if metric not in cell.best or rank <= cell.best[metric][0]:
                cell.best[metric] = rank, figure


def _cell(place: _Pair, tally: _Tally, counted: _Counted, iris: Sequence[str], metrics: _Metrics) -> Cell:
    certain = Counter(counted.certainty[n] for n in tally.claims)
    figures = tuple(sorted((best for _, best in tally.best.values()), key=lambda b: (b.metric.en, b.metric.iri)))
    return Cell(
        row=place[0],
        column=place[1],
        claims=tuple(sorted(iris[n] for n in tally.claims)),
        affirmed=certain["affirmed"],
        hedged=certain["hedged"],
        negated=certain["negated"],
        from_context=tally.from_context,
        papers=len({counted.papers[n] for n in tally.claims}),
        best=_best(figures, metrics),
        figures=figures,
        external=any(counted.external[n] for n in tally.claims),
        contradictions=counted.contradicting[place],
    )


def _shaded(claim: Assertion, role: str, above: _Above) -> frozenset[str]:
    """Where the claim stands because of its context alone: every filler on or below it comes from there."""
    said = rolled_up((f for f in claim.fillers.get(role, ()) if f not in claim.context), above)
    return _reach(claim, role, above) - said


_Metrics = Mapping[str, tuple[bool, Heading]]
"""For each metric: is more better? And its names."""


def _metrics(graph: Store) -> _Metrics:
    higher = column(graph, ikg("higherIsBetter"))
    return {metric: (said == ("true",), _heading(graph, metric)) for metric, said in higher.items()}


def _figures(claim: Assertion, metrics: _Metrics) -> list[_Ranked]:
    """The figures of a claim that can be the best of a cell, each with its rank: the least is the best."""
    if claim.certainty == "negated" or claim.retracted:
        return []
    found = []
    for figure in claim.figures:
        if figure.normalized is not None and figure.split != "training" and figure.metric in metrics:
            better, metric = metrics[figure.metric]
            value = figure.normalized
            rank = (-value if better else value, claim.iri, figure.reported)
            found.append((rank, Best(metric, value, figure.reported, figure.split, claim.iri)))
    return found


def _best(figures: Sequence[Best], metrics: _Metrics) -> Best | None:
    unit = [f for f in figures if metrics[f.metric.iri][0] and 0 <= f.value <= 1]
    return min(unit, key=lambda f: (-f.value, f.metric.en), default=figures[0] if figures else None)
