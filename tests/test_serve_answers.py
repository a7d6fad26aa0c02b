"""What a user gets from the server: results in every type, the explorer, its state, safe headers, a log."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, QueryResultsFormat, RdfFormat, Triple, parse, parse_query_results

from imagingkg.graph.query import load_queries, run_text
from imagingkg.graph.store import open_store
from imagingkg.serve.child import row_count
from imagingkg.serve.formats import SOLUTIONS, TRIPLES
from serving import Server, at, serving

ROWS = 'SELECT ?d ?l { ?d a ikg:Disease ; skos:prefLabel ?l FILTER(LANG(?l) = "zh") } ORDER BY ?l LIMIT 5'
GRAPH = "CONSTRUCT { ?d skos:prefLabel ?l } WHERE { ?d a ikg:Disease ; skos:prefLabel ?l }"


@pytest.fixture(scope="module")
def server(sample_output: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("answers") / "log"
    with serving(sample_output, "--children", "2", "--cors", "https://notebook.example.org", log=log) as server:
        yield server


@pytest.mark.parametrize("media", sorted(SOLUTIONS))
def test_rows_come_in_each_type_and_are_those_of_the_library(server: Server, media: str) -> None:
    reply = server.query(ROWS, media)
    assert (reply.status, reply.media) == (200, media)
    expected = [row["l"] for row in run_text(open_store(server.output), ROWS)]
    assert len(expected) == 5
    if media == "text/csv":
        assert [row[1] for row in csv.reader(io.StringIO(reply.body.decode("utf-8")))] == ["l", *expected]
    else:
        rows = parse_query_results(reply.body, format=SOLUTIONS[media])
        assert [row["l"].value for row in rows] == expected  # type: ignore[union-attr]


@pytest.mark.parametrize("media", sorted(TRIPLES))
def test_a_graph_comes_in_each_type(server: Server, media: str) -> None:
    reply = server.query(GRAPH, media)
    assert (reply.status, reply.media) == (200, media)
    expected = {
        Triple(s, p, o)  # type: ignore[arg-type]
        for s, p, o in run_text(open_store(server.output), GRAPH).rows
    }
    assert len(expected) > 20
    read = {Triple(t.subject, t.predicate, t.object) for t in parse(reply.body, format=TRIPLES[media])}
    assert read == expected


@pytest.mark.parametrize("media", sorted(TRIPLES))
def test_all_children_write_the_same_bytes(server: Server, media: str) -> None:
    """Prefixes and triples stand in one order, whichever child answers."""
    replies = {server.query(GRAPH, media).body for _ in range(6)}
    assert len(replies) == 1


def test_get_form_and_direct_post_give_the_same(server: Server) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    by_form = server.send("POST", "/sparql", at(ROWS).partition("?")[2].encode(), form)
    by_get = server.get(at(ROWS))
    assert by_get.status == 200
    assert by_get.body == by_form.body == server.query(ROWS).body


def test_head_gives_the_length_and_no_body(server: Server) -> None:
    full, head = server.get(at(ROWS)), server.send("HEAD", at(ROWS))
    assert head.body == b""
    assert head.headers["content-length"] == str(len(full.body)) == full.headers["content-length"]


def test_every_named_question_is_answered_over_http(server: Server) -> None:
    statuses = {name: server.query(query.text).status for name, query in load_queries().items()}
    assert len(statuses) >= 10
    assert set(statuses.values()) == {200}


def test_an_answer_in_a_type_that_its_form_does_not_have_is_not_acceptable(server: Server) -> None:
    for query, accept in ((ROWS, "text/turtle"), (GRAPH, "text/csv"), (ROWS, "image/png")):
        reply = server.query(query, accept)
        assert reply.status == 406
        assert "Accept" in reply.headers["vary"]
        assert "There are" in reply.problem()["detail"]


def test_a_graph_that_rdf_xml_cannot_write_is_not_acceptable_in_it(server: Server) -> None:
    query = "CONSTRUCT { <a:s> <http://example.org/1> 1 } WHERE {}"
    assert server.query(query, "application/rdf+xml").status == 406
    assert server.query(query, "text/turtle").status == 200


def test_the_explorer_is_the_page_of_the_build_with_its_own_policy(server: Server) -> None:
    reply = server.get("/")
    assert (reply.status, reply.media) == (200, "text/html")
    assert reply.body == (server.output / "graph.html").read_bytes()
    assert b"Content-Security-Policy" in reply.body
    assert reply.headers["content-security-policy"] == "frame-ancestors 'none'"


def test_the_state_is_told_and_never_stored(server: Server) -> None:
    reply = server.get("/healthz")
    assert reply.json() == {"status": "ok", "children": 2, "idle": 2, "waiting": 0, "trouble": ""}
    assert reply.headers["cache-control"] == "no-store"


def test_every_answer_forbids_sniffing_framing_and_referring(server: Server) -> None:
    paths = ("/", "/healthz", "/sparql", at(ROWS), at("SELECT"), "/nothing", "/sparql?query=%")
    for path in paths:
        headers = server.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "server" not in headers


@pytest.mark.parametrize("path", ["/nothing", "/sparql/x", "/..%2f..%2fetc/passwd", "/%00", "/graph.ttl", "/store"])
def test_there_is_nothing_else_to_be_had(server: Server, path: str) -> None:
    reply = server.get(path)
    assert reply.status == 404
    assert "/healthz" in reply.problem()["detail"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_refused_and_told_which_there_are(server: Server, method: str) -> None:
    reply = server.send(method, at(ROWS))
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    reply.problem()
    assert server.send(method, "/").status == 405


def test_scripts_of_the_named_site_may_read_answers_and_problems_and_no_other_sites(server: Server) -> None:
    ours, other = {"Origin": "https://notebook.example.org"}, {"Origin": "https://other.example.org"}
    for path in (at(ROWS), at("SELECT")):
        allowed = server.send("GET", path, None, ours).headers
        assert allowed["access-control-allow-origin"] == "https://notebook.example.org"
        assert "access-control-allow-origin" not in server.send("GET", path, None, other).headers
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    assert server.send("OPTIONS", "/sparql", None, ours | asked).status == 200
    assert server.send("OPTIONS", "/sparql", None, other | asked).status == 400


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1.example.org", "localhost.evil:80"])
def test_a_name_that_was_pointed_at_this_machine_is_not_answered_to(server: Server, host: str) -> None:
    reply = server.send("GET", at(ROWS), None, {"Host": host})
    assert reply.status == 421
    assert "--name" in reply.problem()["detail"]
    assert server.send("GET", "/", None, {"Host": host}).status == 421


def test_the_log_has_an_entry_for_each_request_and_no_text_of_a_query(server: Server) -> None:
    time.sleep(0.5)  # entries of earlier requests may still be on their way
    before = len(server.entries())
    asked_for = "SELECT ?patient { ?patient rdfs:label 'nobody-is-to-know' }"
    server.get(at(asked_for))
    server.query(asked_for + " {")
    server.query("PREFIX nobody-is-to-know: <a:a> SELECT nobody-is-to-know:x { ?s nobody-is-to-know-2:y ?o }")
    entries = server.entries(before + 3)[before:]
    assert [entry["status"] for entry in entries] == [200, 400, 400]
    assert {"time", "client", "method", "path", "status", "bytes", "ms"} <= entries[0].keys()
    assert entries[0]["bytes"] > 0
    assert "nobody-is-to-know" not in json.dumps(server.entries())


def test_relative_names_are_resolved_against_the_endpoint(server: Server) -> None:
    reply = server.query("CONSTRUCT { <s> <p> <o> } WHERE {}", "application/n-triples")
    (triple,) = parse(reply.body, format=RdfFormat.N_TRIPLES)
    assert triple.subject == NamedNode(f"http://127.0.0.1:{server.port}/s")


ODD = "SELECT * { { ?s ?p ?o } UNION {} UNION { BIND('},{' AS ?s) } UNION { BIND('a\\n\"},{\"<result>' AS ?p) } }"


@pytest.mark.parametrize("media", sorted(SOLUTIONS))
@pytest.mark.parametrize("query", ["SELECT * { VALUES ?x {} }", "SELECT * {}", ODD])
def test_rows_are_counted_rightly_whatever_stands_in_them(sample_output: Path, media: str, query: str) -> None:
    store = open_store(sample_output)
    count = len(list(store.query(query)))  # type: ignore[arg-type]
    data = store.query(query).serialize(format=SOLUTIONS[media])
    assert data is not None
    assert row_count(data, media) == count


def test_all_types_of_pyoxigraph_are_offered() -> None:
    assert set(SOLUTIONS.values()) == {
        QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.CSV, QueryResultsFormat.TSV,
    }  # fmt: skip
