"""The W3C's SPARQL 1.1 query tests asked over HTTP: nothing fails that pyoxigraph alone does not fail too.

All data files are named graphs of one build. A test's dataset is named by the protocol, so that the tests also try what
default-graph-uri and named-graph-uri mean.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
    serialize,
)

from serving import JSON, Server, serving
from small_graph import small_build

BASE = "http://example.org/w3c/"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
ROOMS = (
    "aggregates", "bind", "bindings", "cast", "construct", "csv-tsv-res", "exists", "functions", "grouping", "json-res",
    "negation", "project-expression", "property-path", "subquery", "syntax-query",
)  # fmt: skip
Outcome = frozenset[str] | str
"""What came of a test: its answer in a form that can be compared, or "refused"."""


@dataclass(frozen=True)
class Case:
    name: str
    kind: str
    query: Path
    data: tuple[Path, ...]
    named: tuple[Path, ...]
    result: Path | None


@pytest.fixture(scope="module")
def root(shared: Path) -> Path:
    return shared / "w3c" / "sparql" / "sparql11"


@pytest.fixture(scope="module")
def cases(root: Path) -> list[Case]:
    return [case for room in ROOMS for case in _cases(root / room)]


def _cases(room: Path) -> Iterator[Case]:
    store = Store()
    store.load(path=str(room / "manifest.ttl"), format=RdfFormat.TURTLE, base_iri=room.as_uri() + "/")

    def paths(subject: object, predicate: str) -> tuple[Path, ...]:
        found = store.quads_for_pattern(subject, NamedNode(predicate), None)  # type: ignore[arg-type]
        return tuple(sorted(room / q.object.value.rpartition("/")[2] for q in found if isinstance(q.object, NamedNode)))

    tests = store.query(f"SELECT ?t ?k WHERE {{ ?t a ?k ; <{MF}action> ?a }} ORDER BY ?t")
    assert isinstance(tests, QuerySolutions)
    for test in tests:
        subject, kind = test["t"], test["k"].value.removeprefix(MF)  # type: ignore[union-attr]
        if kind not in (
            "QueryEvaluationTest", "CSVResultFormatTest", "PositiveSyntaxTest11", "NegativeSyntaxTest11",
        ):  # fmt: skip
            continue
        (action,) = (q.object for q in store.quads_for_pattern(subject, NamedNode(MF + "action"), None))  # type: ignore[arg-type]
        query = paths(action, QT + "query") or (room / action.value.rpartition("/")[2],)  # type: ignore[union-attr]
        result = paths(subject, MF + "result")
        yield Case(
            name=f"{room.name}#{subject.value.rpartition('#')[2]}",  # type: ignore[union-attr]
            kind=kind,
            query=query[0],
            data=paths(action, QT + "data"),
            named=paths(action, QT + "graphData"),
            result=result[0] if result else None,
        )


def _iri(path: Path) -> str:
    return f"{BASE}{path.parent.name}/{path.name}"


def _triples(path: Path) -> list[Triple]:
    form = {".ttl": RdfFormat.TURTLE, ".nt": RdfFormat.N_TRIPLES, ".rdf": RdfFormat.RDF_XML}[path.suffix]
    return [Triple(q.subject, q.predicate, q.object) for q in parse(path=str(path), format=form, base_iri=_iri(path))]


@pytest.fixture(scope="module")
def server(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("w3c")
    output = small_build(directory / "output")
    files = sorted({path for case in cases for path in (*case.data, *case.named)})
    assert len(files) >= 60
    with (output / "graph.trig").open("ab") as out:
        for path in files:
            # A file's blank nodes are its own.
            quads = [
                Quad(_own(t.subject, path), t.predicate, _own(t.object, path), NamedNode(_iri(path)))
                for t in _triples(path)
            ]
            out.write(b"\n" + (serialize(quads, format=RdfFormat.TRIG) or b""))
    with serving(output, "--children", "1", log=directory / "log") as server:
        yield server
    shutil.rmtree(output)


def _own(term: object, path: Path) -> object:
    if not isinstance(term, BlankNode):
        return term
    return BlankNode(f"{path.parent.name}{path.stem}{term.value}".replace("-", ""))


def _expected(case: Case) -> Outcome:
    path = case.result
    if case.kind == "PositiveSyntaxTest11":
        return "accepted"
    if case.kind == "NegativeSyntaxTest11" or path is None:
        return "refused"
    if path.suffix == ".csv":
        return _csv(path.read_bytes())
    if path.suffix in (".srx", ".srj", ".tsv"):
        form = {".srx": QueryResultsFormat.XML, ".srj": QueryResultsFormat.JSON, ".tsv": QueryResultsFormat.TSV}
        return _rows(path.read_bytes(), form[path.suffix])
    triples = _triples(path)
    return _result_set(triples) if any(t.object == NamedNode(RS + "ResultSet") for t in triples) else _graph(triples)


def _result_set(triples: list[Triple]) -> Outcome:
    """Rows that are written as RDF."""
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)
    bindings = store.query(
        f"SELECT ?row ?name ?value WHERE {{ ?row <{RS}binding> ?b . ?b <{RS}variable> ?name ; <{RS}value> ?value }}"
    )
    rows = store.query(f"SELECT ?row WHERE {{ [] <{RS}solution> ?row }}")
    assert isinstance(bindings, QuerySolutions)
    assert isinstance(rows, QuerySolutions)
    marks = [Triple(row["row"], NamedNode("x:row"), Literal("")) for row in rows]
    values = [Triple(b["row"], NamedNode(f"x:{b['name'].value}"), _plain(b["value"])) for b in bindings]
    return _graph(marks + values)


def _alone(case: Case) -> Outcome:
    store = Store()
    for path in case.data:
        store.extend(Quad(t.subject, t.predicate, t.object) for t in _triples(path))
    for path in case.named:
        store.extend(Quad(t.subject, t.predicate, t.object, NamedNode(_iri(path))) for t in _triples(path))
    try:
        results = store.query(case.query.read_text(encoding="utf-8"), base_iri=_iri(case.query))
    except SyntaxError:
        return "refused"
    except RuntimeError:  # a function that is not known: the syntax is right
        return "accepted"
    if case.kind == "PositiveSyntaxTest11":
        return "accepted"
    if isinstance(results, QueryTriples):
        return _graph(list(results))
    if case.kind == "CSVResultFormatTest":
        return _csv(results.serialize(format=QueryResultsFormat.CSV) or b"")
    return _rows(results.serialize(format=QueryResultsFormat.JSON) or b"", QueryResultsFormat.JSON)


def _over_http(server: Server, case: Case) -> Outcome:
    text = f"BASE <{_iri(case.query)}>\n{case.query.read_text(encoding='utf-8')}"
    default = [_iri(path) for path in case.data] or [BASE + "empty"]
    graphs = [("default-graph-uri", iri) for iri in default] + [("named-graph-uri", _iri(path)) for path in case.named]
    if not case.data and "FROM" in text:
        graphs = []  # the query names its graphs itself
    more = "?" + "&".join(f"{name}={quote(iri, safe='')}" for name, iri in graphs)
    accept = "text/csv" if case.kind == "CSVResultFormatTest" else f"{JSON}, application/n-triples"
    reply = server.query(text, accept, more)
    if "cannot be answered" in reply.body.decode("utf-8") and reply.status == 400:
        return "accepted"
    if reply.status != 200:
        return "refused" if reply.status == 400 else f"status {reply.status}"
    if case.kind == "PositiveSyntaxTest11":
        return "accepted"
    if reply.media == "application/n-triples":
        read = parse(reply.body, format=RdfFormat.N_TRIPLES)
        return _graph([Triple(q.subject, q.predicate, q.object) for q in read])
    if reply.media == "text/csv":
        return _csv(reply.body)
    return _rows(reply.body, QueryResultsFormat.JSON)


def _csv(data: bytes) -> Outcome:
    head, *rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    cells = (sorted((h, "_:" if c.startswith("_:") else c) for h, c in zip(head, row, strict=True)) for row in rows)
    return frozenset(f"{count} {row}" for row, count in Counter(map(str, cells)).items())


def _rows(data: bytes, form: QueryResultsFormat) -> Outcome:
    """Rows as a set that is equal for rows that differ in their order and in the names of blank nodes alone."""
    results = parse_query_results(data, format=form)
    if isinstance(results, QueryBoolean):
        return str(bool(results))
    triples = []
    for number, row in enumerate(results):
        node = BlankNode(f"row{number}")
        triples.append(Triple(node, NamedNode("x:row"), Literal("")))
        bound = ((v.value, row[v]) for v in results.variables)
        triples += [Triple(node, NamedNode(f"x:{name}"), _plain(value)) for name, value in bound if value is not None]
    return _graph(triples)


def _plain(term: object) -> object:
    """Numbers and truth values by what they mean: "2.0" and "2" are equal decimals, "0" and "false" equal booleans."""
    kind = term.datatype.value.rpartition("#")[2] if isinstance(term, Literal) else ""
    if not isinstance(term, Literal) or kind not in ("decimal", "double", "float", "boolean"):
        return term
    if kind == "boolean":
        return Literal({"0": "false", "1": "true"}.get(term.value, term.value), datatype=term.datatype)
    return Literal(repr(float(term.value)), datatype=term.datatype)


def _graph(triples: list[Triple]) -> Outcome:
    dataset = Dataset(Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(map(str, dataset))


def _failures(cases: list[Case], outcome: Callable[[Case], Outcome]) -> set[str]:
    return {case.name for case in cases if outcome(case) != _expected(case)}


def test_over_http_nothing_fails_that_pyoxigraph_alone_does_not_fail(server: Server, cases: list[Case]) -> None:
    kinds = Counter(case.kind for case in cases)
    assert kinds == {
        "QueryEvaluationTest": 232, "CSVResultFormatTest": 3, "PositiveSyntaxTest11": 63, "NegativeSyntaxTest11": 40,
    }  # fmt: skip
    alone = _failures(cases, _alone)
    served = _failures(cases, lambda case: _over_http(server, case))
    assert served - alone == set()
    assert len(served) <= 12
    listed = (Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert {name for name in served if f"`{name}`" not in listed} == set()
