"""A built graph in other formats. To write another one, write a function and enter it in WRITERS.

RDF comes out of the files of the build, term by term as they stand there; the store, which rewrites numbers, is asked
only for networks and tables.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import networkx
from networkx.readwrite.gexf import GEXFWriter
from networkx.readwrite.graphml import GraphMLWriter
from pyoxigraph import NamedNode, RdfFormat, Store, parse, serialize

from imagingkg.errors import GraphError, UsageError
from imagingkg.graph.claims import Assertion, Figure, column, read_assertions
from imagingkg.graph.knowledge import KnowledgeGraph
from imagingkg.graph.labels import name_of
from imagingkg.graph.names import ikg
from imagingkg.graph.results import csv_table
from imagingkg.graph.store import graph_file, open_store
from imagingkg.model import CLAIM_ROLES

_ROLES: Final = ("task", *CLAIM_ROLES, "challenge", "remedy")
CSV_COLUMNS: Final = (
    "claim", "certainty", "asserted as", *_ROLES, "from context", "best figure", "figures", "sample", "comparator",
    "comparison", "study", "year", "document", "quote", "start", "end",
)  # fmt: skip
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TODAY: Final = re.compile(rb' lastmodifieddate="[^"]*"')


def export(graph_dir: Path, form: str) -> bytes:
    """The graph of a build in one of the formats of WRITERS; equal bytes for equal builds.

    Raises UsageError for another format and GraphError for a directory that is no finished build.
    """
    if form not in WRITERS:
        raise UsageError("format", f"{form!r} is unknown", f"Known: {', '.join(WRITERS)}")
    return WRITERS[form](graph_dir)


def _file(name: str) -> Callable[[Path], bytes]:
    def read(output: Path) -> bytes:
        graph_file(output, "graph.ttl")  # says best what is wrong with a directory that is no build
        path = output / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise GraphError(str(path), f"cannot be read ({error.strerror})", "Build it again") from error

    return read


def _n_triples(output: Path) -> bytes:
    return _lines(graph_file(output, "graph.ttl"), RdfFormat.TURTLE, RdfFormat.N_TRIPLES)


def _n_quads(output: Path) -> bytes:
    return _lines(graph_file(output, "graph.trig"), RdfFormat.TRIG, RdfFormat.N_QUADS)


def _lines(path: Path, read: RdfFormat, write: RdfFormat) -> bytes:
    """One statement a line, sorted by their bytes. A line break inside a literal is escaped in both formats."""
    quads = parse(path=str(path), format=read)
    try:
        written = serialize((q if write is RdfFormat.N_QUADS else q.triple for q in quads), format=write)
    except (SyntaxError, OSError) as error:
        raise GraphError(str(path), f"is damaged ({error})", "Build it again") from error
    return b"".join(sorted((written or b"").splitlines(keepends=True)))


def _graphml(output: Path) -> bytes:
    writer = GraphMLWriter(encoding="utf-8", prettyprint=True)
    writer.add_graph_element(_network(output))
    out = io.BytesIO()
    writer.dump(out)
    return out.getvalue()


def _gexf(output: Path) -> bytes:
    writer = GEXFWriter(encoding="utf-8", prettyprint=True, version="1.2draft")
    writer.add_graph(_network(output))
    out = io.BytesIO()
    writer.write(out)
    # networkx dates the file; a quotation mark in a label is escaped, so only its own attribute is met.
    return _TODAY.sub(b"", out.getvalue(), count=1)


def _network(output: Path) -> networkx.MultiDiGraph[str]:
    """The concepts that claims name and the links between them; every attribute on every node or edge, and typed."""
    found = KnowledgeGraph.open(output).to_networkx()
    out: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    for iri, facts in found.nodes(data=True):
        out.add_node(_legal(iri), **_typed(facts | {"label": facts["label_en"]}))
    for number, (source, target, link, facts) in enumerate(found.edges(keys=True, data=True)):
        counts = {name: int(facts.get(name, 0)) for name in ("affirmed", "hedged", "negated")}
        known = {"label": link, "curated": bool(facts["curated"]), **counts}
        # A name of its own for each edge: a link's name is no identifier, as both formats want one.
        out.add_edge(_legal(source), _legal(target), key=f"e{number}", **_typed(known))
    return out


def _typed(facts: Mapping[str, Any]) -> dict[str, str | int | bool]:
    return {name: value if isinstance(value, int) else _legal(str(value)) for name, value in facts.items()}


def _legal(text: str) -> str:
    """`text` with each character that XML cannot hold as U+FFFD."""
    return _NOT_XML.sub("\ufffd", text)


def _csv(output: Path) -> bytes:
    """The claims and statements, one a row, behind a byte order mark: spreadsheets then show Chinese rightly."""
    store = open_store(output)
    table = _Labels(store)
    return csv_table(CSV_COLUMNS, (table.row(a) for a in read_assertions(store))).encode("utf-8-sig", "replace")


class _Labels:
    """What the rows of the table of claims share: names of concepts, facts of studies and documents."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names: dict[str, str] = {}
        self._higher = {m: said == ("true",) for m, said in column(store, ikg("higherIsBetter")).items()}
        self._facts = {f: column(store, ikg(f)) for f in ("authors", "year", "doi", "pmid", "citation", "title")}
        self._sources = column(store, NamedNode("http://purl.org/dc/terms/source"))

    def row(self, claim: Assertion) -> Sequence[str]:
        """The cells of one claim, in the order of CSV_COLUMNS."""
        roles = [self._names_of(claim.fillers.get(role, ())) for role in _ROLES]
        document = claim.document
        titles = (*self._facts["title"].get(document, ()), *self._sources.get(document, ()), document)
        comparator = self._names_of([claim.comparator]) if claim.comparator.startswith("http") else claim.comparator
        return (
            claim.iri, claim.certainty, claim.asserted_as, *roles, self._names_of(sorted(claim.context)),
            self._best(claim), "; ".join(map(self._figure, claim.figures)),
            "; ".join(f"{value} {unit}".strip() for value, unit in claim.samples), comparator,
            claim.comparison.rsplit("/", 1)[-1], "; ".join(map(self._study, claim.studies)),
            "; ".join(map(str, claim.years)), titles[0], claim.quote, str(claim.start), str(claim.end),
        )  # fmt: skip

    def _names_of(self, concepts: Iterable[str]) -> str:
        for concept in concepts:
            if concept not in self._names:
                self._names[concept] = name_of(self._store, NamedNode(concept))
        return "; ".join(sorted(self._names[c] for c in concepts))

    def _figure(self, figure: Figure) -> str:
        split = "" if figure.split in ("", "unspecified") else f" ({figure.split})"
        return f"{self._names_of([figure.metric])} {figure.reported}{split}"

    def _best(self, claim: Assertion) -> str:
        """The highest of those in 0-1 where more is better, else the first; training splits are left aside."""
        held_out = [(f.normalized, f) for f in claim.figures if f.normalized is not None and f.split != "training"]
        unit = [(value, f) for value, f in held_out if self._higher.get(f.metric) and 0 <= value <= 1]
        best = max(unit, key=lambda pair: pair[0], default=held_out[0] if held_out else None)
        return self._figure(best[1]) if best else ""

    def _study(self, study: str) -> str:
        said = {name: next(iter(table.get(study, ())), "") for name, table in self._facts.items()}
        name = " ".join(filter(None, (said["authors"], said["year"]))) or said["title"]
        marks = (f"[{said['citation']}]" * bool(said["citation"]), said["doi"], said["pmid"] and f"PMID {said['pmid']}")
        return " ".join(filter(None, (name, *marks)))


WRITERS: Final[dict[str, Callable[[Path], bytes]]] = {
    "ttl": _file("graph.ttl"),
    "nt": _n_triples,
    "nq": _n_quads,
    "trig": _file("graph.trig"),
    "graphml": _graphml,
    "gexf": _gexf,
    "csv": _csv,
    "jsonl": _file("claims.jsonl"),
    "sssom": _file("mappings.sssom.tsv"),
}
"""Name of a format to its writer. ttl, nt: layers 1-3; nq, trig: the same by document; graphml, gexf: concepts and
their links; csv: a row a claim; jsonl: the readings; sssom: mappings to other vocabularies."""
