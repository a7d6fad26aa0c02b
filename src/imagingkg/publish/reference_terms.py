"""The vocabulary of ontology/imaging.ttl as plain values, for its reference page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyoxigraph
from pyoxigraph import NamedNode, Store

from imagingkg.graph.names import LABEL, RDFS, SKOS, TYPE, VOCAB, VOCABULARIES
from imagingkg.graph.query import NamedQuery
from imagingkg.graph.store import load_turtle
from imagingkg.ontology_files import ontology_dir

OWL: Final = "http://www.w3.org/2002/07/owl#"
SCHEMA: Final = "https://schema.org/"
_SORTS: Final[tuple[tuple[str, Literal["class", "property", "value"]], ...]] = (
    ("Class", "class"), ("ObjectProperty", "property"), ("DatatypeProperty", "property"), ("NamedIndividual", "value"),
)  # fmt: skip
_MATCHES: Final = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
_OTHER_PREFIXES: Final = {
    "owl": OWL, "schema": SCHEMA, "mls": "http://www.w3.org/ns/mls#", "obo": "http://purl.obolibrary.org/obo/",
    "radlex": "http://www.radlex.org/RID/",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A class, a property or a named value of the vocabulary.

    `above` are broader classes, or the class of a value; `of` and `to` what a property leads from and to; all are IRIs,
    as are the second halves of `matches`, whose first halves are names of SKOS ("closeMatch").
    """

    local: str
    sort: Literal["class", "property", "value"]
    en: str
    zh: str
    definition_en: str
    definition_zh: str
    above: tuple[str, ...]
    of: tuple[str, ...]
    to: tuple[str, ...]
    matches: tuple[tuple[str, str], ...]


def read_terms(path: Path | None = None) -> tuple[Term, ...]:
    """The terms of `path` (default: ontology/imaging.ttl): classes, properties, values, each by name."""
    store = load_turtle(path or ontology_dir() / "imaging.ttl")
    found: dict[str, Term] = {}
    for kind, sort in _SORTS:
        for quad in store.quads_for_pattern(None, TYPE, NamedNode(OWL + kind)):
            node = quad.subject
            if isinstance(node, NamedNode) and node.value.startswith(VOCAB) and node.value != VOCAB:
                found.setdefault(node.value, _term(store, node, sort))
    order = ("class", "property", "value")
    return tuple(sorted(found.values(), key=lambda t: (order.index(t.sort), t.local)))


def _term(store: Store, node: NamedNode, sort: Literal["class", "property", "value"]) -> Term:
    labels = _by_language(store, node, LABEL.value)
    definitions = _by_language(store, node, SKOS + "definition")
    above = _targets(store, node, TYPE.value if sort == "value" else RDFS + "subClassOf")
    return Term(
        local=node.value.removeprefix(VOCAB),
        sort=sort,
        en=labels.get("en", ""),
        zh=labels.get("zh", ""),
        definition_en=definitions.get("en", ""),
        definition_zh=definitions.get("zh", ""),
        above=tuple(iri for iri in above if not iri.startswith(OWL)),
        of=_targets(store, node, SCHEMA + "domainIncludes"),
        to=_targets(store, node, SCHEMA + "rangeIncludes"),
        matches=tuple((name, iri) for name in _MATCHES for iri in _targets(store, node, SKOS + name)),
    )


def _by_language(store: Store, node: NamedNode, predicate: str) -> dict[str, str]:
    found = (q.object for q in store.quads_for_pattern(node, NamedNode(predicate), None))
    return {o.language or "": o.value for o in found if isinstance(o, pyoxigraph.Literal)}


def _targets(store: Store, node: NamedNode, predicate: str) -> tuple[str, ...]:
    found = (q.object for q in store.quads_for_pattern(node, NamedNode(predicate), None))
    return tuple(sorted(o.value for o in found if isinstance(o, NamedNode)))


def short(iri: str) -> str:
    """An IRI with a prefix, where it has a usual one."""
    for prefix, namespace in (VOCABULARIES | _OTHER_PREFIXES).items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


def pattern_of(term: Term) -> str:
    """The term in a line of SPARQL, with variables named after what it ties."""
    if term.sort == "class":
        return f"?{_variable(term.local)} a ikg:{term.local} ."
    if term.sort == "value":
        return f"?thing ?property ikg:{term.local} ."
    subject = _variable(short(term.of[0]).rpartition(":")[2]) if term.of else "thing"
    target = _variable(term.local)
    return f"?{subject} ikg:{term.local} ?{target if target != subject else 'other'} ."


def _variable(name: str) -> str:
    return name[:1].lower() + name[1:]


def queries_with(term: Term, queries: Iterable[NamedQuery]) -> tuple[str, ...]:
    """The names of the queries in whose text the term stands."""
    word = re.compile(rf"\bikg:{re.escape(term.local)}\b")
    return tuple(query.name for query in queries if word.search(query.text))
