"""The client of remote stores against a server that misbehaves: credentials, redirects, retries, what is no answer."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from imagingkg.errors import GraphError, QueryError, UsageError
from imagingkg.graph import endpoint
from imagingkg.graph.credentials import answer, credentials_for, opening
from imagingkg.graph.endpoint import HttpError, ask, checked_url, connect, keywords, send, wait_before_next
from imagingkg.graph.store import is_url
from imagingkg.publish.push import Target, target_of

SECRET = "s3cret-äß"  # noqa: S105 (of nobody)
YES = b'{"head": {}, "boolean": true}'
JSON = {"Content-Type": "application/sparql-results+json"}


@dataclass
class Fake:
    """A server that answers each request with the next reply, the last one again and again, and keeps what it got."""

    url: str = ""
    replies: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    got: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Fake]:
    for name in ("TOKEN", "USER", "PASSWORD", "PLAIN_HTTP"):
        monkeypatch.delenv(f"IMAGINGKG_{name}", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(endpoint, "MAX_WAIT", 0.0)
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fake.got.append((self.command, self.path, dict(self.headers), body))
            status, headers, reply = fake.replies.pop(0) if len(fake.replies) > 1 else fake.replies[0]
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(reply))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST = do_PUT = _answer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}/sparql"
    yield fake
    server.shutdown()
    server.server_close()


def asked(fake: Fake) -> bool:
    return ask(connect(fake.url), fake.url, "ASK {}").rows[0][0].value == "true"  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------------------- The URL


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (f"http://user:{SECRET}@host/sparql", "holds credentials"), (f"https://{SECRET}@host/", "holds credentials"),
        ("http://host/sparql?access-token=abc", "has a \\? or # in it"), ("ftp://host/", "no http or https address"),
        ("http://", "no http or https address"), ("http://[::1", "malformed"), ("http://host:port/", "malformed"),
        ("http://ho\tst/", "no http or https address"), ("output", "no http or https address"),
    ],
)  # fmt: skip
def test_a_url_that_may_not_be_asked_is_refused_without_its_secrets(url: str, what: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        checked_url(url)
    assert SECRET not in str(caught.value)
    assert "abc" not in str(caught.value)


def test_a_directory_is_no_url() -> None:
    assert [is_url(text) for text in ("output", "http:", "https://x/", "HTTP://X/sparql", "./http")] == [
        False, False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        ("http://h:7878", "", Target("http://h:7878/query", "http://h:7878/update", "http://h:7878/store")),
        ("http://h:7878/query", "", Target("http://h:7878/query", "http://h:7878/update", "http://h:7878/store")),
        ("http://h:3030/ds/sparql", "", Target("http://h:3030/ds/sparql", "http://h:3030/ds/update", "http://h:3030/ds/data")),
        ("http://h:3030/ds", "fuseki", Target("http://h:3030/ds/sparql", "http://h:3030/ds/update", "http://h:3030/ds/data")),
        ("http://h:8890/sparql", "", Target(
            "http://h:8890/sparql", "http://h:8890/sparql-auth", "http://h:8890/sparql-graph-crud-auth")),
        ("http://h:7200/repositories/r", "", Target(
            "http://h:7200/repositories/r", "http://h:7200/repositories/r/statements",
            "http://h:7200/repositories/r/rdf-graphs/service")),
        ("https://x.neptune.amazonaws.com:8182/sparql", "", Target(
            "https://x.neptune.amazonaws.com:8182/sparql", "https://x.neptune.amazonaws.com:8182/sparql",
            "https://x.neptune.amazonaws.com:8182/sparql/gsp/")),
        ("http://h:7001", "qlever", Target("http://h:7001", "http://h:7001", "http://h:7001")),
    ],
)  # fmt: skip
def test_the_addresses_of_a_store_follow_from_its_endpoint(url: str, kind: str, expected: Target) -> None:
    assert target_of(url, kind) == expected


def test_an_unknown_kind_of_store_is_refused_with_those_known() -> None:
    with pytest.raises(UsageError, match="Known: oxigraph, fuseki"):
        target_of("http://h/", "mystore")


# --------------------------------------------------------------------------------------------------------- Credentials


def test_credentials_come_from_the_environment_and_are_not_in_any_repr() -> None:
    found = credentials_for("http://h/", {"IMAGINGKG_USER": "me", "IMAGINGKG_PASSWORD": SECRET})
    assert (found.user, found.password) == ("me", SECRET)
    token = credentials_for("http://h/", {"IMAGINGKG_TOKEN": SECRET})
    assert SECRET not in repr(found) + repr(token)
    with pytest.raises(UsageError, match="is set alone"):
        credentials_for("http://h/", {"IMAGINGKG_USER": "me"})
    with pytest.raises(UsageError, match="line break") as caught:
        credentials_for("http://h/", {"IMAGINGKG_TOKEN": f"{SECRET}\r\nX: y"})
    assert SECRET not in str(caught.value)


def test_nothing_is_sent_in_plain_sight_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGINGKG_PLAIN_HTTP", raising=False)
    token = credentials_for("", {"IMAGINGKG_TOKEN": SECRET})
    user = credentials_for("", {"IMAGINGKG_USER": "me", "IMAGINGKG_PASSWORD": SECRET})
    for act in (lambda url: opening(token, url), lambda url: answer(user, url, 'Basic realm="x"')):
        with pytest.raises(UsageError, match="IMAGINGKG_PLAIN_HTTP=1"):
            act("http://store.example/sparql")
        for url in ("https://store.example/", "http://localhost:1/", "http://127.0.0.1/", "http://[::1]/"):
            assert act(url) is not None
    assert answer(user, "http://store.example/", "Digest realm=x, nonce=y") is not None
    monkeypatch.setenv("IMAGINGKG_PLAIN_HTTP", "1")
    assert opening(token, "http://store.example/") is not None


def test_a_password_is_sent_only_to_who_asks_for_one(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGINGKG_USER", "me")
    monkeypatch.setenv("IMAGINGKG_PASSWORD", SECRET)
    fake.replies = [(200, JSON, YES)]
    assert asked(fake)
    assert "Authorization" not in fake.got[0][2]
    fake.replies = [(401, {"WWW-Authenticate": 'Basic realm="r"'}, b""), (200, JSON, YES)]
    assert asked(fake)
    sent = fake.got[-1][2]["Authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == f"me:{SECRET}"


def test_netrc_is_read_for_its_host(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password pw\n", encoding="utf-8")
    fake.replies = [(401, {"WWW-Authenticate": 'Basic realm="r"'}, b""), (200, JSON, YES)]
    assert asked(fake)
    assert base64.b64decode(fake.got[-1][2]["Authorization"].removeprefix("Basic ")) == b"me:pw"


def test_a_token_is_sent_as_a_bearer(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGINGKG_TOKEN", "abc")
    fake.replies = [(200, JSON, YES)]
    assert asked(fake)
    assert fake.got[0][2]["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("status", [400, 401, 403, 500, 503])
def test_no_error_shows_a_secret_even_where_the_server_sends_it_back(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("IMAGINGKG_TOKEN", "t0ken-abc")
    fake.replies = [(status, {}, b"<html>bad header: Bearer t0ken-abc \x1b[31m</html>")]
    with pytest.raises(GraphError if status not in (400, 500) else QueryError) as caught:
        asked(fake)
    assert "t0ken-abc" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert f"answers {status}" in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


# ---------------------------------------------------------------------------------------------------------- Redirects


def test_a_redirect_on_the_same_host_is_followed_with_what_was_sent(fake: Fake) -> None:
    fake.replies = [(307, {"Location": "/other"}, b""), (200, JSON, YES)]
    assert asked(fake)
    assert [(method, path) for method, path, _, _ in fake.got] == [("POST", "/sparql"), ("POST", "/other")]
    assert fake.got[0][3] == fake.got[1][3] != b""


def test_nothing_is_sent_on_to_another_host(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGINGKG_TOKEN", "abc")
    for target in ("http://localhost:9/x", "https://127.0.0.1/", "//example.org/", "http://127.0.0.1:9/"):
        fake.replies = [(302, {"Location": target}, b"")]
        with pytest.raises(HttpError, match="nothing is sent on to another host"):
            asked(fake)
    assert len(fake.got) == 4
    fake.replies = [(302, {"Location": "/sparql"}, b"")]
    with pytest.raises(HttpError, match="in circles"):
        asked(fake)


# ------------------------------------------------------------------------------------------------------------ Retries


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_and_at_last_given_up(fake: Fake, status: int) -> None:
    fake.replies = [(status, {"Retry-After": "0"}, b""), (status, {}, b""), (200, JSON, YES)]
    assert asked(fake)
    assert len(fake.got) == 3
    fake.got.clear()
    fake.replies = [(status, {"Retry-After": "86400"}, b"busy")]
    with pytest.raises(HttpError, match=f"answers {status}: busy"):
        asked(fake)
    assert len(fake.got) == endpoint.ATTEMPTS


@pytest.mark.parametrize("status", [400, 404, 405, 413])
def test_a_refusal_is_not_asked_again(fake: Fake, status: int) -> None:
    fake.replies = [(status, {}, b"no")]
    with pytest.raises(HttpError, match=f"answers {status}: no"):
        send(connect(fake.url), "PUT", fake.url, body=b"x")
    assert len(fake.got) == 1


def test_how_long_is_waited_is_what_the_server_asks_within_bounds() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    assert [wait_before_next(said, 0) for said in ("7", "0", "86400", "9" * 400, past, "soon", "", "-3")] == [
        7.0, 0.0, 30.0, 30.0, 0.0, 1.0, 1.0, 1.0,
    ]  # fmt: skip
    assert 10 < wait_before_next(soon, 0) <= 20
    assert [wait_before_next("", attempt) for attempt in range(6)] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0]


def test_where_nobody_listens_it_is_said_at_once_and_in_words() -> None:
    with pytest.raises(HttpError, match=r"cannot be reached \(Connection refused\)\. Is the server up"):
        send(connect("http://127.0.0.1:9/"), "POST", "http://127.0.0.1:9/", body=b"x")


# ------------------------------------------------------------------------------------------------ What is no answer


@pytest.mark.parametrize(
    ("headers", "body", "what"),
    [
        ({"Content-Type": "text/html"}, b"<h1>Welcome</h1>", "answers with text/html"),
        ({}, b"", "answers with no content type"),
        (JSON, b'{"head": {"vars": ["x"]}, "results": {"bindings": [', "cannot be read"),
        (JSON, b"\xff\xfe not json", "cannot be read"),
        ({"Content-Type": "application/n-triples"}, b"<a> <b> .", "cannot be read"),
        ({"Content-Type": "text/\x7fevil"}, b"", "which is no answer"),
    ],
)
def test_what_is_no_answer_to_a_query_is_named(
    fake: Fake, headers: dict[str, str], body: bytes, what: str
) -> None:  # fmt: skip
    fake.replies = [(200, headers, body)]
    with pytest.raises(HttpError, match=what):
        asked(fake)


def test_an_answer_that_never_ends_is_cut(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MAX_ANSWER", 1 << 20)
    fake.replies = [(200, JSON, b" " * (2 << 20))]
    with pytest.raises(HttpError, match="answers with more than 1 MB"):
        asked(fake)


@pytest.mark.parametrize("headers", [{"X-SPARQL-MaxRows": "2"}, {"X-SQL-State": "S1TAT"}])
def test_an_answer_that_a_server_cut_short_is_an_error(fake: Fake, headers: dict[str, str]) -> None:
    rows = [{"s": {"type": "uri", "value": f"http://x/{n}"}} for n in range(2)]
    body = json.dumps({"head": {"vars": ["s"]}, "results": {"bindings": rows}})
    fake.replies = [(200, JSON | headers, body.encode())]
    with pytest.raises(QueryError, match="cuts its answer off after 2 rows"):
        ask(connect(fake.url), fake.url, "SELECT ?s { ?s ?p ?o }")


@pytest.mark.parametrize(
    ("text", "triples"),
    [
        ("SELECT * {}", False), ("ASK {}", False), ("CONSTRUCT WHERE { ?s ?p ?o }", True), ("describe <a:b>", True),
        ("# select\nCONSTRUCT WHERE { ?s ?p ?o }", True), ("PREFIX select: <a:construct> CONSTRUCT WHERE {}", True),
        ("BASE <http://x/describe#> SELECT ?construct {}", False), ("PREFIX construct: <a:b> ASK {}", False),
    ],
)  # fmt: skip
def test_triples_are_asked_for_where_a_query_makes_them(fake: Fake, text: str, triples: bool) -> None:
    fake.replies = [(200, JSON, YES)]
    ask(connect(fake.url), fake.url, text)
    assert ("n-triples" in fake.got[0][2]["Accept"]) is triples


def test_the_words_of_a_query_are_not_those_in_names_strings_and_comments() -> None:
    quiet = (
        "# from here\nPREFIX from: <http://x/from> SELECT ?from $graph { ?s from:graph 'from', \"graph\" ; <from> "
        '"""a "from" graph""", \'it\\\'s from\'@from . FILTER(?a < 3 && 4 > ?b) }'
    )
    assert keywords(quiet) == ["prefix", "select", "filter"]
    assert keywords("SELECT * From <a:b> FROM NAMED <a:c> { GRAPH?g{?s?p?o} }") == [
        "select", "from", "from", "named", "graph",
    ]  # fmt: skip


def test_commands_say_what_a_store_said(fake: Fake, run: Callable[..., tuple[int, str]]) -> None:
    fake.replies = [(200, {"Content-Type": "text/html"}, b"<h1>hello</h1>")]
    for command in (["query", "tasks"], ["gaps"], ["verify"]):
        code, said = run(*command, "--graph", fake.url)
        assert code == 2
        assert "answers with text/html, which is no answer to a query" in said
    code, said = run("query", "--text", "ASK {}", "--graph", f"http://me:{SECRET}@127.0.0.1/")
    assert (code, SECRET in said) == (2, False)


@pytest.fixture
def run() -> Callable[..., tuple[int, str]]:
    from click.testing import CliRunner

    from imagingkg.cli import main

    def invoke(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, list(words))
        return result.exit_code, result.output

    return invoke
