"""SPARQL over HTTP to a store that others run: queries, updates and whole graphs, with bounds on all that comes back.

One request is tried again where the server says that it is busy (429, 502, 503, 504) or drops the line; all that is
sent here can be sent twice without harm. A redirect is followed on the same host only. Messages name the host and the
path, never credentials.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from pyoxigraph import (
    Literal,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)
from requests.auth import AuthBase

from imagingkg.errors import GraphError, QueryError, UsageError
from imagingkg.graph.credentials import Credentials, answer, credentials_for, opening
from imagingkg.graph.names import VOCAB
from imagingkg.graph.results import Results, Term, text_of, visible

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 120
"""Without a byte for this long, a request has failed."""
TOTAL_SECONDS: Final = 900
MAX_ANSWER: Final = 512 * 1024 * 1024
"""Bytes of one answer, after decompression."""
ATTEMPTS: Final = 4
MAX_WAIT: Final = 30.0
"""Seconds between two attempts at most, whatever the server asks for."""

_BUSY: Final = frozenset({429, 502, 503, 504})
_MOVED: Final = frozenset({301, 302, 307, 308})
_FORMATS: Final = {
    "application/n-triples": RdfFormat.N_TRIPLES,
    "text/plain": RdfFormat.N_TRIPLES,
    "text/turtle": RdfFormat.TURTLE,
}
_ROWS: Final = "application/sparql-results+json, application/json;q=0.5"
_TRIPLES: Final = "application/n-triples, text/turtle;q=0.8"
_NOT_WORDS: Final = re.compile(
    r"""<[^<>\s]*> | \#[^\r\n]*
      | \"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
      | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*'""",
    re.VERBOSE | re.DOTALL,
)
_WORD: Final = re.compile(r"(?<![?$:@\w-])[a-z]+\b(?![\w-]*:)", re.IGNORECASE)
_NOT_SPARQL: Final = "Is this the address of its SPARQL endpoint? The guide lists those of common stores"
PAGE: Final = 9_999
"""Rows asked for at once: one below the 10,000 at which Virtuoso cuts."""
_TAG: Final = re.compile(r"<[^<>]*>")


@dataclass(slots=True)
class Connection:
    """One server, and how it wants to be answered. Get one with `connect`; not for several threads at once."""

    session: requests.Session
    credentials: Credentials
    auth: AuthBase


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status below 400, headers, and the whole body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class HttpError(GraphError):
    """A server refused one request; `status` is what it said. The next request may do better."""

    def __init__(self, where: str, what: str, advice: str = "", *, status: int = 0) -> None:
        super().__init__(where, what, advice)
        self.status = status


def checked_url(text: str) -> str:
    """The URL, if it is one that may be asked. Raises UsageError; a password in it is not repeated."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError("URL", "is malformed", "Give one such as http://localhost:7878/query") from error
    if parts.username is not None or parts.password is not None:
        advice = "Set IMAGINGKG_USER and IMAGINGKG_PASSWORD, or IMAGINGKG_TOKEN, or write ~/.netrc"
        raise UsageError(f"URL of {host}", "holds credentials, which logs and process lists would show", advice)
    where = f"{parts.scheme}://{host}:{port}{parts.path}" if port else f"{parts.scheme}://{host}{parts.path}"
    if parts.scheme.lower() not in ("http", "https") or not host or not visible(text) == text.strip():
        raise UsageError("URL", "is no http or https address", "Give one such as http://localhost:7878/query")
    if parts.query or parts.fragment:
        raise UsageError(where, "has a ? or # in it", "Give the address of the endpoint alone")
    return text.strip()


def connect(url: str) -> Connection:
    """A connection with the credentials that the environment or netrc has for this URL. Raises UsageError."""
    found = credentials_for(url)
    return Connection(requests.Session(), found, opening(found, url))


def send(
    connection: Connection, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """The server's answer to one request. Raises HttpError where it refused or could not be reached."""
    where = shown_url(url)
    wait, what = 0.0, ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(wait)
        try:
            given = _exchange(connection, method, url, body, dict(headers or {}))
        except requests.RequestException as error:
            what, wait = f"cannot be reached ({_reason(error)})", 2.0**attempt
            if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.SSLError)) or _refused(error):
                break
            continue
        if given.status < 400:
            return given
        what = _refusal(connection.credentials, given)
        if given.status not in _BUSY:
            raise HttpError(where, what, _advice(given.status), status=given.status)
        wait = wait_before_next(given.headers.get("Retry-After", ""), attempt)
    raise HttpError(where, what, "Is the server up, and is this its address? Try again later", status=0)


def wait_before_next(retry_after: str, attempt: int) -> float:
    """Seconds to wait after a refusal: what the server asks (a number or a date), else 1, 2, 4; at most MAX_WAIT."""
    asked = 2.0**attempt
    if retry_after.strip().isdecimal():
        asked = float(retry_after)
    elif retry_after:
        try:
            when = parsedate_to_datetime(retry_after)
            asked = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()
        except (ValueError, OverflowError):
            pass
    return min(max(asked, 0.0), MAX_WAIT)


def _exchange(connection: Connection, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """One request, its redirects on the same host and the answer to a question for credentials included."""
    asked = False
    for _ in range(6):
        with connection.session.request(
            method, url, data=body or None, headers=headers, auth=connection.auth,
            timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, stream=True,
        ) as response:  # fmt: skip
            if response.status_code in _MOVED and "Location" in response.headers:
                url = _same_host(url, response.headers["Location"])
                continue
            challenge = response.headers.get("WWW-Authenticate", "")
            if response.status_code == 401 and not asked and not connection.credentials.token:
                asked = True
                if (known := answer(connection.credentials, url, challenge)) is not None:
                    connection.auth = known
                    continue
            return Answer(response.status_code, response.headers, _body(response, shown_url(url)))
    raise HttpError(shown_url(url), "redirects in circles", "Give the address that it ends at")


def _same_host(url: str, target: str) -> str:
    moved = urljoin(url, target)
    if urlsplit(moved)[:2] != urlsplit(url)[:2]:
        what = f"redirects to {shown_url(moved)}, and nothing is sent on to another host"
        raise HttpError(shown_url(url), what, "If that is the right server, give its address")
    return moved


def _body(response: requests.Response, where: str) -> bytes:
    parts: list[bytes] = []
    size, end = 0, time.monotonic() + TOTAL_SECONDS
    for part in response.iter_content(1 << 16):
        size += len(part)
        if size > MAX_ANSWER:
            raise HttpError(where, f"answers with more than {MAX_ANSWER >> 20} MB", "Ask for less")
        if time.monotonic() > end:
            raise HttpError(where, f"was still answering after {TOTAL_SECONDS} s", "Ask for less")
        parts.append(part)
    return b"".join(parts)


def shown_url(url: str) -> str:
    """The URL as messages may show it: no user, no query."""
    parts = urlsplit(url)
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    return visible(f"{parts.scheme}://{host}{parts.path}")


def _reason(error: BaseException) -> str:
    """Why there was no answer, in words that hold no URL: those of requests may show a proxy's password."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return str(cause.strerror)
        cause = cause.__cause__ or cause.__context__
    return "the connection broke"


def _refused(error: BaseException) -> bool:
    """Is nobody there? Then trying again in a second is idle."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError) or type(cause).__name__ == "NameResolutionError":
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _refusal(credentials: Credentials, given: Answer) -> str:
    said = visible(" ".join(_TAG.sub(" ", given.body[:4_000].decode("utf-8", "replace")).split()))
    said = credentials.hidden(said)
    return f"answers {given.status}" + (f": {said[:300]}" if said else "")


def _advice(status: int) -> str:
    if status in (401, 403):
        return "Set IMAGINGKG_USER and IMAGINGKG_PASSWORD, or IMAGINGKG_TOKEN, of someone who may do this"
    if status in (404, 405):
        return _NOT_SPARQL
    return ""


# ------------------------------------------------------------------------------------------------------------- SPARQL


def ask(connection: Connection, url: str, sparql: str, *, default: str = "", named: Sequence[str] = ()) -> Results:
    """The answer to a query. `default` is the graph that it asks, "" the endpoint's own; `named` those for GRAPH.

    Raises QueryError where the server does not take the query or cuts its answer short, HttpError where it does not
    answer at all.
    """
    # As a form: Virtuoso never answers a query that is the body itself.
    form = [("query", sparql)] + [("default-graph-uri", default)] * bool(default)
    body = urlencode(form + [("named-graph-uri", name) for name in named]).encode("ascii")
    # Told to choose, Virtuoso gives the triples of a CONSTRUCT as a table.
    forms = [word for word in keywords(sparql) if word in ("select", "ask", "construct", "describe")]
    triples = forms[:1] in (["construct"], ["describe"])
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": _TRIPLES if triples else _ROWS}
    try:
        given = send(connection, "POST", url, body=body, headers=headers)
    except HttpError as error:
        if error.status not in (400, 500):
            raise
        raise QueryError(error.where, error.what, "The server does not take this query") from error
    results = _read(given, shown_url(url))
    limit = given.headers.get("X-SPARQL-MaxRows", "")
    if given.headers.get("X-SQL-State") or (limit.isdecimal() and len(results) >= int(limit) > 0):
        # Virtuoso does so with status 200 and tells it in a header only.
        what = f"cuts its answer off after {len(results):,} rows"
        raise QueryError(shown_url(url), what, "Ask in pages with LIMIT and OFFSET, or have its limit raised")
    return results


def keywords(sparql: str) -> list[str]:
    """The words of a query in lower case, without those in names, variables, IRIs, strings and comments."""
    return [word.lower() for word in _WORD.findall(_NOT_WORDS.sub(" ", sparql))]


def _read(given: Answer, where: str) -> Results:
    kind = given.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        if kind in ("application/sparql-results+json", "application/json"):
            answer = parse_query_results(given.body, format=QueryResultsFormat.JSON)
            if isinstance(answer, QueryBoolean):
                return Results("ask", ("answer",), ((Literal(bool(answer)),),))
            if isinstance(answer, QuerySolutions):
                columns = tuple(v.value for v in answer.variables)
                if columns == ("__ASK_RETVAL",):  # so Virtuoso says yes or no
                    return Results("ask", ("answer",), ((Literal(any(text_of(row[0]) == "1" for row in answer)),),))
                return Results("select", columns, tuple(tuple(row) for row in answer))
        if kind in _FORMATS:
            triples = {quad.triple for quad in parse(given.body, format=_FORMATS[kind])}
            rows = tuple((t.subject, t.predicate, t.object) for t in sorted(triples, key=str))
            return Results("construct", ("subject", "predicate", "object"), rows)
    except (SyntaxError, ValueError) as error:
        raise HttpError(where, f"gives an answer that cannot be read ({error})", _NOT_SPARQL) from error
    what = f"answers with {visible(kind)[:80] or 'no content type'}, which is no answer to a query"
    raise HttpError(where, what, _NOT_SPARQL)


def select_all(
    connection: Connection, url: str, variables: str, pattern: str, *, default: str = "", expected: int | None = None
) -> list[tuple[Term | None, ...]]:
    """The distinct rows of `variables` ("?s ?o") in a pattern, however few at a time the server gives.

    They are counted before, unless it is known how many to expect: raises HttpError where rows are missing.
    """
    rows_of = f"SELECT DISTINCT {variables} WHERE {{ {pattern} }}"
    if expected is None:
        counted = ask(connection, url, f"SELECT (COUNT(*) AS ?n) WHERE {{ {{ {rows_of} }} }}", default=default)
        expected = int(str(next(iter(counted))["n"]))
    rows: dict[tuple[Term | None, ...], None] = {}
    while len(rows) < expected:
        # Without ORDER BY: Virtuoso sorts 10,000 rows and no more. That pages do not overlap is seen by counting.
        before = len(rows)
        page = ask(connection, url, f"{rows_of} LIMIT {PAGE} OFFSET {before}", default=default)
        rows.update(dict.fromkeys(page.rows))
        if len(rows) == before:
            what = f"gives {before:,} of {expected:,} rows"
            raise HttpError(shown_url(url), what, "Was the graph changed meanwhile? Ask again")
    return list(rows)


def update(connection: Connection, url: str, sparql: str) -> None:
    """Do what a SPARQL update says. Raises HttpError."""
    headers = {"Content-Type": "application/sparql-update", "Accept": "*/*"}
    send(connection, "POST", url, body=sparql.encode("utf-8"), headers=headers)


def put_graph(connection: Connection, url: str, name: str, triples: bytes, *, add: bool = False) -> None:
    """Replace one named graph as a whole by these N-Triples (Graph Store Protocol); with `add`, add them to it.

    Raises HttpError.
    """
    # Virtuoso trusts its own guess more than the header, and takes N-Triples that begin with a long text for no RDF. N-
    # Triples are Turtle, and Turtle is known by a first line like this.
    triples = f"@prefix ikg: <{VOCAB}> .\n".encode("ascii") + triples
    headers = {"Content-Type": "text/turtle", "Accept": "*/*"}
    target = f"{url}?{urlencode({'graph': name})}"
    send(connection, "POST" if add else "PUT", target, body=triples, headers=headers)
