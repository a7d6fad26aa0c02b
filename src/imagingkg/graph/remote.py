"""A graph that lives in a store elsewhere: found, asked, checked.

`imagingkg push` leaves three things there: a named graph for each part of the build (documents, concepts, links,
metadata, what is inferred), one graph with all of them merged, and a list of what was sent. What an endpoint takes for
its default graph differs: a graph of its own (Oxigraph, Fuseki), or all named graphs at once (GraphDB, QLever, Neptune,
and Virtuoso, which counts a triple once for each graph that it stands in). So each query names the merged graph as its
default one, which the SPARQL protocol lets it do, and the same question has the same answer everywhere.

Our own questions (named queries, gaps) are not sent: Virtuoso 7 answers some with an error and some, silently, with
nothing. Their triples are fetched, column by column, and asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Quad, Store, Triple

from imagingkg.errors import GraphError, QueryError
from imagingkg.graph.concepts import ALT_LABEL, PREF_LABEL
from imagingkg.graph.endpoint import Connection, ask, checked_url, connect, keywords, select_all, shown_url
from imagingkg.graph.issues import Issue
from imagingkg.graph.names import DCTERMS, OA, PROV, TYPE, VOCAB, VOCABULARIES
from imagingkg.graph.query import load_queries, with_prefixes
from imagingkg.graph.results import Results, text_of
from imagingkg.graph.safety import check_query
from imagingkg.graph.verify import check_evidence

MERGED: Final = "graph/merged"
PUSHED: Final = "graph/pushed"
"""Names, below the base, of the graph with everything and of the one that lists what was sent."""
PART_OF: Final = DCTERMS + "isPartOf"
DIGEST: Final = DCTERMS + "identifier"
TRIPLES: Final = "http://rdfs.org/ns/void#triples"
SENDING: Final = "sending"
"""Stands for the digest of a graph from before its first byte is sent until its last has arrived."""
MOST_NAMED: Final = 500

_NAME: Final = re.compile(r"\b(\w+):([a-z]\w*)")
_LABELS: Final = (
    TYPE.value, PREF_LABEL.value, ALT_LABEL.value, DCTERMS + "source", DCTERMS + "identifier",
    *(VOCAB + name for name in ("title", "doi", "pmid", "describes")),
)  # fmt: skip
"""What a label, an id or a title is found by."""
_UNASKED: Final = re.compile(f"{re.escape(OA)}|{re.escape(PROV)}|{re.escape(VOCAB)}(quoteHash|mentions)$")
"""Predicates that no question of ours looks at beyond single queries, which are found in their text."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One named graph as it was sent: SHA-256 of its sorted N-Triples ("sending" if it may be half there), and size."""

    name: str
    digest: str
    triples: int


@dataclass(frozen=True, slots=True)
class RemoteGraph:
    """A graph behind a SPARQL endpoint. `merged` names the graph to ask, "" for the endpoint's own default graph."""

    url: str
    connection: Connection
    merged: str
    sent: Mapping[str, Sent]

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Names of graphs whose sending was begun and not ended."""
        return tuple(sorted(s.name for s in self.sent.values() if s.digest == SENDING))


def open_remote(url: str) -> RemoteGraph:
    """The graph that was pushed to this endpoint; else what its default graph holds, as that of `imagingkg serve`.

    Raises GraphError where neither is there, or two graphs of different bases are, and UsageError for a wrong URL.
    """
    address = checked_url(url)
    connection = connect(address)
    pushed = read_sent(connection, address)
    if len(pushed) > 1:
        what = f"holds graphs of {len(pushed)} bases: {', '.join(sorted(pushed))}"
        raise GraphError(shown_url(address), what, "Push each to a store, or a repository, of its own")
    for merged, sent in pushed.items():
        return RemoteGraph(address, connection, merged, sent)
    (found,) = ask(connection, address, f"ASK {{ ?any a <{VOCAB}Document> }}")
    if not found["answer"]:
        what = "holds no graph of imagingkg"
        raise GraphError(shown_url(address), what, f"Push one: imagingkg push --graph DIRECTORY --to {address}")
    return RemoteGraph(address, connection, "", {})


def read_sent(connection: Connection, url: str) -> dict[str, dict[str, Sent]]:
    """What was pushed to a store: the name of each merged graph to the graphs in it, by name."""
    pattern = (
        f"GRAPH ?list {{ ?graph <{PART_OF}> ?merged ; <{DIGEST}> ?digest ; <{TRIPLES}> ?triples }} "
        f'FILTER(STRENDS(STR(?list), "{PUSHED}"))'
    )
    found: dict[str, dict[str, Sent]] = {}
    for row in select_all(connection, url, "?merged ?graph ?digest ?triples", pattern):
        merged, name, digest, triples = map(text_of, row)
        found.setdefault(merged, {})[name] = Sent(name, digest, int(triples))
    return found


def run_remote(graph: RemoteGraph, sparql: str) -> Results:
    """The store's own answer to a SPARQL query, asked of the merged graph with the pushed graphs beside it.

    A query that says FROM gets what it says. Raises QueryError for one that is refused here (`run_text`) or there.
    """
    check_query(sparql)
    named: list[str] = []
    words = keywords(sparql)
    if "from" in words:
        return ask(graph.connection, graph.url, with_prefixes(sparql))
    if graph.merged and "graph" in words:
        named = sorted(graph.sent.keys() - {graph.merged})
        if len(named) > MOST_NAMED:
            what = f"asks {len(named):,} named graphs, which is too many to be listed"
            raise QueryError("query", what, f"Say FROM <{graph.merged}> and FROM NAMED for those that you mean")
    return ask(graph.connection, graph.url, with_prefixes(sparql), default=graph.merged, named=named)


def mirror(graph: RemoteGraph, predicates: Iterable[str] | None = None) -> Store:
    """The triples of these predicates (default: all that questions of ours look at) as a store to ask here."""
    sizes = _column_sizes(graph)
    chosen = (name for name in sizes if not _UNASKED.match(name)) if predicates is None else predicates
    store = Store()
    for predicate in sorted(set(chosen) & sizes.keys()):
        store.extend(Quad(*triple) for triple in _column(graph, predicate, sizes[predicate]))
    return store


def _column_sizes(graph: RemoteGraph) -> dict[str, int]:
    """How many triples each predicate has."""
    triples = "SELECT DISTINCT ?s ?p ?o WHERE { ?s ?p ?o }"
    # Only in a graph of one name is it sure that no triple is counted twice.
    counted = "?s ?p ?o" if graph.merged else f"{{ {triples} }}"
    text = f"SELECT ?p (COUNT(*) AS ?n) WHERE {{ {counted} }} GROUP BY ?p"
    rows = ask(graph.connection, graph.url, text, default=graph.merged).rows
    return {text_of(predicate): int(text_of(n)) for predicate, n in rows}


def mirror_for(graph: RemoteGraph, name: str) -> Store:
    """What a named query and its parameters need, as a store to ask here."""
    known = load_queries()
    return mirror(graph, predicates_of(known[name].text) if name in known else ())


def predicates_of(query: str) -> frozenset[str]:
    """The properties that a named query speaks of, and those by which its parameters are found."""
    names = (VOCABULARIES[p] + local for p, local in _NAME.findall(query) if p in VOCABULARIES)
    return frozenset((*_LABELS, *names))


def verify_remote(graph: RemoteGraph) -> list[Issue]:
    """What of a pushed graph is not there, or not as it should be.

    Each graph, the merged one too, has as many triples as were sent, and evidence fits together: its place, its
    document, its name and the hash of its quote. That quotes stand in the texts is seen where the texts are.
    """
    issues = [Issue(name, "", "was not sent to its end; push again") for name in graph.unfinished]
    sizes = _sizes(graph) if graph.sent else {}
    for name, sent in sorted(graph.sent.items()):
        if sent.digest != SENDING and sizes.get(name, 0) != sent.triples:
            issues.append(Issue(name, "", f"has {sizes.get(name, 0):,} triples, {sent.triples:,} were sent"))
    names = [TYPE.value, OA + "hasTarget", OA + "hasSource"]
    names += [VOCAB + part for part in ("start", "end", "quoteHash", "quote")]
    columns = _column_sizes(graph)
    triples = [t for name in names if name in columns for t in _column(graph, name, columns[name])]
    triples.sort(key=lambda t: (str(t.subject), str(t)))
    return [*issues, *check_evidence(triples)]


def _sizes(graph: RemoteGraph) -> dict[str, int]:
    counted = "{ SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g }"
    return {text_of(name): int(text_of(n)) for name, n in select_all(graph.connection, graph.url, "?g ?n", counted)}


def _column(graph: RemoteGraph, predicate: str, size: int) -> Iterator[Triple]:
    """The triples of one predicate in the graph that is asked."""
    node, pattern = NamedNode(predicate), f"?s <{predicate}> ?o"
    for s, o in select_all(graph.connection, graph.url, "?s ?o", pattern, default=graph.merged, expected=size):
        if isinstance(s, NamedNode) and o is not None:
            yield Triple(s, node, o)
