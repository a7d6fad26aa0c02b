"""Whoever reads an output finishes a swap that a killed build left half done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from imagingkg.graph.compare import compare
from imagingkg.graph.knowledge import KnowledgeGraph
from imagingkg.graph.store import graph_file, open_store
from imagingkg.graph.verify import verify

READERS: dict[str, Callable[[Path], object]] = {
    "open": lambda output: KnowledgeGraph.open(output).describe(),
    "store": lambda output: len(open_store(output)),
    "file": lambda output: graph_file(output, "claims.jsonl"),
    "verify": verify,
    "compare": lambda output: compare(output, output),
}


@pytest.mark.parametrize("reader", list(READERS))
def test_a_half_done_swap_is_finished_before_anything_is_read(
    sample_output: Path, tmp_path: Path, reader: str
) -> None:
    output, beside = tmp_path / "output", ".output.imagingkg-"
    new, old = tmp_path / f"{beside}0123456789ab", tmp_path / f"{beside}cdef01234567"
    shutil.copytree(sample_output, new, ignore=shutil.ignore_patterns("store"))
    old.mkdir()  # the old output was moved away, and the new one was not yet in its place
    journal = tmp_path / ".output.imagingkg.swap"
    journal.write_text(json.dumps({"new": new.name, "old": old.name}), encoding="utf-8")
    READERS[reader](output)
    assert (output / "graph.ttl").read_bytes() == (sample_output / "graph.ttl").read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["output"]
