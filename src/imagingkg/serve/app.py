"""The web application: SPARQL at /sparql, the explorer at /, the state of the service at /healthz."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagingkg.serve.limits import Limits
from imagingkg.serve.pool import Pool
from imagingkg.serve.problems import LEFT, MEDIA, ClientLeft, Problem, problem_body
from imagingkg.serve.sparql import Sparql

Log = Callable[[Mapping[str, Any]], None]
"""Takes one entry of the log: plain values by name."""

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::([0-9]{1,5}))?", re.ASCII)
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
_FRAMELESS: Final = "frame-ancestors 'none'"  # the one part of a policy that a page cannot say of itself


@dataclass(frozen=True, slots=True)
class Service:
    """What is served, to whom. `hosts` are the names that the server answers to, None: any; `origins` the sites whose
    scripts may read the answers.
    """

    output: Path
    limits: Limits = field(default_factory=Limits)
    hosts: frozenset[str] | None = None
    origins: tuple[str, ...] = ()
    log_queries: bool = False


def make_app(service: Service, pool: Pool, log: Log, follow: Callable[[], Coroutine[Any, Any, None]]) -> ASGIApp:
    """The ASGI application over a pool that is open; it closes the pool when it shuts down. `follow` runs beside it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(follow())
        try:
            yield
        finally:
            following.cancel()
            await pool.close()

    async def explorer(_: Request) -> Response:
        page = service.output / "graph.html"
        if not page.is_file():
            raise Problem(404, "this build has no explorer", "Build it again", where="graph.html")
        return FileResponse(page, headers={"cache-control": "no-cache", "content-security-policy": _FRAMELESS})

    async def health(_: Request) -> Response:
        status = pool.status()
        state = {"status": "ok" if status["children"] else "down", **status, "trouble": pool.trouble}
        return JSONResponse(state, 200 if status["children"] else 503, {"cache-control": "no-store"})

    sparql = Sparql(pool, service.limits, log_queries=service.log_queries)
    app = Starlette(
        routes=[
            Route("/", explorer, methods=["GET"]),
            Route("/healthz", health, methods=["GET"]),
        ],
        exception_handlers={Problem: _problem, HTTPException: _no_page, Exception: _fault},
        lifespan=lifespan,
    )
    door = _Door(app, sparql, service, log)
    if not service.origins:
        return door
    return CORSMiddleware(door, allow_origins=service.origins, allow_methods=["GET", "POST"], allow_headers=["*"])


class _Door:
    """What holds for every request: it comes to a name of ours, has safe headers in its answer, and is logged."""

    def __init__(self, pages: ASGIApp, sparql: ASGIApp, service: Service, log: Log) -> None:
        self._pages = pages
        self._sparql = sparql
        self._hosts = service.hosts
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        started = perf_counter()
        facts: dict[str, Any] = {"status": LEFT, "bytes": 0}
        scope["facts"] = facts

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            else:
                facts["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            self._check_host(scope)
            # The endpoint does without the rounds of a router: it is asked a thousand times as often as the pages.
            app = self._sparql if scope["path"] in ("/sparql", "/sparql/") else self._pages
            await app(scope, receive, out)
        except Problem as problem:
            await _problem_response(scope, problem)(scope, receive, out)
        except ClientLeft:
            facts["status"] = LEFT
        except Exception as error:  # a bug: the client was told 500, the log gets the rest
            facts["fault"] = "".join(traceback.format_exception(error))
        finally:
            took = round((perf_counter() - started) * 1000, 1)
            self._log(log_entry(scope["method"], scope["path"], scope["client"]) | facts | {"ms": took})

    def _check_host(self, scope: Scope) -> None:
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        found = _HOST.fullmatch(named[0]) if len(named) == 1 else None
        if found is None:
            if not named and scope["http_version"] == "1.0":
                return
            raise Problem(400, "has no proper Host field", where="request")
        if self._hosts is not None and found[1].lower() not in self._hosts:
            # A page of another site whose name was pointed at this machine ends here.
            advice = "Give imagingkg serve the option --name for each name that it is reached by"
            raise Problem(421, f"is for the host {found[1]!r}, which this server does not answer to", advice)


def log_entry(method: str, path: str, client: tuple[str, int] | None) -> dict[str, Any]:
    """The part of a log entry that each request has."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"time": now, "client": client[0] if client else "", "method": method, "path": path}


def _problem_response(scope: Scope, problem: Problem) -> Response:
    # What stands in brackets may quote the query, which the log is to be without.
    scope["facts"]["problem"] = problem.what.partition(" (")[0]
    headers = {"cache-control": "no-store", **problem.headers}
    return Response(problem_body(problem.status, str(problem)), problem.status, headers, MEDIA)


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return _problem_response(request.scope, problem)


async def _no_page(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = "There are /, /sparql and /healthz" if error.status_code == HTTPStatus.NOT_FOUND else error.detail
    return Response(problem_body(error.status_code, detail), error.status_code, error.headers, MEDIA)


async def _fault(_: Request, __: Exception) -> Response:
    return Response(problem_body(500, "A fault of the server; its log says more"), 500, media_type=MEDIA)
