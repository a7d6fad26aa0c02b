"""Whatever comes in, the server answers with a status that it means, a body that fits it, and stays alive."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagingkg.serve.formats import SOLUTIONS, TRIPLES
from imagingkg.serve.problems import Problem
from imagingkg.serve.protocol import by_get, by_post, parameters, solutions_type, triples_type
from serving import Server, serving
from small_graph import small_build

BOUNDED = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY", "get", "G"])
PATHS = st.sampled_from(
    ["/sparql", "/sparql/", "/", "/healthz", "/sparql/../sparql", "//sparql", "/SPARQL", "*", "/%73"]
)
NAMES = st.sampled_from(["query", "default-graph-uri", "named-graph-uri", "update", "using-graph-uri", "format", ""])
QUERIES = st.one_of(
    st.sampled_from([
        "ASK {}", "SELECT * { ?s ?p ?o } LIMIT 2", "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 2", "DESCRIBE <a:a>",
        "LOAD <a:a>", "SELECT * { SERVICE <http://127.0.0.1:9/> {} }", "CLEAR ALL",
        "SELECT * { GRAPH ?g { ?s ?p ?o } } LIMIT 1",
    ]),
    st.text(max_size=60),
    st.lists(
        st.sampled_from([
            "SELECT", "ASK", "*", "{", "}", "(", ")", "?s", "?p", "?o", ".", "FILTER", "OPTIONAL", "UNION", "MINUS",
            "<a:a>", "ikg:Task", "a", "'x'", '"""', "#", "\n", "GRAPH", "BIND", "AS", "1", "LIMIT", "VALUES", "^", "/",
            "+", "\\u0041", "SERVICE", "EXISTS", "GROUP BY", "_:b", "[", "]", "<<(", ")>>", "@en", "^^",
        ]),
        max_size=25,
    ).map(" ".join),
)  # fmt: skip
TYPES = st.one_of(
    st.sampled_from([
        "application/sparql-query", "application/x-www-form-urlencoded", "application/sparql-update", "text/plain", "",
        "application/sparql-query; charset=utf-8", "application/sparql-query;charset=x", "Application/SPARQL-Query",
    ]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
)  # fmt: skip
ACCEPTS = st.one_of(
    st.sampled_from(["*/*", "", *SOLUTIONS, *TRIPLES, "text/*;q=0.3", "image/png", "*/*;q=0", "a/b;q=x"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
FIELDS = st.lists(st.tuples(NAMES, QUERIES), max_size=3)
STARTS = st.sampled_from([b"", b"GET /sparql?query=", b"POST /sparql HTTP/1.1\r\nHost: localhost\r\n"])
KNOWN = {200, 204, 400, 403, 404, 405, 406, 408, 413, 415, 421, 422, 431, 503, 504}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("fuzz")
    output = small_build(directory / "output")
    with serving(output, "--children", "2", "--timeout", "1", "--patience", "0.5", log=directory / "log") as server:
        yield server


def check(answer: bytes, method: str) -> None:
    """One answer, whole: its status one of ours, its length as it says, its body of the type that it says."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0].startswith(b"HTTP/1.1 "), answer[:200]
    status = int(lines[0][9:12])
    assert status in KNOWN, answer[:500]
    fields = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines[1:])}
    if method == "HEAD":
        return
    assert len(body) == int(fields.get(b"content-length", b"0")), answer[:500]
    if status >= 400:
        assert fields[b"content-type"] == b"application/problem+json"
        assert json.loads(body)["status"] == status
    elif b"json" in fields.get(b"content-type", b""):
        json.loads(body)


@settings(BOUNDED, max_examples=400)
@given(METHODS, PATHS, FIELDS, QUERIES, TYPES, ACCEPTS, st.booleans())
def test_any_request_gets_an_answer_that_means_something(
    server: Server,
    method: str,
    path: str,
    fields: list[tuple[str, str]],
    query: str,
    kind: str,
    accept: str,
    form: bool,
) -> None:
    encoded = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in fields)
    body = (f"query={quote(query.encode('utf-8', 'replace'))}" if form else query).encode("utf-8", "replace")
    head = [
        f"{method} {path}{'?' if encoded else ''}{encoded} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}",
        f"Accept: {accept}", f"Content-Length: {len(body)}", "Connection: close",
    ]  # fmt: skip
    check(server.raw("\r\n".join([*head, "", ""]).encode("latin-1") + body), method)


@settings(BOUNDED, max_examples=150)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"GET /sparql?query=", b"POST /sparql HTTP/1.1\r\nHost: localhost\r\n"]),
)
def test_any_bytes_get_an_answer_or_an_end(server: Server, data: bytes, start: bytes) -> None:
    answer = server.raw(start + data + b"\r\n\r\n")
    assert {int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)} <= KNOWN


def test_after_all_of_it_the_server_answers_and_no_fault_was_logged(server: Server) -> None:
    assert server.query("ASK {}").json() == {"head": {}, "boolean": True}
    server.settled(2)
    assert [entry["fault"] for entry in server.entries() if "fault" in entry] == []


@settings(BOUNDED, max_examples=500)
@given(st.binary(max_size=200), st.text(max_size=60))
def test_reading_a_request_gives_a_request_or_a_problem(data: bytes, kind: str) -> None:
    for read in (
        lambda: by_get(data),
        lambda: by_post(kind, data, data),
        lambda: by_post("application/sparql-query", b"", data),
        lambda: by_post("application/x-www-form-urlencoded", b"", data),
        lambda: parameters(data, "the body"),
    ):
        assert 400 <= _status(read) < 500


def _status(read: Callable[[], object]) -> int:
    try:
        read()
    except Problem as problem:
        return problem.status
    return 400


@settings(BOUNDED, max_examples=500)
@given(ACCEPTS)
def test_negotiation_gives_a_type_that_is_written_or_none(accept: str) -> None:
    assert solutions_type(accept) in {None, *SOLUTIONS}
    assert triples_type(accept) in {None, *TRIPLES}
