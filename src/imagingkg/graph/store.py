"""The graph as a store to ask: layers 1-4 merged once in the default graph, the named graphs of graph.trig beside it.

The store is an index and no more: it rewrites literals ("0.950" becomes "0.95"), so nothing is ever exported from it.
Its directory is named after the checksums of the files that it was made from; that name is what tells a fresh one from
a stale one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pyoxigraph
from pyoxigraph import RdfFormat, Store

from imagingkg.errors import GraphError, KgError
from imagingkg.graph.pieces import REBUILD, load_file
from imagingkg.graph.reindex import Pair, updated_index
from imagingkg.ledger import file_look
from imagingkg.staging import recover

GRAPH_FILES: Final = {
    "graph.ttl": RdfFormat.TURTLE,
    "inferred.ttl": RdfFormat.TURTLE,
    "graph.trig": RdfFormat.TRIG,
}
"""The files of an output directory that are loaded, in this order."""

_SEEN: Final = "seen.json"  # in an index: size, time and number of the files that it was made from


def is_url(place: str) -> bool:
    """Is this the address of a graph elsewhere (`graph.remote`), and not a directory?"""
    return place.lower().startswith(("http://", "https://"))


def open_store(output: Path) -> Store:
    """The store of a built `output` directory, for reading; made (again) first where it is missing, stale or damaged.

    Where the directory cannot be written, the store is made in memory. Raises GraphError for an output that is missing,
    incomplete or not the RDF that it should be.
    """
    index = index_path(output)
    for _ in range(2):
        if index.is_dir():
            try:
                return Store.read_only(str(index))
            except (OSError, RuntimeError):  # RocksDB calls corruption a runtime error
                shutil.rmtree(index, ignore_errors=True)
        try:
            build_store(output, output / "store")
        except OSError:
            break
    return _load(output, Store())


def build_store(output: Path, target: Path, before: Path | None = None) -> Path:
    """Make the index of `output` inside the directory `target` (made if missing) and give its path.

    Where `before` is the build before, with a fresh index and not too different, that index is brought up to date,
    which takes as long as what differs is large. It stays as it is, and the new one holds what one made from nothing
    would. What stood in `target` from earlier builds is removed once the new index is whole. Raises GraphError as
    `open_store` does, and OSError where `target` cannot be written.
    """
    index = target / _index_name(output)
    target.mkdir(parents=True, exist_ok=True)
    # Built aside and renamed when whole, so that a killed run or a second one beside it never leaves half an index.
    staged = Path(tempfile.mkdtemp(prefix="making-", dir=target))
    try:
        made = staged / "index"
        if before is None or not _updated(before, output, made):
            shutil.rmtree(made, ignore_errors=True)
            with _numbered_errors():
                store = _load(output, Store(str(made)))
                store.optimize()
                store.flush()
                del store  # RocksDB lets go of its files only then
        with suppress(OSError):  # someone else was faster, and theirs is the same
            made.rename(index)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    _note(output, index)
    for old in target.iterdir():
        if old != index and old.name.startswith("index-"):
            shutil.rmtree(old, ignore_errors=True)
    return index


def index_path(output: Path) -> Path:
    """Where the index of `output` is, or would be. Raises GraphError for an output that is missing or incomplete."""
    return output / "store" / _index_name(output)


def load_turtle(path: Path) -> Store:
    """One Turtle file in memory, for work that needs no named graphs. Raises GraphError."""
    store = Store()
    load_file(store, path, RdfFormat.TURTLE)
    return store


def graph_file(output: Path, name: str) -> Path:
    """The path of one of GRAPH_FILES in `output`, after a swap that a killed build left half done is finished.

    Raises GraphError where it is missing.
    """
    recover(output)
    path = output / name
    if not output.is_dir():
        raise GraphError(
            str(output), "there is no such directory", "Build it first: imagingkg build SOURCES -o DIRECTORY"
        )
    if not path.is_file():
        raise GraphError(str(output), f"holds no {name}, so it is no finished build", REBUILD)
    return path


@contextmanager
def _numbered_errors() -> Iterator[None]:
    """RocksDB says in words that the disk is full; with the number of that error, others know it for what it is."""
    try:
        yield
    except OSError as error:
        number = next((n for n in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) if os.strerror(n) in str(error)), None)
        if error.errno is not None or number is None:
            raise
        raise OSError(number, os.strerror(number)) from error


def _updated(before: Path, output: Path, made: Path) -> bool:
    """Was the index `made` of `output` made from that of the build `before`?"""
    try:
        old = index_path(before)
        files = [Pair(graph_file(before, name), output / name, form) for name, form in GRAPH_FILES.items()]
    except (OSError, KgError):
        return False
    return old.is_dir() and updated_index(old, made, files, made.parent)


def _index_name(output: Path) -> str:
    paths = [graph_file(output, name) for name in GRAPH_FILES]
    looks = _looks(output)
    for note in (output / "store").glob(f"index-*/{_SEEN}"):
        with suppress(OSError, ValueError):
            if json.loads(note.read_bytes()) == looks:
                return note.parent.name
    digest = hashlib.sha256(pyoxigraph.__version__.encode("ascii"))  # another version may write another format
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    index = f"index-{digest.hexdigest()[:24]}"
    _note(output, output / "store" / index)
    return index


def _looks(output: Path) -> list[object]:
    """What tells without reading them whether the files are those that an index was made from."""
    return [pyoxigraph.__version__, *(file_look(output / name) for name in GRAPH_FILES)]


def _note(output: Path, index: Path) -> None:
    """Note in the index, where there is one, what its files look like.

    To read gigabytes before every query would take longer than the query.
    """
    with suppress(OSError):
        (index / _SEEN).write_text(json.dumps(_looks(output)), encoding="ascii")


def _load(output: Path, store: Store) -> Store:
    for name, form in GRAPH_FILES.items():
        load_file(store, graph_file(output, name), form)
    return store
