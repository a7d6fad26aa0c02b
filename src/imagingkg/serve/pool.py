"""Child processes that answer queries, ready before they are needed.

A child that takes too long is killed, one that dies takes its one query with it, and each is replaced.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from typing import Final

from imagingkg.errors import GraphError
from imagingkg.serve.frames import Asked, write_request
from imagingkg.serve.limits import Limits
from imagingkg.serve.process import Answer, Child, Job, Unanswered

_START_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = (0.1, 0.5, 2.0, 5.0)
_ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "1", "RUST_BACKTRACE": "0"}


class Pool:
    """`limits.children` children over the index at `index`."""

    def __init__(self, index: Path, limits: Limits) -> None:
        self.index = index
        self.limits = limits
        self.isolated = True
        self.trouble = ""
        self._children: dict[Child, None] = {}  # in the order of their start
        self._queue: deque[Job] = deque()
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
        while self._queue:
            self._queue.popleft().fail("closing")

    async def close(self) -> None:
        """As `stop`, and wait until nothing is left of it."""
        self.stop()
        if self._starting:
            await asyncio.wait(self._starting)

    async def ask(self, asked: Asked) -> Answer:
        """The answer to a query. Raises Unanswered; when it is cancelled, so is the query."""
        if self._closed:
            raise Unanswered("closing")
        job = Job(write_request(asked), asyncio.get_running_loop().create_future())
        if not self._placed(job):
            if len(self._queue) >= self.limits.queue:
                raise Unanswered("busy")
            self._wait(job)
            self._queue.append(job)
        try:
            return await job.answer
        except asyncio.CancelledError:
            if job.child is not None and job.child.works_on(job):
                job.child.end("left")
            raise
        finally:
            if job.clock is not None:
                job.clock.cancel()
            if job.child is None:
                with suppress(ValueError):
                    self._queue.remove(job)

    def switch(self, index: Path) -> None:
        """Answer from another index from now on; queries that run are answered from the old one."""
        self.index = index
        for child in list(self._children):
            if not child.jobs:
                child.end("worn")
            else:
                child.worn = True

    def status(self) -> dict[str, int]:
        """How many children there are, how many of them are idle, and how many queries wait for one."""
        idle = sum(not child.jobs for child in self._children)
        return {"children": len(self._children), "idle": idle, "waiting": len(self._queue)}

    def _placed(self, job: Job) -> bool:
        """Give the job to a child, if one can take it now."""
        idle, short = None, []
        for child in self._children:
            if not child.jobs:
                idle = idle or child  # the first one: its memory is the warmest
            elif not child.long:
                short.append(child)
        if idle is not None and len(short) < self.limits.together:
            idle.give(job)
            return True
        least = min(short, key=lambda child: len(child.jobs), default=None)
        if least is None or least.full:
            return False
        least.give(job)
        return True

    def _wait(self, job: Job) -> None:
        job.child = None
        if job.clock is None:
            job.clock = asyncio.get_running_loop().call_later(self.limits.wait, self._give_up, job)

    @staticmethod
    def _give_up(job: Job) -> None:
        job.clock = None
        if job.child is None:
            job.fail("busy")

    def _returned(self, jobs: list[Job]) -> None:
        """Those that a child will not do come first."""
        for job in reversed(jobs):
            if self._closed:
                job.fail("closing")
            elif not job.answer.done():
                self._wait(job)
                self._queue.appendleft(job)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._queue:
            if not self._queue[0].answer.done() and not self._placed(self._queue[0]):
                return
            self._queue.popleft()

    def _freed(self, child: Child) -> None:
        if child in self._children:
            self._hand_out()

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
                child.end("worn")
            else:
                self.trouble = ""
                self._children[child] = None
                self._hand_out()
                return

    async def _started(self, index: Path) -> Child | None:
        limits = self.limits
        words = (index, os.getpid(), limits.seconds, limits.memory, limits.rows, limits.size)
        command = (sys.executable, "-P", "-m", "imagingkg.serve.child", *map(str, words))
        child = None
        try:
            _, child = await asyncio.get_running_loop().subprocess_exec(
                lambda: Child(limits.seconds, self._freed, self._returned, self._ended),
                *command,
                env={**os.environ, **_ENVIRONMENT},
                start_new_session=True,
            )
            async with asyncio.timeout(_START_SECONDS):
                answer = await child.start.answer
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
        # One that never was ready is started again by whoever started it.
        if child in self._children:
            del self._children[child]
            if not self._closed:
                self._start()
