"""Ways out of the graph for those who work with rdflib or networkx."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import networkx
import pyoxigraph
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store

from imagingkg.errors import GraphError
from imagingkg.graph.claims import Assertion, read_assertions
from imagingkg.graph.concepts import CLASS_OF, RELATIONS
from imagingkg.graph.labels import name_of
from imagingkg.graph.links import LINKS
from imagingkg.graph.names import TYPE, VOCAB, ikg
from imagingkg.graph.store import graph_file

if TYPE_CHECKING:
    import rdflib

_LINK_ROLES: Final = {name: (subject, target) for name, subject, target in LINKS}


def rdflib_graph(output: Path, *, inferred: bool = True) -> rdflib.Graph:
    """Layers 1-3 of a build, with what is inferred or without, as an rdflib graph; every literal as it was written.

    pyoxigraph parses and rdflib is handed finished terms: that is faster, and "0.950" stays "0.950" without a switch
    for the whole process. Raises GraphError.
    """
    import rdflib

    graph = rdflib.Graph()
    for name in ("graph.ttl", "inferred.ttl")[: 1 + inferred]:
        path = graph_file(output, name)
        parser = pyoxigraph.parse(path=str(path), format=RdfFormat.TURTLE)
        try:
            for quad in parser:
                graph.add((_term(quad.subject), _term(quad.predicate), _term(quad.object)))
        except (SyntaxError, OSError) as error:
            raise GraphError(str(path), f"is damaged ({error})", "Build it again") from error
        for prefix, namespace in parser.prefixes.items():
            graph.bind(prefix, namespace)
    return graph


def _term(term: object) -> rdflib.term.Node:
    from rdflib import BNode, Literal, URIRef

    if isinstance(term, NamedNode):
        return URIRef(term.value)
    if isinstance(term, pyoxigraph.Literal):
        if term.language:
            return Literal(term.value, lang=term.language)
        kind = term.datatype.value
        plain = kind == "http://www.w3.org/2001/XMLSchema#string"
        return Literal(term.value, datatype=None if plain else URIRef(kind), normalize=False)
    return BNode(str(term).removeprefix("_:"))


def network(graph: Store, *, curated: bool = True) -> networkx.MultiDiGraph[str]:
    """The concepts that a claim or a link names, as a network.

    Nodes are IRIs with `kind`, `label_en`, `label_zh` and `claims` (how many claims and statements name them). The key
    of an edge is its link ("performs", "targets", ...). Direct links carry the numbers of claims of each certainty with
    both ends in them (`affirmed`, from papers that stand and sentences that name both, `hedged`, `negated`) and
    `curated` False; with `curated`, the relations between concepts in the lexicon come too, `curated` True.
    """
    assertions = read_assertions(graph)
    used = Counter(c for a in assertions for c in {f for fillers in a.fillers.values() for f in fillers})
    behind = Counter(key for a in assertions if a.task for key in _bearings(a))
    edges = []
    for name in _LINK_ROLES:
        for source, target in _pairs(graph, ikg(name)):
            counts = {c: behind[name, source, target, c] for c in ("affirmed", "hedged", "negated")}
            edges.append((source, target, name, {**counts, "curated": False}))
    for predicate in RELATIONS.values() if curated else ():
        name = predicate.value.removeprefix(VOCAB).rsplit("#", 1)[-1]
        edges += [(source, target, name, {"curated": True}) for source, target in _pairs(graph, predicate)]
    kinds = {
        q.subject.value: kind for kind, node in CLASS_OF.items()
        for q in graph.quads_for_pattern(None, TYPE, node, DefaultGraph()) if isinstance(q.subject, NamedNode)
    }  # fmt: skip
    out: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    for iri in sorted(used.keys() | {end for edge in edges for end in edge[:2]}):
        node = NamedNode(iri)
        labels = {"label_en": name_of(graph, node, "en"), "label_zh": name_of(graph, node, "zh")}
        out.add_node(iri, kind=kinds.get(iri, ""), claims=used[iri], **labels)
    for source, target, name, facts in sorted(edges, key=lambda e: e[:3]):
        out.add_edge(source, target, key=name, **facts)
    return out


def _pairs(graph: Store, predicate: NamedNode) -> list[tuple[str, str]]:
    return [
        (q.subject.value, q.object.value)
        for q in graph.quads_for_pattern(None, predicate, None, DefaultGraph())
        if isinstance(q.subject, NamedNode) and isinstance(q.object, NamedNode)
    ]


def _bearings(claim: Assertion) -> set[tuple[str, str, str, str]]:
    """The links that a claim speaks for or against, each with its certainty."""
    named = {role: [f for f in fillers if f not in claim.context] for role, fillers in claim.fillers.items()}
    return {
        (name, source, target, claim.certainty)
        for name, (subject, role) in _LINK_ROLES.items()
        for source in named.get(subject, ())
        for target in named.get(role, ())
        if not (claim.retracted and claim.certainty == "affirmed")
    }
