"""Layer 2 read back: the claims and statements of a graph as plain values, for what SPARQL says badly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from imagingkg.graph.build import ROLE
from imagingkg.graph.names import SKOS, TYPE, VOCAB, ikg

BROADER: Final = NamedNode(SKOS + "broader")
_HERE: Final = DefaultGraph()


@dataclass(frozen=True, slots=True)
class Figure:
    """A reported figure. `metric` is an IRI; `normalized` is on the scale of 1 where the paper prints percent."""

    metric: str
    reported: str
    normalized: Decimal | None
    split: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """A claim, or (`task` None) a statement. Concepts, document and studies are IRIs; all tuples are sorted.

    `fillers` has the roles that are filled, "task" among them; `context` those fillers that the quote does not name.
    """

    iri: str
    document: str
    task: str | None
    fillers: Mapping[str, tuple[str, ...]]
    context: frozenset[str]
    certainty: str
    asserted_as: str
    retracted: bool
    figures: tuple[Figure, ...]
    samples: tuple[tuple[str, str], ...]
    comparator: str
    comparison: str
    studies: tuple[str, ...]
    years: tuple[int, ...]
    quote: str
    start: int
    end: int


def read_assertions(graph: Store) -> tuple[Assertion, ...]:
    """Every claim and statement of the default graph, by document and place."""
    columns = {name: column(graph, ikg(name)) for name in _COLUMNS}
    roles = {role: column(graph, predicate) for role, predicate in ROLE.items()}
    subjects = [
        q.subject.value
        for kind in ("Claim", "Statement")
        for q in graph.quads_for_pattern(None, TYPE, ikg(kind), _HERE)
        if isinstance(q.subject, NamedNode)
    ]
    found = (_assertion(iri, columns, roles) for iri in dict.fromkeys(subjects))
    return tuple(sorted(found, key=lambda a: (a.document, a.start, a.end, a.iri)))


_COLUMNS: Final = (
    "statedIn", "contextFiller", "certainty", "assertedAs", "retracted", "result", "metric", "reportedAs",
    "normalizedValue", "split", "sample", "value", "unit", "comparator", "comparison", "study", "year", "evidence",
    "quote", "start", "end",
)  # fmt: skip


def column(graph: Store, predicate: NamedNode) -> dict[str, tuple[str, ...]]:
    """The objects of a predicate for each subject, as texts, sorted."""
    found: dict[str, set[str]] = defaultdict(set)
    for quad in graph.quads_for_pattern(None, predicate, None, _HERE):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, (NamedNode, Literal)):
            found[quad.subject.value].add(quad.object.value)
    return {subject: tuple(sorted(objects)) for subject, objects in found.items()}


def upward(graph: Store) -> dict[str, frozenset[str]]:
    """For each concept with a broader one: itself and all above it."""
    parents = column(graph, BROADER)
    out = {}
    for concept in parents:
        seen = {concept}
        todo = [concept]
        while todo:
            new = set(parents.get(todo.pop(), ())) - seen
            seen |= new
            todo += new
        out[concept] = frozenset(seen)
    return out


def rolled_up(concepts: Iterable[str], above: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The concepts and all above them; `above` is what `upward` gives."""
    return frozenset().union(*(above.get(c, frozenset((c,))) for c in concepts))


_Column = Mapping[str, tuple[str, ...]]


def _assertion(iri: str, columns: Mapping[str, _Column], roles: Mapping[str, _Column]) -> Assertion:
    def get(name: str, subject: str = iri) -> tuple[str, ...]:
        return columns[name].get(subject, ())

    def one(name: str, subject: str = iri) -> str:
        return next(iter(get(name, subject)), "")

    fillers = {role: table[iri] for role, table in roles.items() if iri in table}
    document, evidence = one("statedIn"), one("evidence")
    figures = [
        Figure(one("metric", r), one("reportedAs", r), _decimal(one("normalizedValue", r)), one("split", r))
        for r in get("result")
    ]
    return Assertion(
        iri=iri,
        document=document,
        task=next(iter(fillers.get("task", ())), None),
        fillers=fillers,
        context=frozenset(get("contextFiller")),
        certainty=one("certainty").removeprefix(VOCAB),
        asserted_as=one("assertedAs").removeprefix(VOCAB),
        retracted=one("retracted", document) == "true",
        figures=tuple(sorted(figures, key=lambda f: (f.metric, f.split, f.reported))),
        samples=tuple(sorted((one("value", s), one("unit", s)) for s in get("sample"))),
        comparator=one("comparator"),
        comparison=one("comparison"),
        studies=get("study"),
        years=tuple(sorted({int(y) for s in get("study") for y in get("year", s) if y.isdigit()})),
        quote=one("quote", evidence),
        start=int(one("start", evidence) or -1),
        end=int(one("end", evidence) or -1),
    )


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
