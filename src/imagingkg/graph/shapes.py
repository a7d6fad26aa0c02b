"""The shapes of ontology/shapes.ttl as plain values, from which the checks of every build are made.

One file of shapes serves both the checks here and pyshacl, so that they cannot drift apart. The constraints of SHACL
Core that the file uses are known here; any other is an error, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from imagingkg.errors import OntologyError
from imagingkg.graph.names import RDF, TYPE
from imagingkg.ontology_files import ontology_dir

SH: Final = "http://www.w3.org/ns/shacl#"
Term = NamedNode | BlankNode | Literal | Triple


@dataclass(frozen=True, slots=True)
class PropertyShape:
    """What the values of one property must be. A field that is None or empty asks for nothing."""

    path: str
    min_count: int = 0
    max_count: int | None = None
    of_class: str | None = None
    datatype: str | None = None
    iri: bool = False
    allowed: frozenset[Term] = frozenset()
    has_value: Term | None = None
    pattern: re.Pattern[str] | None = None
    minimum: Decimal | None = None
    languages: tuple[str, ...] = ()
    unique_language: bool = False
    some_in_language: tuple[str, ...] = ()
    some_count: int = 0
    disjoint_with: str | None = None
    less_than: str | None = None
    at_most: str | None = None


@dataclass(frozen=True, slots=True)
class NodeShape:
    """What every node of the `targets` classes must be. Of `any_of`, all properties of at least one entry must hold."""

    name: str
    targets: frozenset[str]
    iri: bool
    properties: tuple[PropertyShape, ...]
    any_of: tuple[tuple[PropertyShape, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """The file as a map from node to property (short name where it is SHACL's) to values."""

    file: str
    nodes: dict[Term, dict[str, list[Term]]] = field(default_factory=dict)

    def one(self, node: Term, name: str) -> Term | None:
        values = self.nodes.get(node, {}).get(name, [])
        if len(values) > 1:
            raise OntologyError(self.file, f"{node} has {len(values)} values of {name}, at most 1 can be")
        return values[0] if values else None

    def items(self, head: Term) -> Iterator[Term]:
        """The members of an RDF list. Raises OntologyError where it has no proper end."""
        seen = set()
        while str(head) != f"<{RDF}nil>":
            first, rest = self.one(head, RDF + "first"), self.one(head, RDF + "rest")
            if first is None or rest is None or head in seen:
                raise OntologyError(self.file, f"{head} is no list")
            seen.add(head)
            yield first
            head = rest


_KNOWN: Final = {
    "path", "minCount", "maxCount", "class", "datatype", "nodeKind", "in", "hasValue", "pattern", "minInclusive",
    "languageIn", "uniqueLang", "qualifiedValueShape", "qualifiedMinCount", "disjoint", "lessThan", "lessThanOrEquals",
}  # fmt: skip
_KNOWN_OF_NODES: Final = {"targetClass", "nodeKind", "property", "or"}


def load_shapes(path: Path | None = None) -> tuple[NodeShape, ...]:
    """The shapes of `path` (default: the file shipped), by name. Raises OntologyError."""
    file = path or ontology_dir() / "shapes.ttl"
    source = _read(file)
    shapes = [node for node, has in source.nodes.items() if "targetClass" in has]
    declared = {n for n, has in source.nodes.items() if NamedNode(SH + "NodeShape") in has.get(TYPE.value, [])}
    if idle := sorted(map(str, declared - set(shapes))):
        raise OntologyError(file.name, f"{idle[0]} has no sh:targetClass, so it would check nothing")
    return tuple(_node_shape(source, node) for node in sorted(shapes, key=str))


def _read(file: Path) -> _Source:
    source = _Source(file.name)
    try:
        for quad in parse(path=str(file), format=RdfFormat.TURTLE):
            name = quad.predicate.value.removeprefix(SH)
            source.nodes.setdefault(quad.subject, {}).setdefault(name, []).append(quad.object)
    except SyntaxError as error:
        raise OntologyError(str(file), f"is no Turtle ({error})") from error
    return source


def _node_shape(source: _Source, node: Term) -> NodeShape:
    has = source.nodes[node]
    _refuse_unknown(source, node, _KNOWN_OF_NODES)
    alternatives = source.one(node, "or")
    return NodeShape(
        name=str(node).strip("<>"),
        targets=frozenset(_iri(source, target) for target in has["targetClass"]),
        iri=_is_iri_kind(source, node),
        properties=_properties(source, node),
        any_of=tuple(_properties(source, n) for n in source.items(alternatives)) if alternatives is not None else (),
    )


def _properties(source: _Source, node: Term) -> tuple[PropertyShape, ...]:
    return tuple(_property_shape(source, n) for n in source.nodes.get(node, {}).get("property", []))


def _property_shape(source: _Source, node: Term) -> PropertyShape:
    _refuse_unknown(source, node, _KNOWN)
    one = source.one
    most, least, pattern = one(node, "maxCount"), one(node, "minInclusive"), one(node, "pattern")
    allowed, languages, qualified = one(node, "in"), one(node, "languageIn"), one(node, "qualifiedValueShape")
    wanted = one(qualified, "languageIn") if qualified is not None else None
    if (qualified is None) != (wanted is None):
        raise OntologyError(source.file, f"{node}: a qualified value shape can only be one with sh:languageIn")
    return PropertyShape(
        path=_iri(source, one(node, "path")),
        min_count=int(_text(one(node, "minCount")) or 0),
        max_count=None if most is None else int(_text(most)),
        of_class=_optional_iri(source, one(node, "class")),
        datatype=_optional_iri(source, one(node, "datatype")),
        iri=_is_iri_kind(source, node),
        allowed=frozenset(source.items(allowed)) if allowed is not None else frozenset(),
        has_value=one(node, "hasValue"),
        pattern=None if pattern is None else re.compile(_text(pattern)),
        minimum=None if least is None else Decimal(_text(least)),
        languages=tuple(map(_text, source.items(languages))) if languages is not None else (),
        unique_language=_text(one(node, "uniqueLang")) == "true",
        some_in_language=tuple(map(_text, source.items(wanted))) if wanted is not None else (),
        some_count=int(_text(one(node, "qualifiedMinCount")) or 0),
        disjoint_with=_optional_iri(source, one(node, "disjoint")),
        less_than=_optional_iri(source, one(node, "lessThan")),
        at_most=_optional_iri(source, one(node, "lessThanOrEquals")),
    )


def _refuse_unknown(source: _Source, node: Term, known: set[str]) -> None:
    ours = {name for name in source.nodes.get(node, {}) if ":" not in name}
    if unknown := sorted(ours - known):
        raise OntologyError(source.file, f"{node}: sh:{unknown[0]} is not among the constraints checked on a build")


def _is_iri_kind(source: _Source, node: Term) -> bool:
    kind = source.one(node, "nodeKind")
    if kind is not None and kind != NamedNode(SH + "IRI"):
        raise OntologyError(source.file, f"{node}: sh:nodeKind can only be sh:IRI")
    return kind is not None


def _iri(source: _Source, term: Term | None) -> str:
    if not isinstance(term, NamedNode):
        raise OntologyError(source.file, f"{term} stands where an IRI must")
    return term.value


def _optional_iri(source: _Source, term: Term | None) -> str | None:
    return None if term is None else _iri(source, term)


def _text(term: Term | None) -> str:
    return term.value if isinstance(term, (Literal, NamedNode)) else ""
