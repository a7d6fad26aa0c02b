"""Hostile queries and hostile requests get a correct error in time; the next query is answered, nothing is fetched,
nothing is changed, and memory returns.
"""

from __future__ import annotations

import hashlib
import platform
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from serving import RUNAWAY, Server, children_of, serving
from small_graph import small_build

CHILDREN = 3
MEMORY_MB = 256
GOOD = "SELECT ?l { <https://w3id.org/imagingkg/concept/task/segmentation> skos:prefLabel ?l } ORDER BY ?l"


@dataclass
class Trap:
    """A listener on loopback that nothing may ever reach."""

    port: int
    visits: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        trap = Trap(listener.getsockname()[1])

        def watch() -> None:
            while True:
                try:
                    visitor, address = listener.accept()
                except OSError:
                    return
                trap.visits.append(str(address))
                visitor.close()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        yield trap
        listener.shutdown(socket.SHUT_RDWR)
        watcher.join(5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("hostile")
    output = small_build(directory / "output")
    options = (
        "--children", str(CHILDREN), "--timeout", "1", "--memory", str(MEMORY_MB), "--rows", "2000", "--size", "1",
        "--patience", "1",
    )  # fmt: skip
    with serving(output, *options, log=directory / "log") as server:
        yield server


def doubled(times: int) -> str:
    binds = " ".join(f"BIND(CONCAT(?a{n}, ?a{n}) AS ?a{n + 1})" for n in range(times))
    return f"SELECT (STRLEN(?a{times}) AS ?n) {{ BIND('abcdefgh' AS ?a0) {binds} }}"


EACH = ", ".join(f"STR(?{name})" for name in "adgjm")
MANY = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
NESTED_EXISTS = "SELECT * { ?s ?p ?o FILTER EXISTS {" * 40 + "}" * 80

# What a query may get: 400 refused or malformed, 422 too large a result, 503 memory, 504 time, 200 answered.
QUERIES: dict[str, tuple[str, set[int]]] = {
    "10 kB of braces": ("SELECT * " + "{" * 10_000, {400}),
    "10 kB of closed braces": ("SELECT * " + "{" * 5_000 + "}" * 5_000, {400}),
    "10 kB of parentheses": ("SELECT * { FILTER" + "(" * 10_000 + "1" + ")" * 10_000 + "}", {400}),
    "10 kB of square brackets": ("SELECT * { ?s ?p " + "[ ?p " * 2_500 + "}", {400}),
    "10 kB of exclamation marks": ("SELECT * { FILTER(" + "!" * 10_000 + "true) }", {400}),
    "10 kB of minus signs": ("SELECT (" + "-" * 10_000 + "1 AS ?n) {}", {400}),
    "10 kB of unions": ("SELECT * { {} " + "UNION {} " * 1_100 + "}", {400}),
    "a deep path": ("SELECT * { ?s " + "(" * 3_000 + "<a:a>" + ")*" * 3_000 + " ?o }", {400}),
    "nested EXISTS": (NESTED_EXISTS, {400}),
    "brackets where an IRI could be": ("SELECT * { FILTER(" + "1<((((((((((#>\n" * 700, {400}),
    "60 kB of blanks": ("ASK {}" + " " * 60_000, {413}),
    "a cartesian product, counted": (RUNAWAY, {504}),
    "a cartesian product, written": (f"SELECT * {MANY}", {422, 504}),
    "a cartesian product, sorted": (f"SELECT * {MANY} ORDER BY ?a", {503, 504}),
    "a cartesian product, distinct": (f"SELECT DISTINCT * {MANY}", {422, 503, 504}),
    "a cartesian product, grouped": (f"SELECT ?a ?d ?g ?j (COUNT(*) AS ?n) {MANY} GROUP BY ?a ?d ?g ?j", {503, 504}),
    "a cartesian product, hashed": (f"SELECT (COUNT(?x) AS ?n) {{ {MANY} BIND(SHA512(STR(?a)) AS ?x) }}", {504}),
    "a cartesian product, constructed": (f"CONSTRUCT {{ ?a ?e ?i }} WHERE {MANY}", {422, 504}),
    "a cartesian product, concatenated": (f"SELECT (GROUP_CONCAT(?o) AS ?x) {MANY}", {422, 503, 504}),
    "a cartesian product, never true": (f"ASK {{ {MANY} FILTER(STRLEN(CONCAT({EACH})) < 0) }}", {504}),
    "doubled text": (doubled(28), {503, 504}),
    "doubled text, 2 to the 60": (doubled(60), {503, 504}),
    "replaced text": (
        "SELECT (STRLEN(REPLACE(REPLACE(REPLACE(?t, '.', ?t), '.', ?t), '.', ?t)) AS ?n)"
        f" {{ BIND('{'a' * 200}' AS ?t) }}",
        {503, 504},
    ),
    "paths that explode": ("SELECT (COUNT(*) AS ?n) { ?a (!<a:a>)* ?b . ?c (!<a:a>)* ?d . ?e (!<a:a>)* ?f ."
                           " ?g (!<a:a>)* ?h . ?i (!<a:a>|^!<a:a>)* ?j }", {503, 504}),
    "a regex of nested stars": (f"ASK {{ BIND('{'a' * 5_000}!' AS ?a) FILTER(REGEX(?a, '^(a+)+$')) }}", {200, 504}),
    "a regex of alternatives": (f"ASK {{ FILTER(REGEX('{'a' * 5_000}', '^(a|a|a|aa)+b$')) }}", {200, 504}),
    "a regex that repeats repeats": ("SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), '(a{1000}){1000}{1000}')) }",
                                     {200, 400, 504}),
    "a regex from the data": (f"SELECT (COUNT(*) AS ?n) {{ {MANY} FILTER(REGEX(STR(?c), STR(?f))) }}", {504}),
    "SERVICE": ("SELECT * { SERVICE <TRAP> { ?s ?p ?o } }", {400}),
    "SERVICE SILENT in odd case": ("SELECT * { sErViCe SiLeNt <TRAP> { ?s ?p ?o } }", {400}),
    "SERVICE in a sub-select": ("SELECT * { { SELECT * { OPTIONAL { SERVICE <TRAP> { ?s ?p ?o } } } } }", {400}),
    "SERVICE by a variable": ("SELECT * { BIND(<TRAP> AS ?u) SERVICE ?u { ?s ?p ?o } }", {400}),
    "SERVICE by a prefix": ("PREFIX t: <TRAP> SELECT * { SERVICEt:x { ?s ?p ?o } }", {400}),
    "SERVICE after a comment": ("SELECT * { # it's a comment\nSERVICE <TRAP> { ?s ?p ?o } }", {400}),
    "SERVICE after a text with a hash": ('SELECT * { ?s ?p "#" . SERVICE <TRAP> { ?s ?p ?o } }', {400}),
    "SERVICE after less-than": ('SELECT * { ?s ?p ?o FILTER(?s<?p#>"""\n) SERVICE <TRAP> { ?x ?y ?z } #"""\n}', {400}),
    "SERVICE written with an escape": ("SELECT * { \\u0053ERVICE <TRAP> { ?s ?p ?o } }", {400}),
    "SERVICE written with a long escape": ("SELECT * { S\\U00000045RVICE <TRAP> { ?s ?p ?o } }", {400}),
    "SERVICE in EXISTS": ("SELECT * { ?s ?p ?o FILTER NOT EXISTS { SERVICE <TRAP> {} } }", {400}),
    "FROM elsewhere": ("SELECT * FROM <TRAP> { ?s ?p ?o }", {200}),
    "FROM NAMED elsewhere": ("SELECT * FROM NAMED <TRAP> { GRAPH ?g { ?s ?p ?o } }", {200}),
    "FROM a file": ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", {200}),
    "DESCRIBE elsewhere": ("DESCRIBE <TRAP>", {200}),
    "LOAD": ("LOAD <TRAP>", {400}),
    "LOAD SILENT INTO": ("LOAD SILENT <TRAP> INTO GRAPH <a:a>", {400}),
    "INSERT DATA": ("INSERT DATA { <a:a> <a:b> <a:c> }", {400}),
    "INSERT written with an escape": ("\\u0049NSERT DATA { <a:a> <a:b> <a:c> }", {400}),
    "DELETE WHERE": ("DELETE WHERE { ?s ?p ?o }", {400}),
    "a query and an update": ("SELECT * { ?s ?p ?o } ; CLEAR ALL", {400}),
    "DROP ALL": ("DROP ALL", {400}),
    "a null byte": ("SELECT * { ?s ?p '\x00' }", {200, 400}),
    "half a pair of surrogates": ("SELECT * { ?s ?p '\\uD800' }", {400}),
    "a code point that is none": ("SELECT * { ?s ?p '\\UFFFFFFFF' }", {400}),
    "a number of 10 kB": ("SELECT (" + "9" * 10_000 + " * 1 AS ?n) {}", {200, 400}),
    "a number of a hundred million digits": ("SELECT (1e99999999 + 1 AS ?n) (xsd:decimal(1e300) AS ?d) {}", {200, 400}),
    "a year of 10 kB": (f"SELECT (YEAR('{'9' * 10_000}-01-01T00:00:00Z'^^xsd:dateTime) AS ?n) {{}}", {200, 400}),
    "an IRI that is none": ("SELECT * { <http://[::1> ?p ?o }", {400}),
    "nothing": ("", {400}),
    "no SPARQL": ("'; DROP TABLE students; --", {400}),
}  # fmt: skip


def test_at_least_forty_hostile_queries_are_tried() -> None:
    assert len(QUERIES) >= 55


@pytest.mark.parametrize("name", QUERIES)
def test_a_hostile_query_gets_its_error_and_the_next_is_answered(server: Server, trap: Trap, name: str) -> None:
    text, statuses = QUERIES[name]
    reply = server.query(text.replace("TRAP", f"http://127.0.0.1:{trap.port}/"), "*/*")
    assert reply.status in statuses
    if reply.status != 200:
        reply.problem()
    after = server.query(GOOD)
    assert (after.status, len(after.json()["results"]["bindings"])) == (200, 2)
    assert trap.visits == []


@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri"])
def test_a_graph_elsewhere_is_not_fetched(server: Server, trap: Trap, parameter: str) -> None:
    reply = server.query("SELECT * { ?s ?p ?o }", more=f"?{parameter}=http://127.0.0.1:{trap.port}/")
    assert reply.json()["results"]["bindings"] == []
    assert server.query("ASK {}", more=f"?{parameter}=no%20IRI").status == 400
    assert trap.visits == []


def post(body: bytes, *fields: str, kind: str = "application/sparql-query") -> bytes:
    head = ["POST /sparql HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", *fields]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def sized(body: bytes, *fields: str, kind: str = "application/sparql-query") -> bytes:
    return post(body, f"Content-Length: {len(body)}", *fields, kind=kind)


FORM = "application/x-www-form-urlencoded"
CHUNK = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
REQUESTS: dict[str, tuple[bytes, set[int]]] = {
    "a body that says it is large": (post(b"", "Content-Length: 99999999999"), {413}),
    "a body that is large": (sized(b"x" * 1_200_000), {413}),
    "a body that is large, in chunks": (post(CHUNK * 18 + b"0\r\n\r\n", "Transfer-Encoding: chunked"), {413}),
    "a length below zero": (post(b"ASK {}", "Content-Length: -6"), {400}),
    "a length that is no number": (post(b"ASK {}", "Content-Length: six"), {400}),
    "two lengths": (post(b"ASK {}", "Content-Length: 6", "Content-Length: 7"), {400}),
    "a length and chunks": (post(b"0\r\n\r\n", "Content-Length: 6", "Transfer-Encoding: chunked"), {400}),
    "a bad chunk": (post(b"zz\r\nASK {}\r\n", "Transfer-Encoding: chunked"), {400, 408}),
    "packed content": (sized(b"\x1f\x8b" + b"\0" * 50, "Content-Encoding: gzip"), {415}),
    "no type": (b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nASK {}", {415}),
    "a form of another kind": (sized(b"query=ASK{}", kind="multipart/form-data; boundary=x"), {415}),
    "an XML body": (sized(b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>", kind="application/xml"), {415}),
    "UTF-16": (sized("ASK {}".encode("utf-16")), {400}),
    "bytes that are no UTF-8": (sized(b"ASK { ?s ?p '\xff\xfe' }"), {400}),
    "an escape that is none": (sized(b"query=%ZZ", kind=FORM), {400}),
    "half a character": (sized(b"query=%E7%A3", kind=FORM), {400}),
    "ten thousand parameters": (sized(b"a=b&" * 10_000 + b"query=ASK{}", kind=FORM), {400}),
    "two queries": (sized(b"query=ASK{}&query=ASK{}", kind=FORM), {400}),
    "an escape in the address that is none": (b"GET /sparql?query=%u0041 HTTP/1.1\r\nHost: localhost\r\n\r\n", {400}),
    "bytes in the address": (b"GET /sparql?query=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", {400}),
    "a null byte in the address": (b"GET /sparql?query=\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", {400}),
    "an address of 100 kB": (b"GET /sparql?query=" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", {431}),
    "a field of 1 MB": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", {431}),
    "fields without end": (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100_000, {431}),
    "a null byte in a field": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n", {400}),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", {400}),
    "two hosts": (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", {400}),
    "a host with a path": (b"GET /sparql HTTP/1.1\r\nHost: localhost/../x>\r\n\r\n", {400}),
    "another host": (b"GET /healthz HTTP/1.1\r\nHost: example.org\r\n\r\n", {421}),
    "an address of another server": (b"GET http://example.org/healthz HTTP/1.1\r\nHost: example.org\r\n\r\n", {421}),
    "a tunnel": (b"CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", {400, 404, 405}),
    "an upgrade": (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", {404}),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64, {400}),
    "a status line": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {400}),
    "an Accept of 50 kB": (sized(b"ASK {}", "Accept: " + "a/b;q=0.1," * 5_000 + "*/*"), {200, 406}),
    "an Accept that is none": (sized(b"ASK {}", "Accept: ;;;,,,q=q=q=/"), {200}),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_a_hostile_request_gets_its_error_and_the_next_query_is_answered(server: Server, name: str) -> None:
    data, statuses = REQUESTS[name]
    answer = server.raw(data)
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    status = int(answer[9:12])
    assert status in statuses, answer[:500]
    if status != 200:
        assert b"content-type: application/problem+json" in answer
    assert server.query(GOOD).status == 200


def test_a_header_that_comes_too_slowly_is_told_so_and_closed(server: Server) -> None:
    with server.connect() as sock:
        sock.sendall(b"GET /sparql HTTP/1.1\r\nHost: local")
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


def test_a_body_that_comes_too_slowly_is_told_so_and_closed(server: Server) -> None:
    with server.connect() as sock:
        sock.sendall(post(b"ASK", "Content-Length: 6"))
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()


def test_a_connection_that_says_nothing_is_closed(server: Server) -> None:
    with server.connect() as sock:
        assert b"".join(iter(lambda: sock.recv(4096), b"")).startswith(b"HTTP/1.1 408 ")


def test_a_hundred_silent_connections_keep_nobody_out(server: Server) -> None:
    silent = [server.connect() for _ in range(100)]
    try:
        for sock in silent:
            sock.sendall(b"GET /")
        assert server.query(GOOD).status == 200
    finally:
        for sock in silent:
            sock.close()


def test_requests_sent_at_once_are_answered_in_their_order(server: Server) -> None:
    queries = ["ASK {}", "ASK", "ASK { FILTER(false) }"] * 5
    requests = b"".join(
        b"GET /sparql?query=%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % quote(query).encode() for query in queries
    )
    answer = server.raw(requests)
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"400", b"200"] * 5
    assert answer.count(b'"boolean":true') == answer.count(b'"boolean":false') == 5


def _digests(output: Path) -> dict[str, str]:
    files = [p for p in sorted(output.rglob("*")) if p.is_file() and p.name not in ("LOG", "LOCK")]
    return {str(p.relative_to(output)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _resident_mb(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def test_after_all_of_it_the_store_is_as_it_was_and_memory_has_returned(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, trap: Trap
) -> None:
    """A server of its own, so that this holds whichever of the other tests have run."""
    output = small_build(tmp_path / "output")
    names = ("a cartesian product, sorted", "doubled text", "paths that explode", "INSERT DATA", "DROP ALL", "LOAD")
    options = ("--children", str(CHILDREN), "--timeout", "1", "--memory", str(MEMORY_MB), "--rows", "2000")
    with serving(output, *options, log=tmp_path_factory.mktemp("after") / "log") as server:
        before = _digests(output)
        assert any("store" in name for name in before)
        for name in names:
            assert server.query(QUERIES[name][0].replace("TRAP", f"http://127.0.0.1:{trap.port}/")).status >= 400
        server.settled(CHILDREN)
        assert _digests(output) == before
        assert server.query(GOOD).status == 200
        if Path("/proc/self/status").exists():
            children = children_of(server.process.pid)
            assert len(children) == CHILDREN
            assert max(map(_resident_mb, [*children, server.process.pid])) < 150
    assert trap.visits == []


def test_the_children_are_cut_off_from_the_network_where_the_system_can(server: Server) -> None:
    """SERVICE is refused by its text; below that the kernel refuses sockets, and the log says where it does not."""
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("no filter for this system")
    assert "cannot cut queries off" not in server.log.read_text(encoding="utf-8")
    code = (
        "import socket, os, threading\n"
        "from pyoxigraph import Store\n"
        "from imagingkg.serve.jail import no_network\n"
        "assert no_network()\n"
        "for attempt in (socket.socket, lambda: os.execv('/bin/true', ['true'])):\n"
        "    try: attempt()\n"
        "    except PermissionError: print('refused')\n"
        "try: Store().query('ASK { SERVICE <http://127.0.0.1:8/> {} }')\n"
        "except OSError as error: print(error)\n"
        "threading.Thread(target=print, args=('threads',)).start()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines == ["refused", "refused", "Operation not permitted (os error 1)", "threads"]
