"""Who does the reading: this process, several, or a cluster. One function a kind; WORKERS lists them.

Each takes the items, a picklable `prepare` that gives the function to apply (called once in each process, so that the
automaton is built once), and the number of jobs; results come back in the order of the items.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, Final, TypeVar

from imagingkg.errors import KgError

Item = TypeVar("Item")
Out = TypeVar("Out")
_work: Callable[[Any], Any] | None = None  # set once in each worker process, never in the parent


def here(items: Iterable[Item], prepare: Callable[[], Callable[[Item], Out]], jobs: int = 1) -> Iterator[Out]:  # noqa: ARG001 (one signature for all workers)
    """Do it in this process, one item after the other."""
    return map(prepare(), items)


def processes(items: Iterable[Item], prepare: Callable[[], Callable[[Item], Out]], jobs: int = 0) -> Iterator[Out]:
    """Share the items out to `jobs` processes (0: one for each processor that this process may use).

    Raises KgError where a process dies, as it does when the system runs out of memory.
    """
    count = jobs or len(os.sched_getaffinity(0))
    if count == 1:
        yield from here(items, prepare)
        return
    # Started fresh, not forked: a fork would copy whatever threads and locks the caller happens to hold.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, context, partial(_start, prepare))
    # Few items ahead of the one that is asked for: a corpus need not fit into memory.
    waiting: deque[Future[Any]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(_apply, item))
            if len(waiting) > 2 * count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        what = "a worker process died; the system may have run out of memory"
        raise KgError("workers", what, "Take fewer --jobs, or --workers here") from error
    finally:
        pool.shutdown(cancel_futures=True)


def spark(items: Iterable[Item], prepare: Callable[[], Callable[[Item], Out]], jobs: int = 0) -> Iterator[Out]:
    """Share the items out by Spark; see `workers_spark`. Raises MissingExtra where it is not installed."""
    # Imported when needed: nothing of Spark is loaded by those who do not ask for it.
    from imagingkg.workers_spark import spark as by_spark

    return by_spark(items, prepare, jobs)


def _start(prepare: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    Thread(target=_end_with_parent, daemon=True).start()
    _work = prepare()


def _end_with_parent() -> None:
    """A parent that is killed tells nobody: its workers would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _apply(item: Any) -> Any:
    if _work is None:
        raise RuntimeError("the worker was not started")
    return _work(item)


WORKERS: Final[dict[str, Callable[..., Iterator[Any]]]] = {"here": here, "processes": processes, "spark": spark}
