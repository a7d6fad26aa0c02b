"""A build sent to a store that others run, one named graph after the other, and only what has changed.

For each graph: it is listed as being sent; what the merged graph has of its old content and the new build has no more
is deleted there; the graph is replaced as a whole (Graph Store Protocol, PUT); the server copies it into the merged
graph; its digest is listed. A run that broke off anywhere is finished by the next one, which sends again what is listed
as being sent, and nothing that has arrived. `graph.remote` says why there is a merged graph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from imagingkg.errors import GraphError, UsageError
from imagingkg.graph.endpoint import (
    Connection,
    HttpError,
    checked_url,
    connect,
    put_graph,
    select_all,
    update,
)
from imagingkg.graph.names import XSD
from imagingkg.graph.remote import DIGEST, MERGED, PART_OF, PUSHED, SENDING, TRIPLES, Sent, read_sent
from imagingkg.graph.store import graph_file, open_store

INFERRED: Final = "graph/inferred"
CHUNK: Final = 400
"""Triples in one update: Virtuoso compiles an update to SQL and stops at 10,000 lines of it."""
GIVE_UP: Final = 3
"""Graphs in a row that a store refuses before the rest is not tried."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a store is asked, updated, and given whole graphs."""

    query: str
    update: str
    graphs: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a run did, in named graphs: sent, unchanged, withdrawn, and refused with the reason; `triples` were sent."""

    sent: int
    unchanged: int
    withdrawn: int
    triples: int
    refused: tuple[tuple[str, str], ...]


def _beside(*names: str) -> Callable[[str], Target]:
    """The three addresses of a service, below its own."""

    def target(url: str) -> Target:
        stem = url.rstrip("/")
        for name in (names[0], "sparql", "query"):
            stem = stem.removesuffix(f"/{name}")
        query, updates, graphs = (f"{stem}/{name}" for name in names)
        return Target(query, updates, graphs)

    return target


def _same(url: str) -> Target:
    return Target(url, url, url)


def _repository(url: str) -> Target:
    stem = url.rstrip("/")
    return Target(stem, f"{stem}/statements", f"{stem}/rdf-graphs/service")


KINDS: Final[dict[str, Callable[[str], Target]]] = {
    "oxigraph": _beside("query", "update", "store"),
    "fuseki": _beside("sparql", "update", "data"),
    "virtuoso": _beside("sparql", "sparql-auth", "sparql-graph-crud-auth"),
    "graphdb": _repository,
    "qlever": _same,
    "neptune": lambda url: replace(_same(url), graphs=f"{url.rstrip('/')}/gsp/"),
}
"""Kind of store to the addresses that it has, from that of its SPARQL endpoint."""


def target_of(url: str, kind: str = "") -> Target:
    """The addresses of a store. Without `kind`, what its URL looks like: `/repositories/NAME` is GraphDB's, `/sparql`
    alone Virtuoso's (Neptune's on its host or port 8182), `/NAME/sparql` or `/NAME/query` Fuseki's, else Oxigraph's.
    Raises UsageError for a wrong URL or an unknown kind.
    """
    address = checked_url(url)
    if kind and kind not in KINDS:
        raise UsageError("kind", f"{kind!r} is unknown", f"Known: {', '.join(KINDS)}")
    return KINDS[kind or _kind_of(address)](address)


def _kind_of(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if "/repositories/" in path:
        return "graphdb"
    if (parts.hostname or "").endswith(".amazonaws.com") or parts.port == 8182:
        return "neptune"
    if path == "/sparql":
        return "virtuoso"
    return "oxigraph" if path in ("", "/query") else "fuseki"


def push(output: Path, target: Target, tell: Callable[[str, int], None] | None = None) -> Pushed:
    """Make the store hold the build in `output`: its named graphs, what is inferred, and all of it merged.

    Unchanged graphs are left alone, those of documents that the build has no more are dropped. A graph that the store
    refuses leaves the others as they are and is in the result. Raises GraphError for a directory that is no build, or a
    store that cannot be reached or refuses one graph after the other.
    """
    sender = _Sender(connect(target.query), target, open_store(output), _base(output))
    before = read_sent(sender.connection, target.query).get(sender.merged, {})
    sender.list_graph(Sent(sender.merged, SENDING, 0))
    seen = {sender.merged}
    refused: list[tuple[str, str]] = []
    sent = unchanged = triples = in_a_row = 0
    for name, content in local_graphs(output, sender.base):
        seen.add(name)
        graph = Sent(name, hashlib.sha256(content).hexdigest(), content.count(b"\n"))
        if before.get(name) == graph:
            unchanged += 1
            continue
        try:
            sender.replace(graph, content, there=name in before)
        except HttpError as error:
            refused.append((name, str(error)))
            in_a_row += 1
            if error.status in (0, 401, 403, 404, 405) or in_a_row == GIVE_UP:
                raise
            continue
        in_a_row, sent, triples = 0, sent + 1, triples + graph.triples
        if tell is not None:
            tell("sending", sent)
    withdrawn = sorted(before.keys() - seen)
    for name in withdrawn:
        sender.withdraw(name)
    if not refused:
        size = sum(1 for _ in sender.whole.quads_for_pattern(None, None, None, DefaultGraph()))
        sender.list_graph(Sent(sender.merged, _digest(output), size))
    return Pushed(sent, unchanged, len(withdrawn), triples, tuple(refused))


def local_graphs(output: Path, base: str) -> Iterator[tuple[str, bytes]]:
    """Each named graph of a build, what is inferred too, as sorted N-Triples; one at a time is in memory."""
    for name, quads in groupby(_parsed(output, "graph.trig", RdfFormat.TRIG), key=lambda q: q.graph_name):
        if isinstance(name, NamedNode):
            yield name.value, n_triples(q.triple for q in quads)
    yield base + INFERRED, n_triples(q.triple for q in _parsed(output, "inferred.ttl", RdfFormat.TURTLE))


def n_triples(triples: Iterable[Triple]) -> bytes:
    """One triple a line, each once, sorted: equal bytes for equal graphs."""
    written = serialize(triples, format=RdfFormat.N_TRIPLES) or b""
    return b"".join(sorted(set(written.splitlines(keepends=True))))


def _parsed(output: Path, name: str, form: RdfFormat) -> Iterator[Quad]:
    path = graph_file(output, name)
    try:
        yield from parse(path=str(path), format=form)
    except (SyntaxError, OSError) as error:
        raise GraphError(str(path), f"is damaged ({error})", "Build it again") from error


def _base(output: Path) -> str:
    """What the names of the build start with: they differ where a build was told so."""
    for quad in _parsed(output, "graph.trig", RdfFormat.TRIG):
        name = quad.graph_name
        if isinstance(name, NamedNode) and name.value.endswith("graph/metadata"):
            return name.value.removesuffix("graph/metadata")
    raise GraphError(str(output / "graph.trig"), "holds no graph of metadata", "Build it again")


def _digest(output: Path) -> str:
    digest = hashlib.sha256()
    for name in ("graph.ttl", "inferred.ttl"):
        with graph_file(output, name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Sender:
    """A store being written to. `whole` is the build's index, which knows what the merged graph is to hold."""

    connection: Connection
    target: Target
    whole: Store
    base: str

    @property
    def merged(self) -> str:
        return self.base + MERGED

    def replace(self, graph: Sent, content: bytes, *, there: bool) -> None:
        """Send one graph; `there`: the store may hold an older one of this name."""
        self.list_graph(replace(graph, digest=SENDING))
        if there:
            self._forget(graph.name)
        put_graph(self.connection, self.target.graphs, graph.name, content)
        self._update(f"ADD GRAPH <{graph.name}> TO GRAPH <{self.merged}>")
        self.list_graph(graph)

    def withdraw(self, name: str) -> None:
        """Take one graph away."""
        self._forget(name)
        self._update(f"DROP SILENT GRAPH <{name}>")
        self._update(self._unlisted(name))

    def list_graph(self, graph: Sent) -> None:
        """Enter a graph into the list, in the place of what the list said of it."""
        row = (
            f'<{graph.name}> <{PART_OF}> <{self.merged}> ; <{DIGEST}> "{graph.digest}" ; '
            f'<{TRIPLES}> "{graph.triples}"^^<{XSD}integer> .'
        )
        self._update(f"{self._unlisted(graph.name)} ;\nINSERT DATA {{ GRAPH <{self.base}{PUSHED}> {{ {row} }} }}")

    def _unlisted(self, name: str) -> str:
        return f"DELETE WHERE {{ GRAPH <{self.base}{PUSHED}> {{ <{name}> ?p ?o }} }}"

    def _forget(self, name: str) -> None:
        """Delete from the merged graph what this graph held and the build holds no more, in any graph.

        Asked of the build's index, which writes numbers as most stores do ("0.950" is "0.95"): what the server has
        rewritten is not taken for something else.
        """
        rows = select_all(self.connection, self.target.query, "?s ?p ?o", f"GRAPH <{name}> {{ ?s ?p ?o }}")
        gone = [
            f"{s} {p} {o} ."
            for s, p, o in rows
            if not any(self.whole.quads_for_pattern(s, p, o, DefaultGraph()))  # type: ignore[arg-type]  # a triple's
        ]
        for part in _chunks(gone):
            self._update(f"DELETE DATA {{ GRAPH <{self.merged}> {{\n{chr(10).join(part)}\n}} }}")

    def _update(self, text: str) -> None:
        update(self.connection, self.target.update, text)


def _chunks(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(lines), CHUNK):
        yield lines[start : start + CHUNK]
