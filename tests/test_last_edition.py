"""Papers that are added are put between those of the last build, and the bytes are those of all at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingkg import pipeline
from imagingkg.graph.bodies import COLUMNS, Bodies, Earlier, opened_table
from imagingkg.last_edition import read_last
from imagingkg.pipeline import build
from imagingkg.settings import Settings

SETTINGS = Settings(sparql=False, cache="")
FRESH = Settings(sparql=False, cache="none")
SIZE = 110  # enough for the cache to be kept


def record(number: int, **more: object) -> dict[str, object]:
    task, organ = ("segmentation", "glioma") if number % 3 else ("detection", "lung nodule")
    text = f"A CNN called Zebra{number % 7}Net reached an AUC of 0.{100 + number} for the {task} of {organ} on MRI."
    return {"id": f"r{number}", "title": f"Study {number} on the {task} of {organ}", "abstract": text} | more


def written(folder: Path, name: str, *records: dict[str, object]) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def contents(directory: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(directory.iterdir()) if p.is_file()}


@pytest.fixture
def put_in(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many documents each build put in from what was made of them."""
    counts: list[int] = []
    real = pipeline.chosen

    def counted(*given: Any) -> Iterator[Any]:
        counts.append(0)
        for product in real(*given):
            counts[-1] += 1
            yield product

    monkeypatch.setattr(pipeline, "chosen", counted)
    return counts


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return written(tmp_path, "old", *map(record, range(SIZE)))


def same_as_fresh(tmp_path: Path, *sources: Path) -> bool:
    build(sources, tmp_path / "fresh", FRESH)
    return contents(tmp_path / "output") == contents(tmp_path / "fresh")


def test_what_is_added_is_all_that_is_put_in(tmp_path: Path, old: Path, put_in: list[int]) -> None:
    sources = [old]
    build(sources, tmp_path / "output", SETTINGS)
    for step in range(3):
        first = 1_000 * (step + 1)
        sources.append(written(tmp_path, f"new{step}", *map(record, range(first, first + 5 + step))))
        build(sources, tmp_path / "output", SETTINGS)
    build(sources, tmp_path / "output", SETTINGS)
    assert put_in == [SIZE, 5, 6, 7, 0]
    assert same_as_fresh(tmp_path, *sources)


def test_all_is_put_in_again_where_a_paper_is_gone(tmp_path: Path, old: Path, put_in: list[int]) -> None:
    new = written(tmp_path, "new", record(1_000), record(1_001))
    build([old, new], tmp_path / "output", SETTINGS)
    written(tmp_path, "new", record(1_001), record(1_002))
    build([old, new], tmp_path / "output", SETTINGS)
    assert put_in == [SIZE + 2, SIZE + 2]
    assert same_as_fresh(tmp_path, old, new)


def test_a_text_that_is_there_already_is_looked_at_with_all(tmp_path: Path, old: Path, put_in: list[int]) -> None:
    """Two papers with one text: which of the two counts may be another one now."""
    twice = record(3)
    build([old], tmp_path / "output", SETTINGS)
    first = written(tmp_path, "a", twice | {"id": "other", "doi": "10.1000/other"})
    second = written(tmp_path, "b", twice | {"id": "third", "doi": "10.1000/third"})
    build([old, first, second], tmp_path / "output", SETTINGS)
    third = written(tmp_path, "c", record(2_000))
    build([old, first, second, third], tmp_path / "output", SETTINGS)
    assert put_in[0] == SIZE
    assert put_in[1] >= SIZE
    assert put_in[2] == 1
    assert same_as_fresh(tmp_path, old, first, second, third)


FILES = ["edition.json", "table", "passed-over", "studies", "classes", "names", "links"]


def test_what_was_left_is_not_believed_where_it_is_damaged(tmp_path: Path, old: Path, put_in: list[int]) -> None:
    build([old], tmp_path / "output", SETTINGS)
    (cache,) = (path.parent for path in (tmp_path / "output.cache").glob("*/edition"))
    tried = 0
    for name in FILES:
        path = cache / "edition" / name
        data = path.read_bytes()
        middle = len(data) // 2
        for damaged in (None, data[:-3], data[:middle] + b"7" + data[middle:], data + b"x"):
            if damaged != data:
                path.unlink(missing_ok=True)
                if damaged is not None:
                    path.write_bytes(damaged)
                assert read_last(cache, tmp_path / "output") is None
                tried += 1
        path.write_bytes(data)
        assert read_last(cache, tmp_path / "output") is not None
    assert tried >= 4 * len(FILES) - 4  # of an empty file there is no end to cut off
    (cache / "edition" / "table").unlink()
    new = written(tmp_path, "new", record(1_000))
    build([old, new], tmp_path / "output", SETTINGS)
    assert put_in == [SIZE, SIZE + 1]
    assert same_as_fresh(tmp_path, old, new)


def test_an_output_that_somebody_changed_is_written_anew(tmp_path: Path, old: Path, put_in: list[int]) -> None:
    build([old], tmp_path / "output", SETTINGS)
    graph = tmp_path / "output" / "graph.ttl"
    graph.write_bytes(graph.read_bytes().replace(b"glioma", b"GLIOMA"))
    build([old], tmp_path / "output", SETTINGS)
    assert put_in == [SIZE, SIZE]
    assert same_as_fresh(tmp_path, old)


def test_settings_that_change_no_document_hold_for_all_of_them(tmp_path: Path, old: Path, put_in: list[int]) -> None:
    build([old], tmp_path / "output", SETTINGS)
    new = written(tmp_path, "new", record(1_000))
    change: dict[str, Any] = {"licensed_codes": True, "network_nodes": 5, "explorer_documents": 20}
    build([old, new], tmp_path / "output", Settings(sparql=False, **change))
    build([old, new], tmp_path / "fresh", Settings(sparql=False, cache="none", **change))
    assert put_in == [SIZE, 1, SIZE + 1]
    assert contents(tmp_path / "output") == contents(tmp_path / "fresh")


def test_without_sentences_nothing_is_left(tmp_path: Path, old: Path) -> None:
    build([old], tmp_path / "output", Settings(sparql=False, quotes=False))
    assert [*(tmp_path / "output.cache").glob("*/*.shard")] != []
    assert [*(tmp_path / "output.cache").glob("*/edition*")] == []


LINES = st.sets(st.integers(0, 10**6), min_size=1, max_size=30)


@given(LINES, LINES)
def test_new_pieces_stand_where_their_lines_belong(
    tmp_path_factory: pytest.TempPathFactory, a: set[int], b: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("bodies")

    def pieces(number: int) -> list[bytes]:
        return [f"{name}{number};".encode() * (number % 3) for name in COLUMNS]

    def add(bodies: Bodies, numbers: set[int]) -> None:
        for number in sorted(numbers):
            bodies.add(b"%096d" % number, pieces(number))

    with Bodies(folder, folder / "claims") as bodies:
        add(bodies, a)
        bodies.finish_claims()
        bodies.write_table(folder / "table")
        for name in COLUMNS:
            (folder / f"{name}.old").write_bytes(b"before" + b"".join(bodies.read(name)))
    earlier = Earlier(folder / "table", {name: (folder / f"{name}.old", 6) for name in COLUMNS})
    with Bodies(folder, folder / "claims", earlier) as bodies:
        add(bodies, b - a)
        bodies.finish_claims()
        bodies.write_table(folder / "all")
        for number, name in enumerate(COLUMNS):
            assert b"".join(bodies.read(name)) == b"".join(pieces(n)[number] for n in sorted(a | b))
    assert (folder / "claims").read_bytes() == b"".join(pieces(n)[0] for n in sorted(a | b))
    with opened_table(folder / "all") as table:
        assert [int(row.line) for row in table.rows()] == sorted(a | b)
    shutil.rmtree(folder)
