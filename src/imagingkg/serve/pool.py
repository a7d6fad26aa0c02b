"""Child processes that each answer one query at a time, ready before they are needed.

A child that takes too long is killed, one that dies takes its one query with it, and each is replaced.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final, cast

from imagingkg.errors import GraphError
from imagingkg.serve.frames import ANSWER, Asked, Head, read_head, write_request
from imagingkg.serve.limits import SPOOL_BYTES, Limits

_LONG: Final = 0.05
"""Seconds after which a query is no short one, and the next need not wait for it."""
_SLOW: Final = 1.0
"""Seconds after which a query's process yields to all others."""
_YIELDING: Final = 15
_TICK: Final = 0.002  # how much too early a timer may come
_START_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = (0.1, 0.5, 2.0, 5.0)
_LAST_WORDS: Final = 2_000
_ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "1", "RUST_BACKTRACE": "0"}


class Unanswered(Exception):
    """A query that got no answer: the pool is "busy" or "closing", or the child was ended for its "time" or "memory",
    or "died".
    """


@dataclass(frozen=True, slots=True)
class Answer:
    """A child's answer. The body is bytes, or a file where it is large, `size` bytes long; the taker closes it."""

    head: Head
    body: bytes | IO[bytes]
    size: int


class Child(asyncio.SubprocessProtocol):
    """One process: `ask` it when it is idle.

    `on_long` is called with the child when a query is no short one, `on_end` once, when the process is no more.
    """

    def __init__(self, on_long: Callable[[Child], None], on_end: Callable[[Child], None]) -> None:
        self._on_long = on_long
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[Answer] | None = self._loop.create_future()
        self.ready = self._waiting
        self._data = bytearray()
        self._spool: IO[bytes] | None = None
        self._head = Head(0)
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None
        self._words = b""
        self._since = 0.0
        self._seconds = 0.0
        self.long = False
        self.worn = False
        self.ended = False

    def ask(self, request: bytes, seconds: float) -> asyncio.Future[Answer]:
        """The answer to come; fails with Unanswered."""
        self._waiting = future = self._loop.create_future()
        if self.ended:
            future.set_exception(Unanswered("died"))
            return future
        self._input.write(request)
        self.long = False
        self._seconds = seconds
        self._since = self._loop.time()
        self._timer = self._loop.call_later(min(_LONG, seconds), self._late)
        return future

    def end(self, why: str) -> None:
        """Kill it, whatever it does."""
        self._fail(why)
        if not self.ended:
            self.ended = True
            with suppress(ProcessLookupError):
                self._transport.kill()
            self._on_end(self)

    @property
    def words(self) -> str:
        """What it said on stderr last."""
        return self._words.decode("utf-8", "replace").strip()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self._input = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))

    def pipe_data_received(self, fd: int, data: Any) -> None:
        if fd == 2:
            self._words = (self._words + data)[-_LAST_WORDS:]
            return
        try:
            self._take(data)
        except OSError:  # no room for the spool
            self.end("room")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        self._fail("memory" if b"memory allocation of" in self._words or b"MemoryError" in self._words else "died")
        if not self.ended:
            self.ended = True
            self._on_end(self)

    def _late(self) -> None:
        passed = self._loop.time() - self._since + _TICK
        if passed >= self._seconds:
            self.end("time")
            return
        if not self.long:
            self.long = True
            self._on_long(self)
        if passed >= _SLOW and not self.worn:
            self.worn = True  # what was made to yield cannot be made urgent again
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._transport.get_pid(), _YIELDING)
        next_look = min(moment for moment in (_SLOW, self._seconds) if moment > passed)
        self._timer = self._loop.call_later(next_look - passed, self._late)

    def _take(self, data: bytes) -> None:
        if self._spool is not None:
            self._spool.write(data)
            self._left -= len(data)
            if self._left <= 0:
                self._done(self._spool)
            return
        self._data += data
        if len(self._data) < ANSWER.size:
            return
        head_size, size = ANSWER.unpack_from(self._data)
        start = ANSWER.size + head_size
        if size > SPOOL_BYTES and len(self._data) >= start:
            self._head = read_head(bytes(self._data[ANSWER.size : start]))
            self._spool = TemporaryFile()  # noqa: SIM115 (whoever takes the answer closes it)
            self._spool.write(self._data[start:])
            self._left = size - (len(self._data) - start)
        elif len(self._data) >= start + size:
            self._head = read_head(bytes(self._data[ANSWER.size : start]))
            self._done(bytes(self._data[start:]))

    def _done(self, body: bytes | IO[bytes]) -> None:
        self._spool = None
        self._data.clear()
        future = self._waiting
        if isinstance(body, bytes):
            answer = Answer(self._head, body, len(body))
        else:
            answer = Answer(self._head, body, body.tell())
            body.seek(0)
        self._stop_clock()
        self.worn = self.worn or self._head.worn
        if future is not None and not future.done():
            future.set_result(answer)

    def _fail(self, why: str) -> None:
        self._stop_clock()
        if self._spool is not None:
            self._spool.close()
            self._spool = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Unanswered(why))
            self._waiting.exception()  # seen, whether or not anyone still asks

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Pool:
    """`limits.children` children over the index at `index`."""

    def __init__(self, index: Path, limits: Limits) -> None:
        self.index = index
        self.limits = limits
        self.isolated = True
        self.trouble = ""
        self._children: dict[Child, Path] = {}
        self._idle: list[Child] = []
        self._queue: deque[asyncio.Future[Child]] = deque()
        self._short = 0
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False

    async def open(self) -> None:
        """Start the children. Raises GraphError where none can be started."""
        for _ in range(self.limits.children):
            self._start()
        while not self._children:
            if self.trouble:
                await self.close()
                raise GraphError(str(self.index), f"cannot be served ({self.trouble})", "Delete it, it is made again")
            await asyncio.sleep(0.01)

    def stop(self) -> None:
        """End all children; whoever waits for an answer is told that the server is "closing"."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        for child in list(self._children):
            child.end("closing")
        for place in self._queue:
            if not place.done():
                place.set_exception(Unanswered("closing"))

    async def close(self) -> None:
        """As `stop`, and wait until nothing is left of it."""
        self.stop()
        if self._starting:
            await asyncio.wait(self._starting)

    async def ask(self, asked: Asked) -> Answer:
        """The answer to a query. Raises Unanswered; when it is cancelled, so is the query."""
        child = await self._idle_child()
        try:
            return await child.ask(write_request(asked), self.limits.seconds)
        except asyncio.CancelledError:
            child.end("left")
            raise
        finally:
            self._taken_back(child)

    def switch(self, index: Path) -> None:
        """Answer from another index from now on; queries that run are answered from the old one."""
        self.index = index
        idle, self._idle = self._idle, []
        for child in idle:
            child.end("old")

    def status(self) -> dict[str, int]:
        """How many children there are, how many of them are idle, and how many queries wait for one."""
        return {"children": len(self._children), "idle": len(self._idle), "waiting": len(self._queue)}

    async def _idle_child(self) -> Child:
        if self._closed:
            raise Unanswered("closing")
        if self._idle and self._short < self.limits.together:
            self._short += 1
            return self._idle.pop()  # the one that was busy last: its memory is the warmest
        if len(self._queue) >= self.limits.queue:
            raise Unanswered("busy")
        loop = asyncio.get_running_loop()
        place: asyncio.Future[Child] = loop.create_future()
        self._queue.append(place)
        clock = loop.call_later(self.limits.wait, self._give_up, place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._taken_back(place.result())
            raise
        finally:
            clock.cancel()
            if not place.done() or place.cancelled() or place.exception():
                with suppress(ValueError):
                    self._queue.remove(place)

    @staticmethod
    def _give_up(place: asyncio.Future[Child]) -> None:
        if not place.done():
            place.set_exception(Unanswered("busy"))

    def _taken_back(self, child: Child) -> None:
        if not child.long:
            self._short -= 1
        child.long = False
        if child.worn or self._children.get(child) != self.index:
            child.end("worn")
        if not child.ended:
            self._idle.append(child)
        self._hand_out()

    def _no_longer_short(self, _: Child) -> None:
        self._short -= 1
        self._hand_out()

    def _hand_out(self) -> None:
        while self._queue and self._idle and self._short < self.limits.together:
            place = self._queue.popleft()
            if not place.done():
                self._short += 1
                place.set_result(self._idle.pop())

    def _start(self) -> None:
        task = asyncio.get_running_loop().create_task(self._keep_starting())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _keep_starting(self) -> None:
        for pause in chain(_RETRY_SECONDS, repeat(_RETRY_SECONDS[-1])):
            index = self.index
            child = await self._started(index)
            if child is None:
                await asyncio.sleep(pause)
            elif child.ended or index != self.index:
                child.end("old")
            else:
                self.trouble = ""
                self._children[child] = index
                self._idle.append(child)
                self._hand_out()
                return

    async def _started(self, index: Path) -> Child | None:
        limits = self.limits
        words = (index, os.getpid(), limits.seconds, limits.memory, limits.rows, limits.size)
        command = (sys.executable, "-P", "-m", "imagingkg.serve.child", *map(str, words))
        child = None
        try:
            _, child = await asyncio.get_running_loop().subprocess_exec(
                lambda: Child(self._no_longer_short, self._ended),
                *command,
                env={**os.environ, **_ENVIRONMENT},
                start_new_session=True,
            )
            async with asyncio.timeout(_START_SECONDS):
                answer = await child.ready
        except (OSError, TimeoutError, Unanswered) as error:
            self.trouble = (child.words.splitlines() or [str(error)])[-1] if child else str(error)
            if child is not None:
                child.end("start")
            return None
        except asyncio.CancelledError:
            if child is not None:
                child.end("closing")
            raise
        self.isolated = self.isolated and answer.head.form == "alone"
        return child

    def _ended(self, child: Child) -> None:
        if self._children.pop(child, None) is None:
            return  # it never was ready: whoever starts it tries again
        if child in self._idle:
            self._idle.remove(child)
        if not self._closed:
            self._start()
