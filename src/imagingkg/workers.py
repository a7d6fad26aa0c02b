"""Who does the reading: this process, or several. One function a kind; WORKERS lists them.

Each takes the items, a picklable `prepare` that gives the function to apply (called once in each process, so that the
automaton is built once), and the number of jobs; results come back in the order of the items.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

Item = TypeVar("Item")
Out = TypeVar("Out")
_CHUNK: Final = 16
_work: Callable[[Any], Any] | None = None  # set once in each worker process, never in the parent


def here(items: Iterable[Item], prepare: Callable[[], Callable[[Item], Out]], jobs: int = 1) -> Iterator[Out]:  # noqa: ARG001 (one signature for all workers)
    """Do it in this process, one item after the other."""
    return map(prepare(), items)


def processes(items: Iterable[Item], prepare: Callable[[], Callable[[Item], Out]], jobs: int = 0) -> Iterator[Out]:
    """Share the items out to `jobs` processes (0: one for each processor that this process may use)."""
    count = jobs or len(os.sched_getaffinity(0))
    if count == 1:
        yield from here(items, prepare)
        return
    # Started fresh, not forked: a fork would copy whatever threads and locks the caller happens to hold.
    context = multiprocessing.get_context("spawn")
    with context.Pool(count, initializer=partial(_start, prepare)) as pool:
        yield from pool.imap(_apply, items, chunksize=_CHUNK)


def _start(prepare: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _work = prepare()


def _apply(item: Any) -> Any:
    if _work is None:
        raise RuntimeError("the worker was not started")
    return _work(item)


WORKERS: Final[dict[str, Callable[..., Iterator[Any]]]] = {"here": here, "processes": processes}
