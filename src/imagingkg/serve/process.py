"""One child process as the server sees it: jobs go in, answers come out in the same order.

A child has the next jobs at hand while it works on one, so that it need not sleep between short queries. When it is
killed or works on one for long, those are given back: a child that dies takes one query with it, no more.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any, Final, cast

from imagingkg.serve.frames import ANSWER, Head, read_head
from imagingkg.serve.limits import SPOOL_BYTES

_LONG: Final = 0.05
"""Seconds after which a query is no short one, and no other waits for it."""
_QUICK: Final = 0.01
"""Seconds within which a child must have answered to be given jobs ahead: those given back are done twice."""
_AT_HAND: Final = 4
"""Jobs that a quick child may have at a time."""
_SLOW: Final = 1.0
"""Seconds after which a query's process yields to all others. It is replaced afterwards, which costs a start."""
_YIELDING: Final = 15
_TICK: Final = 0.002  # how much too early a timer may come
_LAST_WORDS: Final = 2_000


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


class Job:
    """A request on its way: `answer` is to come, `child` the one that has it, None while it waits for one."""

    __slots__ = ("answer", "child", "clock", "request")

    def __init__(self, request: bytes, answer: asyncio.Future[Answer]) -> None:
        self.request = request
        self.answer = answer
        self.child: Child | None = None
        self.clock: asyncio.TimerHandle | None = None

    def fail(self, why: str) -> None:
        """Nobody will answer it."""
        if not self.answer.done():
            self.answer.set_exception(Unanswered(why))
            self.answer.exception()  # seen, whether or not anyone still asks


class Child(asyncio.SubprocessProtocol):
    """A process. It calls back with itself: `on_free` when it has answered, `on_end` once, when it is no more; and
    `on_return` with the jobs that it will not do.
    """

    def __init__(
        self,
        seconds: float,
        on_free: Callable[[Child], None],
        on_return: Callable[[list[Job]], None],
        on_end: Callable[[Child], None],
    ) -> None:
        self._seconds = seconds
        self._on_free = on_free
        self._on_return = on_return
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self.start = Job(b"", self._loop.create_future())  # answered when the process is ready
        self.jobs = deque([self.start])
        self._unwritten: list[bytes] = []
        self._data = bytearray()
        self._spool: IO[bytes] | None = None
        self._head = Head(0)
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0
        self._words = b""
        self._quick = False
        self.long = False
        self.worn = False
        self.ended = False

    @property
    def full(self) -> bool:
        """Whether it can take no more jobs now."""
        return len(self.jobs) >= (_AT_HAND if self._quick else 1)

    def give(self, job: Job) -> None:
        """One more job, to be done after those that it has."""
        job.child = self
        self.jobs.append(job)
        # Jobs of one round of the loop go in one write: each write may give the processor away.
        if not self._unwritten:
            self._loop.call_soon(self._write)
        self._unwritten.append(job.request)
        if len(self.jobs) == 1:
            self._start_clock()

    def _write(self) -> None:
        if not self.ended:
            self._input.write(b"".join(self._unwritten))
        self._unwritten.clear()

    def works_on(self, job: Job) -> bool:
        """Whether that is the job that it does now."""
        return bool(self.jobs) and self.jobs[0] is job

    def end(self, why: str) -> None:
        """Kill it: the job that it does now fails, the others are given back. Why "worn": all are."""
        if self.ended:
            return
        self.ended = True
        with suppress(ProcessLookupError):
            self._transport.kill()
        self._leave(why)

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
        elif not self.ended:
            try:
                self._take(data)
            except OSError:  # no room for the spool
                self.end("room")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        if not self.ended:
            self.ended = True
            self._leave("memory" if b"memory allocation of" in self._words or b"MemoryError" in self._words else "died")

    def _leave(self, why: str) -> None:
        self._stop_clock()
        if self._spool is not None:
            self._spool.close()
        if self.jobs and why != "worn":
            self.jobs.popleft().fail(why)
        rest, self.jobs = list(self.jobs), deque()
        self._on_end(self)
        self._on_return(rest)

    def _start_clock(self) -> None:
        self.long = False
        self._since = self._loop.time()
        self._timer = self._loop.call_later(min(_LONG, self._seconds), self._late)

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        passed = self._loop.time() - self._since + _TICK
        if passed >= self._seconds or self.jobs[0].answer.done():
            self.end("time")
            return
        if not self.long:
            self.long = True
            self._give_back()
        if passed >= _SLOW and not self.worn:
            self.worn = True  # what was made to yield cannot be made urgent again
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._transport.get_pid(), _YIELDING)
        next_look = min(moment for moment in (_SLOW, self._seconds) if moment > passed)
        self._timer = self._loop.call_later(next_look - passed, self._late)

    def _give_back(self) -> None:
        """All but the first job. The process answers them all the same: ones that nobody awaits take their place."""
        first, *rest = self.jobs
        self.jobs = deque([first])
        for _ in rest:
            nobody = Job(b"", self._loop.create_future())
            nobody.answer.cancel()
            self.jobs.append(nobody)
        self._on_return(rest)

    def _take(self, data: bytes) -> None:
        if self._spool is not None:
            mine, data = data[: self._left], data[self._left :]
            self._spool.write(mine)
            self._left -= len(mine)
            if self._left:
                return
            size = self._spool.tell()
            self._spool.seek(0)
            spool, self._spool = self._spool, None
            self._done(Answer(self._head, spool, size))
        self._data += data
        while len(self._data) >= ANSWER.size and not self.ended:
            head_size, size = ANSWER.unpack_from(self._data)
            start = ANSWER.size + head_size
            if len(self._data) < start + (0 if size > SPOOL_BYTES else size):
                return
            self._head = read_head(bytes(self._data[ANSWER.size : start]))
            body = bytes(self._data[start : start + size])
            del self._data[: start + size]
            if len(body) < size:
                self._spool = TemporaryFile()  # noqa: SIM115 (whoever takes the answer closes it)
                self._spool.write(body)
                self._left = size - len(body)
                return
            self._done(Answer(self._head, body, size))

    def _done(self, answer: Answer) -> None:
        self._stop_clock()
        job = self.jobs.popleft()
        self._quick = self._loop.time() - self._since < _QUICK
        if not job.answer.done():
            job.answer.set_result(answer)
        elif not isinstance(answer.body, bytes):
            answer.body.close()
        self.long = False
        self.worn = self.worn or answer.head.worn
        if self.worn:
            self.end("worn")
            return
        if self.jobs:
            self._start_clock()
        self._on_free(self)
