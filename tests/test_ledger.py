"""The ledger is what the last build read, or nothing at all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from imagingkg.ledger import HEAD, file_id, key_line, read_ledger, write_ledger
from imagingkg.model import Skipped

FILES = [("a.xml", 3, "0" * 64), ("b \ud800.txt", 0, "1" * 64)]
SKIPPED = [Skipped("x.pdf", "is locked", None), Skipped("y.xml", "takes records back", 3, withdraws=("1", "22"))]
KEYS = [-(1 << 63), -5, 0, 7, 7, (1 << 63) - 1]
WANTED = [f"{n:064x}{n:032x}".encode() for n in range(40)]


def write(folder: Path) -> None:
    write_ledger(folder, FILES, SKIPPED, WANTED, sorted(map(key_line, KEYS)))


def test_a_ledger_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path)
    found = read_ledger(tmp_path)
    assert found is not None
    assert list(found.files) == FILES
    assert list(found.skipped) == SKIPPED
    assert list(found.wanted()) == WANTED
    assert list(found.key_lines()) == sorted({key_line(key) for key in KEYS})


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_was_met_is_known(tmp_path: Path, key: int) -> None:
    write(tmp_path)
    found = read_ledger(tmp_path)
    assert found is not None
    assert found.knows_any([12, key])
    assert not found.knows_any([12, -4, 1])
    assert not found.knows_any([])


def test_a_new_ledger_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    write(tmp_path)
    write_ledger(tmp_path, [], [], [], [])
    found = read_ledger(tmp_path)
    assert found is not None
    assert (list(found.wanted()), found.knows_any(KEYS)) == ([], False)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_byte_changed_in_head_or_body_makes_it_none(tmp_path: Path) -> None:
    write(tmp_path)
    draw = random.Random(1)
    tried = 0
    for path in (tmp_path / HEAD, next(tmp_path.glob("*.ledger"))):
        good = path.read_bytes()
        for _ in range(80):
            data = bytearray(good)
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(7)
            path.write_bytes(data)
            found = read_ledger(tmp_path)
            assert found is None or list(found.files) == FILES  # a blank between two words is no change
            tried += 1
        path.write_bytes(good)
    assert tried == 160
    assert read_ledger(tmp_path) is not None


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "[" * 100_000, '{"said": {}, "check": "x"}'])
def test_what_is_no_ledger_is_none(tmp_path: Path, text: str) -> None:
    assert read_ledger(tmp_path) is None
    (tmp_path / HEAD).write_text(text, encoding="utf-8")
    assert read_ledger(tmp_path) is None


def test_a_file_is_told_by_source_size_and_content(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    first = file_id(path, "a.txt")
    assert first[:2] == ("a.txt", 3)
    path.write_bytes(b"abd")
    assert file_id(path, "a.txt") != first
