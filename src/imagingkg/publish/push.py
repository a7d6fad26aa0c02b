"""A build sent to a store that others run, one named graph after the other, and only what has changed.

What is to be sent is listed as being sent. Then, for each graph: what the merged graph has of its old content and the
new build has no more is deleted there; the graph is replaced as a whole (Graph Store Protocol, PUT; beyond PART bytes,
the rest follows in further requests); the server copies it into the merged graph, and in the same request its digest is
listed. A run that broke off anywhere is finished by the next one, which sends again what is listed as being sent, and
nothing that has arrived. `graph.remote` says why there is a merged graph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final, TypeVar
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
PART: Final = 16 * 1024 * 1024
"""Bytes of N-Triples in one request. A document has far less; the concepts of a large lexicon may have more."""
CHUNK: Final = 400
"""Triples in one update: Virtuoso compiles an update to SQL and stops at 10,000 lines of it."""
GIVE_UP: Final = 3
"""Graphs in a row that a store refuses before the rest is not tried."""


_Item = TypeVar("_Item")


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
    # Twice through the files rather than all in memory, or a word to the server on each graph that stays as it is.
    wanted = {name: _sent(name, content) for name, content in local_graphs(output, sender.base)}
    changed = {name: graph for name, graph in wanted.items() if before.get(name) != graph}
    sender.enter([Sent(sender.merged, SENDING, 0), *(replace(graph, digest=SENDING) for graph in changed.values())])
    refused: list[tuple[str, str]] = []
    sent = triples = in_a_row = 0
    for name, content in local_graphs(output, sender.base) if changed else ():
        if name not in changed:
            continue
        try:
            sender.replace(changed[name], content, there=name in before)
        except HttpError as error:
            refused.append((name, str(error)))
            in_a_row += 1
            if error.status in (0, 401, 403, 404, 405) or in_a_row == GIVE_UP:
                raise
            continue
        in_a_row, sent, triples = 0, sent + 1, triples + changed[name].triples
        if tell is not None:
            tell("sending", sent)
    withdrawn = sorted(before.keys() - wanted.keys() - {sender.merged})
    for name in withdrawn:
        sender.withdraw(name)
    if not refused:
        size = sum(1 for _ in sender.whole.quads_for_pattern(None, None, None, DefaultGraph()))
        sender.enter([Sent(sender.merged, _digest(output), size)])
    return Pushed(sent, len(wanted) - len(changed), len(withdrawn), triples, tuple(refused))


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


def parts(content: bytes, size: int) -> Iterator[bytes]:
    """`content` in pieces of whole lines of at most `size` bytes (a longer line is one piece); one piece at least."""
    start = 0
    while len(content) - start > size:
        end = content.rfind(b"\n", start, start + size) + 1 or content.index(b"\n", start) + 1
        yield content[start:end]
        start = end
    yield content[start:]


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
        """Send one graph, which the list has as being sent; `there`: the store may hold an older one of this name."""
        if there:
            self._forget(graph.name)
        for number, part in enumerate(parts(content, PART)):
            put_graph(self.connection, self.target.graphs, graph.name, part, add=number > 0)
        self._update(f"ADD GRAPH <{graph.name}> TO GRAPH <{self.merged}> ;\n{self._entered([graph])}")

    def withdraw(self, name: str) -> None:
        """Take one graph away."""
        self._forget(name)
        self._update(f"DROP SILENT GRAPH <{name}> ;\n{self._left_out([name])}")

    def enter(self, graphs: Sequence[Sent]) -> None:
        """Enter graphs into the list, in the place of what it said of them."""
        for part in _chunks(graphs, CHUNK // 3):
            self._update(self._entered(part))

    def _entered(self, graphs: Sequence[Sent]) -> str:
        rows = (
            f'<{g.name}> <{PART_OF}> <{self.merged}> ; <{DIGEST}> "{g.digest}" ; '
            f'<{TRIPLES}> "{g.triples}"^^<{XSD}integer> .'
            for g in graphs
        )
        left_out = self._left_out([g.name for g in graphs])
        return f"{left_out} ;\nINSERT DATA {{ GRAPH <{self.base}{PUSHED}> {{\n{chr(10).join(rows)}\n}} }}"

    def _left_out(self, names: Sequence[str]) -> str:
        said = f"GRAPH <{self.base}{PUSHED}> {{ ?g ?p ?o }}"
        return f"DELETE {{ {said} }} WHERE {{ VALUES ?g {{ {' '.join(f'<{name}>' for name in names)} }} {said} }}"

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
        for part in _chunks(gone, CHUNK):
            self._update(f"DELETE DATA {{ GRAPH <{self.merged}> {{\n{chr(10).join(part)}\n}} }}")

    def _update(self, text: str) -> None:
        update(self.connection, self.target.update, text)


def _sent(name: str, content: bytes) -> Sent:
    return Sent(name, hashlib.sha256(content).hexdigest(), content.count(b"\n"))


def _chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
