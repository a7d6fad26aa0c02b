"""The evidence-gap matrix: how many claims there are for each pair of concepts, how good, how sure, and where is none.

A cell counts claims of every certainty, those with a filler from the context too; empty means none at all in this
corpus. Rows and columns are the concepts with at least one claim in the corpus, rolled up along broader.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import product
from typing import Final

from pyoxigraph import NamedNode, Store

from imagingkg.errors import QueryError
from imagingkg.graph.claims import Assertion, column, read_assertions, rolled_up, upward
from imagingkg.graph.gap_matrix import Best, Cell, GapMatrix, Heading
from imagingkg.graph.gap_tables import render_gaps
from imagingkg.graph.labels import find_concept, name_of
from imagingkg.graph.names import ikg
from imagingkg.graph.query import load_queries
from imagingkg.model import CLAIM_ROLES

__all__ = ["AXES", "contradictions", "gaps", "render_gaps"]

_Pair = tuple[str, str]

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
    everything = [a for a in read_assertions(graph) if a.task is not None]
    chosen = [a for a in everything if all(n.value in _reach(a, role, above) for role, n in asked.items())]
    counted = [a for a in chosen if since is None or any(year >= since for year in a.years)]
    in_cells: dict[_Pair, list[Assertion]] = defaultdict(list)
    for claim in counted:
        for pair in product(_reach(claim, rows, above), _reach(claim, columns, above)):
            in_cells[pair].append(claim)
    axes = []
    for role, limit in ((rows, max_rows), (columns, max_columns)):
        on_axis = {c for a in everything for c in _reach(a, role, above)}
        if role in asked:  # what is not below the concept asked for could only be empty
            on_axis = {c for c in on_axis if asked[role].value in above.get(c, (c,))}
        sizes = Counter(c for a in counted for c in _reach(a, role, above))
        direct = Counter(c for a in everything for c in a.fillers.get(role, ()))
        headings = [_heading(graph, c, sizes[c], direct[c]) for c in on_axis]
        headings.sort(key=lambda h: (-h.claims, h.en, h.iri))
        axes.append((tuple(headings[:limit]), len(headings[limit:]) if limit is not None else 0))
    (row_heads, hidden_rows), (column_heads, hidden_columns) = axes
    frame = _frame(graph, (rows, columns), above, in_cells)
    cells = [
        _cell(row.iri, col.iri, in_cells[row.iri, col.iri], frame)
        for row, col in product(row_heads, column_heads)
        if (row.iri, col.iri) in in_cells
    ]
    return GapMatrix(
        row_role=rows,
        column_role=columns,
        where=tuple((role, _heading(graph, node.value)) for role, node in asked.items()),
        since=since,
        rows=row_heads,
        columns=column_heads,
        cells=tuple(cells),
        claims=len(counted),
        undated=sum(not a.years for a in chosen) if since is not None else 0,
        hidden_rows=hidden_rows,
        hidden_columns=hidden_columns,
    )


def contradictions(graph: Store) -> frozenset[tuple[str, str]]:
    """The pairs of claims (IRIs, in order) that contradict each other, by the rule in queries/contradictions.rq."""
    names: dict[str, str] = {}  # one text for the many pairs that a claim may be in
    pairs = set()
    for row in graph.query(_rule_of_contradiction()):  # type: ignore[union-attr]  # it is a SELECT: one row at a time
        one, other = sorted(names.setdefault(node.value, node.value) for node in (row[0], row[1]))
        pairs.add((one, other))
    return frozenset(pairs)


def _rule_of_contradiction() -> str:
    """The named question without the sentences and names around it, which a popular cell has by the gigabyte."""
    text = load_queries()["contradictions"].text
    prefixes, rule = text[: text.index("SELECT ?task")], text[text.index("{ SELECT DISTINCT ?t ?d ") :]
    return f"{prefixes}SELECT ?claim ?other WHERE {{\n  {rule[: rule.index('OPTIONAL { ?claim ikg:evidence/')]}}}"


def _asked(graph: Store, role: str, label: str) -> NamedNode:
    if role not in AXES:
        raise QueryError("where", f"{role!r} is no role of a claim", f"Use one of {', '.join(AXES)}")
    return find_concept(graph, role, label)


def _reach(claim: Assertion, role: str, above: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return rolled_up(claim.fillers.get(role, ()), above)


def _heading(graph: Store, concept: str, claims: int = 0, direct: int = 0) -> Heading:
    node = NamedNode(concept)
    return Heading(concept, name_of(graph, node, "en"), name_of(graph, node, "zh"), claims, direct)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every cell of one matrix is made with."""

    roles: tuple[str, str]
    above: Mapping[str, frozenset[str]]
    contradicting: Mapping[_Pair, int]
    higher_is_better: Mapping[str, bool]
    metrics: Mapping[str, Heading]


def _frame(
    graph: Store,
    roles: tuple[str, str],
    above: Mapping[str, frozenset[str]],
    cells: Mapping[_Pair, Sequence[Assertion]],
) -> _Frame:
    higher = {metric: said == ("true",) for metric, said in column(graph, ikg("higherIsBetter")).items()}
    places: dict[str, set[_Pair]] = defaultdict(set)
    for pair, claims in cells.items():
        for claim in claims:
            places[claim.iri].add(pair)
    contradicting = Counter(
        place for one, other in contradictions(graph) for place in places.get(one, set()) & places.get(other, set())
    )
    return _Frame(roles, above, contradicting, higher, {m: _heading(graph, m) for m in higher})


def _cell(row: str, column: str, claims: Sequence[Assertion], frame: _Frame) -> Cell:
    certain = Counter(c.certainty for c in claims)
    figures = _figures(claims, frame)
    return Cell(
        row=row,
        column=column,
        claims=tuple(sorted(c.iri for c in claims)),
        affirmed=certain["affirmed"],
        hedged=certain["hedged"],
        negated=certain["negated"],
        from_context=sum(_from_context(c, (row, column), frame) for c in claims),
        papers=len({c.document for c in claims}),
        best=_best(figures, frame),
        figures=figures,
        external=any(f.split == "external" for c in claims for f in c.figures),
        contradictions=frame.contradicting.get((row, column), 0),
    )


def _from_context(claim: Assertion, place: tuple[str, str], frame: _Frame) -> bool:
    """Does every filler that puts the claim on one side of its place come from the context?"""
    for role, concept in zip(frame.roles, place, strict=True):
        here = [f for f in claim.fillers.get(role, ()) if concept in rolled_up((f,), frame.above)]
        if all(f in claim.context for f in here):
            return True
    return False


def _figures(claims: Iterable[Assertion], frame: _Frame) -> tuple[Best, ...]:
    found: dict[str, Best] = {}
    for claim in claims:
        if claim.certainty == "negated" or claim.retracted:
            continue
        for figure in claim.figures:
            if figure.normalized is None or figure.split == "training" or figure.metric not in frame.metrics:
                continue
            metric = frame.metrics[figure.metric]
            new = Best(metric, figure.normalized, figure.reported, figure.split, claim.iri)
            found[figure.metric] = min(new, found.get(figure.metric, new), key=partial(_rank, frame=frame))
    return tuple(sorted(found.values(), key=lambda b: (b.metric.en, b.metric.iri)))


def _rank(figure: Best, frame: _Frame) -> tuple[Decimal, str, str]:
    better = frame.higher_is_better[figure.metric.iri]
    return (-figure.value if better else figure.value), figure.claim, figure.reported


def _best(figures: Sequence[Best], frame: _Frame) -> Best | None:
    unit = [f for f in figures if frame.higher_is_better[f.metric.iri] and 0 <= f.value <= 1]
    return min(unit, key=lambda f: (-f.value, f.metric.en), default=figures[0] if figures else None)
