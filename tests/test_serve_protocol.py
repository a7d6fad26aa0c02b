"""The SPARQL 1.1 Protocol: the W3C's own suite, and what stands in requests, read strictly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse, serialize

from imagingkg.graph.store import open_store
from imagingkg.serve.formats import SOLUTIONS, TRIPLES
from imagingkg.serve.problems import Problem
from imagingkg.serve.protocol import by_get, by_post, parameters, solutions_type, triples_type
from serving import JSON, Reply, Server, serving
from small_graph import small_build

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SD = "http://www.w3.org/ns/sparql-service-description#"
DATA = "http://kasei.us/2009/09/sparql/data/"


@dataclass(frozen=True)
class Step:
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    statuses: frozenset[str]
    truth: bool | None
    form: str | None


class Manifest:
    """The W3C's manifest: each test a list of requests with what is expected of them."""

    def __init__(self, path: Path) -> None:
        self.store = Store()
        self.store.load(path=str(path), format=RdfFormat.TURTLE, base_iri="http://example.org/")

    def one(self, subject: object, predicate: str) -> object | None:
        found = [q.object for q in self.store.quads_for_pattern(subject, NamedNode(predicate), None)]  # type: ignore[arg-type]
        assert len(found) <= 1, (subject, predicate)
        return found[0] if found else None

    def text(self, subject: object, predicate: str) -> str | None:
        value = self.one(subject, predicate)
        return value.value if isinstance(value, Literal | NamedNode) else None

    def items(self, head: object) -> Iterator[object]:
        while isinstance(head, BlankNode):
            yield self.one(head, RDF + "first")
            head = self.one(head, RDF + "rest")

    def tests(self) -> dict[str, list[Step]]:
        kind = NamedNode(MF + "ProtocolTest")
        found = [q.subject for q in self.store.quads_for_pattern(None, NamedNode(RDF + "type"), kind)]
        return {str(test).rpartition("#")[2].rstrip(">"): list(self.steps(test)) for test in found}

    def steps(self, test: object) -> Iterator[Step]:
        action = self.one(test, MF + "action")
        for head in self.store.quads_for_pattern(action, NamedNode(HT + "requests"), None):  # type: ignore[arg-type]
            for request in self.items(head.object):
                yield self.step(request)

    def step(self, request: object) -> Step:
        response = self.one(request, HT + "resp")
        fields = self.items(self.one(request, HT + "headers"))
        headers = [(self.text(f, HT + "fieldName") or "", self.text(f, HT + "fieldValue") or "") for f in fields]
        content = self.one(request, HT + "body")
        body = None
        if content is not None:
            encoding = self.text(content, CNT + "characterEncoding") or "UTF-8"
            body = (self.text(content, CNT + "chars") or "").encode(encoding)
        statuses = self.store.quads_for_pattern(response, NamedNode(MF + "expectedStatus"), None)  # type: ignore[arg-type]
        truth = self.text(response, MF + "expectedBoolean")
        return Step(
            method=self.text(request, HT + "methodName") or "",
            path=(self.text(request, HT + "absolutePath") or ""),
            headers=tuple(headers),
            body=body,
            statuses=frozenset(str(q.object).partition("StatusCode")[2][:1] for q in statuses),
            truth=None if truth is None else truth == "true",
            form=self.text(response, MF + "expectedFormat"),
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The small graph, and beside it the graphs of the W3C's protocol tests under the names that those use."""
    directory = tmp_path_factory.mktemp("protocol")
    output = small_build(directory / "output")
    shared: Path = request.getfixturevalue("shared")
    quads = []
    for number in (1, 2, 3):
        file = shared / "w3c" / "sparql" / "sparql11" / "protocol" / f"data{number}.nt"
        name = NamedNode(f"{DATA}data{number}.rdf")
        quads += [Quad(t.subject, t.predicate, t.object, name) for t in parse(path=str(file))]
    assert len(quads) == 3
    with (output / "graph.trig").open("ab") as file:
        file.write(b"\n" + (serialize(quads, format=RdfFormat.TRIG) or b""))
    with serving(output, "--children", "2", log=directory / "log") as server:
        yield server
    shutil.rmtree(output)


@pytest.fixture(scope="module")
def suite(shared: Path) -> dict[str, list[Step]]:
    return Manifest(shared / "w3c" / "sparql" / "sparql11" / "protocol" / "manifest.ttl").tests()


def perform(server: Server, step: Step) -> Reply:
    return server.send(step.method, step.path, step.body, dict(step.headers))


FORMS = {
    "tabular": set(SOLUTIONS),
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "RDF": set(TRIPLES),
}


def test_all_query_tests_of_the_w3c_protocol_suite_pass(server: Server, suite: dict[str, list[Step]]) -> None:
    queries = {name: steps for name, steps in suite.items() if "update" not in name}
    wrong = []
    for name, steps in queries.items():
        assert len(steps) == 1
        reply = perform(server, steps[0])
        if str(reply.status)[0] not in steps[0].statuses:
            wrong.append((name, reply.status, reply.body[:200]))
        elif steps[0].form is not None and reply.media not in FORMS[steps[0].form]:
            wrong.append((name, reply.media, b""))
        elif steps[0].truth is not None and reply.json()["boolean"] is not steps[0].truth:
            wrong.append((name, reply.status, reply.body[:200]))
        elif reply.status >= 400:
            reply.problem()
    assert len(queries) == 20
    assert wrong == []


def test_every_update_of_the_w3c_protocol_suite_is_refused_with_a_problem(
    server: Server, suite: dict[str, list[Step]]
) -> None:
    updates = {name: steps for name, steps in suite.items() if "update" in name}
    before = server.query("SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }").json()
    statuses = {name: perform(server, steps[0]) for name, steps in updates.items()}
    assert len(statuses) == 14
    assert {name: r.status for name, r in statuses.items() if not 400 <= r.status < 500} == {}
    for reply in statuses.values():
        reply.problem()
    assert server.query("SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }").json() == before


def test_the_w3c_service_description_tests_hold(server: Server) -> None:
    """The endpoint returns RDF without a query, names itself as the endpoint, and keeps to the vocabulary."""
    reply = server.get("/sparql", Accept="text/turtle")
    triples = list(parse(reply.body, format=RdfFormat.TURTLE))
    endpoint = NamedNode(f"http://127.0.0.1:{server.port}/sparql")
    assert (reply.status, reply.media) == (200, "text/turtle")
    assert [t.object for t in triples if t.predicate == NamedNode(SD + "endpoint")] == [endpoint]
    languages = [t.object for t in triples if t.predicate == NamedNode(SD + "supportedLanguage")]
    assert languages == [NamedNode(SD + "SPARQL11Query")]
    used = {t.predicate.value.removeprefix(SD) for t in triples if t.predicate.value.startswith(SD)}
    assert used == {
        "endpoint", "supportedLanguage", "resultFormat", "defaultDataset", "defaultGraph", "namedGraph", "name",
    }  # fmt: skip
    names = {t.object.value for t in triples if t.predicate == NamedNode(SD + "name")}
    assert {f"{DATA}data{n}.rdf" for n in (1, 2, 3)} <= names
    assert not any(isinstance(term, BlankNode) for t in triples for term in (t.subject, t.object))


@pytest.mark.parametrize("media", sorted(TRIPLES))
def test_the_service_description_is_the_same_in_every_type(server: Server, media: str) -> None:
    turtle = server.get("/sparql", Accept="text/turtle")
    other = server.get("/sparql", Accept=media)
    assert other.media == media
    read = [{str(t) for t in parse(r.body, format=TRIPLES[r.media])} for r in (turtle, other)]
    assert len(read[0]) > 20
    assert read[0] == read[1]


def test_the_default_graph_is_all_layers_once_and_named_graphs_stand_beside_it(server: Server) -> None:
    store = open_store(server.output)
    everything = store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").serialize(format=SOLUTIONS[JSON])
    assert server.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").body == everything


def test_graphs_that_the_protocol_names_are_all_that_is_asked(server: Server) -> None:
    ask = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    inside = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"

    def count(text: str, more: str) -> int:
        return int(server.query(text, more=more).json()["results"]["bindings"][0]["n"]["value"])

    one, two = (f"default-graph-uri={DATA}data{n}.rdf" for n in (1, 2))
    named = f"named-graph-uri={DATA}data3.rdf"
    assert count(ask, f"?{one}&{two}") == 2
    assert count(inside, f"?{one}") == 0
    assert count(ask, f"?{named}") == 0
    assert count(inside, f"?{named}") == 1
    assert count(ask, "?default-graph-uri=http://example.org/unknown") == 0


# -- requests, read

FORM = "application/x-www-form-urlencoded"


def test_plus_and_percent_are_undone_and_nothing_else() -> None:
    assert parameters(b"a=1+2%2B3&b=%E7%A3%81&c&d==", "x") == [("a", "1 2+3"), ("b", "磁"), ("c", ""), ("d", "=")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"query=%", "two hexadecimal digits"),
        (b"query=%zz", "two hexadecimal digits"),
        (b"query=%E7%A3", "not UTF-8"),
        (b"query=%ff", "not UTF-8"),
        (b"query=\xe7\xa3\x81", "must be percent-encoded"),
        (b"a&" * 1000 + b"query=ASK{}", "more than 1,000 parameters"),
        (b"x=1", "has no query"),
        (b"query=ASK{}&query=ASK{}", "has 2 queries"),
        (b"update=CLEAR+ALL", "read-only"),
        (b"query=ASK{}&using-graph-uri=a:a", "for an update"),
    ],
)
def test_what_cannot_be_a_query_is_refused_with_its_reason(data: bytes, said: str) -> None:
    for read in (lambda: by_get(data), lambda: by_post(FORM, b"", data)):
        with pytest.raises(Problem, match=said) as caught:
            read()
        assert 400 <= caught.value.status < 500


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data", "application/sparql-query; charset=GBK"]
)
def test_content_of_another_type_or_charset_is_unsupported(content_type: str) -> None:
    with pytest.raises(Problem) as caught:
        by_post(content_type, b"", b"ASK{}")
    assert caught.value.status == 415


@pytest.mark.parametrize(
    ("accept", "rows", "graph"),
    [
        ("", JSON, "text/turtle"),
        ("*/*", JSON, "text/turtle"),
        ("text/csv", "text/csv", None),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.7", "application/sparql-results+xml", None),
        ("text/*", "text/csv", "text/turtle"),
        ("text/*;q=0.1, */*;q=0.9", JSON, "application/n-triples"),
        ("text/turtle;q=0, */*", JSON, "application/n-triples"),
        ("application/json", JSON, "application/ld+json"),
        ("Application/SPARQL-Results+JSON ; Q=1.000", JSON, None),
        ("application/sparql-results+json;q=0", None, None),
        ("application/sparql-results+json;charset=utf-8;q=0.2, text/csv;q=0.1", JSON, None),
        ("image/png", None, None),
        ("nonsense", JSON, "text/turtle"),
        ("nonsense, text/csv", "text/csv", None),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/sparql-results+xml",
         "application/rdf+xml"),
    ],
)  # fmt: skip
def test_types_are_negotiated_by_quality_and_exactness(accept: str, rows: str | None, graph: str | None) -> None:
    assert (solutions_type(accept), triples_type(accept)) == (rows, graph)
