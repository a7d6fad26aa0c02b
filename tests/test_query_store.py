"""The store is opened where it is fresh, made again where it is not, and a missing or damaged build is named."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Store

from imagingkg.errors import GraphError
from imagingkg.graph.store import build_store, load_turtle, open_store
from small_graph import small_build, small_store


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return small_build(tmp_path / "output")


def triples(store: Store) -> set[str]:
    return {str(quad) for quad in store}


def indexes(output: Path) -> list[str]:
    return sorted(path.name for path in (output / "store").iterdir())


def test_the_store_holds_the_layers_once_and_the_named_graphs(output: Path) -> None:
    assert triples(open_store(output)) == triples(small_store())


def test_a_fresh_store_is_opened_and_not_made_again(output: Path) -> None:
    index = build_store(output, output / "store")
    before = {p: p.stat().st_mtime_ns for p in index.glob("*.sst")}
    assert before
    first, second = open_store(output), open_store(output)
    assert len(first) == len(second)
    assert {p: p.stat().st_mtime_ns for p in index.glob("*.sst")} == before


def test_a_store_for_reading_cannot_be_changed(output: Path) -> None:
    store = open_store(output)
    with pytest.raises(RuntimeError):
        store.update("DELETE WHERE { ?s ?p ?o }")


def test_a_stale_store_is_made_again_and_the_old_one_goes(output: Path) -> None:
    open_store(output)
    (old,) = indexes(output)
    with (output / "graph.ttl").open("a", encoding="utf-8") as file:
        file.write("<http://example.org/new> a ikg:Document .\n")
    assert any("http://example.org/new" in quad for quad in triples(open_store(output)))
    (new,) = indexes(output)
    assert new != old


def test_a_damaged_store_is_made_again(output: Path) -> None:
    index = build_store(output, output / "store")
    (index / "CURRENT").write_bytes(b"nonsense\n")
    assert triples(open_store(output)) == triples(small_store())
    assert indexes(output) == [index.name]


def test_where_nothing_can_be_written_the_store_is_made_in_memory(output: Path) -> None:
    (output / "store").write_text("a file where the directory should be", encoding="utf-8")
    assert triples(open_store(output)) == triples(small_store())


def test_a_store_can_be_built_elsewhere(output: Path, tmp_path: Path) -> None:
    index = build_store(output, tmp_path / "elsewhere")
    assert triples(Store.read_only(str(index))) == triples(small_store())
    assert not (output / "store").exists()


@pytest.mark.parametrize("name", ["graph.ttl", "inferred.ttl", "graph.trig"])
def test_an_incomplete_build_is_named_with_the_way_out(output: Path, name: str) -> None:
    (output / name).unlink()
    with pytest.raises(GraphError, match=f"holds no {name}.*imagingkg build"):
        open_store(output)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="there is no such directory"):
        open_store(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["graph.ttl", "inferred.ttl", "graph.trig"])
def test_a_file_that_is_no_rdf_is_named_and_leaves_no_index(output: Path, name: str) -> None:
    (output / name).write_bytes(b"\xff\xfe this is not Turtle")
    with pytest.raises(GraphError, match=f"{name}: is damaged"):
        open_store(output)
    assert indexes(output) == []


def test_one_file_is_loaded_alone(output: Path) -> None:
    store = load_turtle(output / "graph.ttl")
    assert list(store.named_graphs()) == []
    assert triples(store) < triples(small_store())


ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from imagingkg.graph.store import build_store, open_store
output, target = map(Path, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    build_store(output, target)
except OSError as error:
    print(error.errno, error.strerror)
print(len(open_store(output)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_full_disk_is_told_as_such_and_the_store_is_made_in_memory(sample_output: Path, tmp_path: Path) -> None:
    """A limit on the size of files is met as a full disk is: the index cannot be written."""
    output = tmp_path / "output"
    shutil.copytree(sample_output, output, ignore=shutil.ignore_patterns("store"))
    words = [sys.executable, "-c", ON_A_FULL_DISK, str(output), str(tmp_path / "target")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    said, held = done.stdout.splitlines()
    assert said == f"{errno.EFBIG} {os.strerror(errno.EFBIG)}"
    assert int(held) == len(open_store(sample_output))
    assert [*(tmp_path / "target").iterdir(), *(output / "store").iterdir()] == []
