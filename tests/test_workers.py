"""Workers: each gives what the plain loop gives, in order, and a process that dies is an error, never a hang."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

import pytest

from imagingkg.errors import KgError
from imagingkg.workers import WORKERS, processes

HERE = sorted(set(WORKERS) - {"spark"})  # which has tests of its own, in test_workers_spark.py


def prepare(number: int) -> Callable[[int], int]:
    return partial(pow, number)


def prepare_suicide() -> Callable[[int], int]:
    return suicide


def suicide(number: int) -> int:
    if number == 40:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def prepare_fault() -> Callable[[int], int]:
    return fault


def fault(number: int) -> int:
    return 1 // (number - 40)


@pytest.mark.parametrize("name", HERE)
def test_every_kind_of_worker_gives_the_results_in_the_order_of_the_items(name: str) -> None:
    expected = [2**n for n in range(150)]
    assert list(WORKERS[name](iter(range(150)), partial(prepare, 2), 2)) == expected


@pytest.mark.parametrize("name", HERE)
def test_no_items_are_no_results(name: str) -> None:
    assert list(WORKERS[name]([], partial(prepare, 2), 2)) == []


def test_a_process_that_dies_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(KgError, match="died") as caught:
        list(processes(range(100), prepare_suicide, 2))
    assert "--workers here" in caught.value.advice


@pytest.mark.parametrize("name", HERE)
def test_an_exception_in_the_work_or_in_the_items_comes_through(name: str) -> None:
    with pytest.raises(ZeroDivisionError):
        list(WORKERS[name](range(100), prepare_fault, 2))

    def items() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        list(WORKERS[name](items(), partial(prepare, 2), 2))


def test_items_are_taken_as_they_are_needed() -> None:
    """A corpus need not fit into memory: of endless items few are taken ahead."""
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = processes(endless(), partial(prepare, 1), 2)
    assert list(islice(results, 20)) == [1] * 20
    assert taken < 300
    results.close()  # type: ignore[attr-defined]
