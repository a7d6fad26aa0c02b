"""The small graph of tests/data as tests want it: a store in memory, or a build directory that can be opened."""

from __future__ import annotations

import shutil
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from imagingkg.graph.results import Results, Value

DATA = Path(__file__).parent / "data"
FILES = {"graph.ttl": "small.ttl", "inferred.ttl": "small-inferred.ttl", "graph.trig": "small.trig"}
BASE = "https://w3id.org/imagingkg/"


def small_store() -> Store:
    store = Store()
    for name in FILES.values():
        store.load(path=str(DATA / name), format=RdfFormat.TRIG)
    return store


def small_build(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for target, source in FILES.items():
        shutil.copy(DATA / source, directory / target)
    return directory


def short(value: Value) -> Value:
    """IRIs of the small graph without what they all begin with."""
    return value.removeprefix(BASE) if isinstance(value, str) else value


def rows(results: Results) -> list[tuple[Value, ...]]:
    return [tuple(map(short, row.values())) for row in results]
