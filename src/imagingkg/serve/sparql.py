"""The endpoint at /sparql: a request comes in, a child answers it, the whole result is at hand before the status is
sent. A plain ASGI application, for speed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from starlette.types import Receive, Scope, Send

from imagingkg.serve.description import describe, holdings, questions
from imagingkg.serve.formats import SOLUTIONS, TRIPLES
from imagingkg.serve.frames import Asked
from imagingkg.serve.limits import BODY_BYTES, Limits
from imagingkg.serve.pool import Pool
from imagingkg.serve.problems import ClientLeft, Problem
from imagingkg.serve.process import Answer, Unanswered
from imagingkg.serve.protocol import (
    METHODS,
    Request,
    by_get,
    by_post,
    check_content_type,
    solutions_type,
    triples_type,
)

Out = TypeVar("Out")
_CHUNK: Final = 1 << 18
_DRAINED: Final = 4 << 20
"""Bytes of a body too large that are taken up all the same: a client reads its answer only when it has sent all."""
_GRACE_SECONDS: Final = 0.1
"""A query that takes less than this is not asked whether its client is still there."""
_ALLOW: Final = ", ".join(METHODS)
_VARY: Final = (b"vary", b"Accept")
_FRESH: Final = (b"cache-control", b"no-cache")


class Sparql:
    """The ASGI application of the endpoint over a pool of children."""

    def __init__(self, pool: Pool, limits: Limits, *, log_queries: bool) -> None:
        self._pool = pool
        self._limits = limits
        self._log_queries = log_queries
        self._held: tuple[Path, int, tuple[str, ...]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", _ALLOW.encode("ascii"))]})
            await send({"type": "http.response.body"})
            return
        if method not in METHODS:
            raise Problem(405, f"has the method {method[:40]}", f"There are {_ALLOW}", headers={"Allow": _ALLOW})
        fields = _fields(scope)
        if method == "POST":
            request = await self._posted(fields, scope["query_string"], receive)
        else:
            request = by_get(scope["query_string"])
        base = f"{scope['scheme']}://{fields.get(b'host', b'localhost').decode('latin-1')}/sparql"
        accept = fields.get(b"accept", b"").decode("latin-1")
        if request.query is None:
            await self._describe(base, accept, scope, send)
            return
        if self._log_queries:
            scope["facts"]["query"] = request.query
        types = solutions_type(accept), triples_type(accept)
        asked = Asked(request.query, base, *types, request.default, request.named)
        if asked.solutions is None and asked.triples is None:
            raise _not_acceptable()
        answer = await _while_connected(receive, self._ask(asked))
        scope["facts"]["form"] = answer.head.form
        await _send(send, answer.head.media, answer.body, answer.size)

    async def _posted(self, fields: dict[bytes, bytes], query_string: bytes, receive: Receive) -> Request:
        content_type = fields.get(b"content-type", b"").decode("latin-1")
        check_content_type(content_type)  # before the body is read
        coding = fields.get(b"content-encoding", b"identity").decode("latin-1").lower()
        if coding != "identity":
            headers = {"Accept-Encoding": "identity"}
            raise Problem(415, f"has packed content ({coding[:40]})", "Unpack it", where="request", headers=headers)
        return by_post(content_type, query_string, await self._body(fields, receive))

    async def _body(self, fields: dict[bytes, bytes], receive: Receive) -> bytes:
        too_large = Problem(
            413, f"has a body of more than {BODY_BYTES:,} bytes", where="request", headers={"Connection": "close"}
        )
        length = fields.get(b"content-length", b"0")
        said = int(length) if length.isdigit() else 0
        if said > BODY_BYTES + _DRAINED or (said > BODY_BYTES and b"expect" in fields):
            raise too_large
        body, size = bytearray(), 0
        try:
            async with asyncio.timeout(self._limits.patience):
                async for part in _parts(receive):
                    size += len(part)
                    if size <= BODY_BYTES:
                        body += part
                    elif size > BODY_BYTES + _DRAINED:
                        break
        except TimeoutError:
            if size <= BODY_BYTES:
                what = f"did not arrive within {self._limits.patience:g} seconds"
                raise Problem(408, what, where="request", headers={"Connection": "close"}) from None
        if size > BODY_BYTES:
            raise too_large
        return bytes(body)

    async def _ask(self, asked: Asked) -> Answer:
        limits = self._limits
        try:
            answer = await self._pool.ask(asked)
        except Unanswered as none:
            why = str(none)
            if why == "time":
                what = f"takes longer than {limits.seconds:g} seconds"
                raise Problem(504, what, "Ask for less, or restrict it further", where="query") from None
            if why == "memory":
                what = f"needs more than {limits.memory >> 20:,} MB of memory"
                raise Problem(503, what, "Ask for less, or restrict it further", where="query") from None
            if why == "busy":
                what = "has more queries than it can answer now"
                raise Problem(
                    503, what, "Try again later", where="server", headers={"Retry-After": f"{limits.wait:.0f}"}
                ) from None
            if why == "closing":
                raise Problem(503, "is ending", where="server") from None
            raise Problem(503, "ended the process that answered it", "Ask for less", where="query") from None
        head = answer.head
        if head.status == 200:
            return answer
        headers = {"Vary": "Accept"} if head.status == 406 else {}
        raise Problem(head.status, head.wrong, head.advice, where="query", headers=headers)

    async def _describe(self, base: str, accept: str, scope: Scope, send: Send) -> None:
        if (media := triples_type(accept)) is None:
            raise _not_acceptable()
        index = self._pool.index
        if self._held is None or self._held[0] != index:  # counting a graph takes its time: once is enough
            count, graphs = [await self._ask(asked) for asked in questions(base)]
            self._held = (index, *holdings(_whole(count.body), _whole(graphs.body)))
        scope["facts"]["form"] = "description"
        data = describe(base, *self._held[1:], media)
        await _send(send, media, data, len(data))


def _fields(scope: Scope) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


def _not_acceptable() -> Problem:
    known = ", ".join((*SOLUTIONS, *TRIPLES))
    return Problem(406, "accepts no type that is written here", f"There are {known}", headers={"Vary": "Accept"})


def _whole(body: bytes | IO[bytes]) -> bytes:
    if isinstance(body, bytes):
        return body
    with body:
        return body.read()


async def _parts(receive: Receive) -> Any:
    """The body of a request as it comes in."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        yield message.get("body", b"")
        more = message.get("more_body", False)


class _Attendance:
    """Cancels the task that it is made in when the client leaves; looks only after a while, as most answers are sooner
    and a look costs more than many a query.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._answering = asyncio.current_task()
        self._look: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._start)
        self.left = False

    def _start(self) -> None:
        self._look = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = True
        if self._answering is not None:
            self._answering.cancel()

    def end(self) -> None:
        """Look no more."""
        self._timer.cancel()
        if self._look is not None:
            self._look.cancel()


async def _while_connected(receive: Receive, work: Coroutine[Any, Any, Out]) -> Out:
    """What `work` gives; it is cancelled when the client leaves, and ClientLeft raised."""
    attendance = _Attendance(receive)
    try:
        return await work
    except asyncio.CancelledError:
        if attendance.left:
            raise ClientLeft from None
        raise
    finally:
        attendance.end()


async def _send(send: Send, media: str, body: bytes | IO[bytes], size: int) -> None:
    headers = [
        (b"content-type", _content_type(media)),
        (b"content-length", b"%d" % size),
        _VARY,
        _FRESH,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if isinstance(body, bytes):
        await send({"type": "http.response.body", "body": body})
        return
    with body:
        while part := body.read(_CHUNK):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _content_type(media: str) -> bytes:
    return (media + "; charset=utf-8" if media.startswith("text/") else media).encode("ascii")
