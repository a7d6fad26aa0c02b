"""Layer 2 read back: the claims and statements of a graph as plain values, for what SPARQL says badly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
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


Facts = Mapping[str, tuple[str, ...]]
"""What is said of one subject: the objects of each predicate (IRIs) as texts, sorted."""

_STATEMENT: Final = ikg("Statement").value
TERM: Final = {
    name: ikg(name)
    for name in (
        "statedIn", "contextFiller", "certainty", "assertedAs", "retracted", "result", "metric", "reportedAs",
        "normalizedValue", "split", "sample", "value", "unit", "comparator", "comparison", "study", "year", "evidence",
        "quote", "start", "end",
    )
}  # fmt: skip
"""What is read of claims and statements, their roles aside, and of what they refer to."""


def read_assertions(graph: Store) -> tuple[Assertion, ...]:
    """Every claim and statement of the default graph, by document and place."""
    return in_order(each_assertion(graph))


def in_order(assertions: Iterable[Assertion]) -> tuple[Assertion, ...]:
    """Claims and statements by document and place."""
    return tuple(sorted(assertions, key=lambda a: (a.document, a.start, a.end, a.iri)))


def each_assertion(graph: Store) -> Iterator[Assertion]:
    """As `read_assertions`, one at a time and in no order that means anything: none is held."""
    for kind in (ikg("Statement"), ikg("Claim")):
        for quad in graph.quads_for_pattern(None, TYPE, kind, _HERE):
            if isinstance(quad.subject, NamedNode):
                said = _described(graph, quad.subject.value)
                if kind.value == _STATEMENT or _STATEMENT not in said[TYPE.value]:  # what is both comes once
                    yield assertion(quad.subject.value, said, partial(_objects, graph))


def _described(graph: Store, subject: str) -> Facts:
    found: dict[str, set[str]] = defaultdict(set)
    for quad in graph.quads_for_pattern(NamedNode(subject), None, None, _HERE):
        if isinstance(quad.object, (NamedNode, Literal)):
            found[quad.predicate.value].add(quad.object.value)
    return {predicate: tuple(sorted(objects)) for predicate, objects in found.items()}


def _objects(graph: Store, subject: str, predicate: NamedNode) -> tuple[str, ...]:
    try:
        node = NamedNode(subject)
    except ValueError:  # a text where a node should be, in a graph that is not ours
        return ()
    found = (q.object for q in graph.quads_for_pattern(node, predicate, None, _HERE))
    return tuple(sorted({o.value for o in found if isinstance(o, (NamedNode, Literal))}))


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


def assertion(iri: str, said: Facts, objects: Callable[[str, NamedNode], tuple[str, ...]]) -> Assertion:
    """The claim or statement of which `said` is said. `objects` gives those of a subject and predicate, as texts,
    sorted: few are asked of what a claim refers to, and a document says much else.
    """

    def get(name: str, subject: str | None = None) -> tuple[str, ...]:
        if subject is None:
            return said.get(TERM[name].value, ())
        return objects(subject, TERM[name]) if subject else ()

    def one(name: str, subject: str | None = None) -> str:
        return next(iter(get(name, subject)), "")

    fillers = {role: said[predicate.value] for role, predicate in ROLE.items() if predicate.value in said}
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
