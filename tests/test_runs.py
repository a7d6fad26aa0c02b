"""More lines than memory holds come out sorted, and the files open at once stay few."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from imagingkg import runs
from imagingkg.runs import Runs


def lines(count: int) -> list[bytes]:
    draw = random.Random(7)
    return [b"%08x %s" % (draw.randrange(1 << 32), b"x" * draw.randrange(40)) for _ in range(count)]


@pytest.mark.parametrize("memory", [100, 10_000, 10_000_000])
def test_lines_come_out_sorted_whatever_memory_there_is(tmp_path: Path, memory: int) -> None:
    given = lines(3_000)
    found = Runs(tmp_path, "some", memory=memory)
    found.update(given)
    assert list(found) == sorted(given)
    assert bool(list(tmp_path.iterdir())) == (memory < 1_000_000)


def test_equal_lines_come_out_as_often_as_they_went_in_and_twice_the_same(tmp_path: Path) -> None:
    found = Runs(tmp_path, "some", memory=200)
    found.update([b"b", b"a", b"b", b"", b"a"] * 20)
    assert list(found) == [b""] * 20 + [b"a"] * 40 + [b"b"] * 40
    assert list(found) == list(found)
    found.add(b"aa")
    assert list(found)[60] == b"aa"


def test_no_more_than_the_fan_in_are_left_to_be_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "FAN_IN", 5)
    given = lines(600)
    found = Runs(tmp_path, "some", memory=300)
    found.update(given)
    assert len(list(tmp_path.iterdir())) > 25
    assert list(found) == sorted(given)
    assert len(found._files) <= 5


def test_nothing_that_was_added_is_no_lines(tmp_path: Path) -> None:
    found = Runs(tmp_path, "some")
    assert not found
    assert list(found) == []
    found.add(b"")
    assert found
