"""The index of a build made from that of the build before: what is gone is taken out, what is new is put in.

The old index is copied by hard links, which costs next to nothing; RocksDB never writes into a file that it has
finished, so that the old one stays as it is. What differs is known from the files of both builds, block for block.
This asks that no triple is said by two blocks of a graph: `graph.files` writes one block a subject, and `graph.reason`
infers only what is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, Store, parse

from imagingkg.errors import GraphError
from imagingkg.graph.pieces import differences, load_file, prefixes

LARGEST_SHARE: Final = 0.2
"""How much may differ, as a share of the bytes of the new files: beyond it an index is as soon made from nothing."""
_TAKEN: Final = "taken"  # in an index: how many bytes were taken out since it was made from nothing


@dataclass(frozen=True, slots=True)
class Pair:
    """An RDF file of `graph.write`, as the build before has it and as the new one does."""

    old: Path
    new: Path
    form: RdfFormat


def updated_index(old: Path, target: Path, files: Sequence[Pair], scratch: Path) -> bool:
    """Make the index `target` of the new files from the index `old` of the old ones, which is not changed: was it made?

    It is not where too much differs or anything is not as it should be; what was begun at `target` is then the
    caller's to remove. Files on the way go into the directory `scratch`.
    """
    try:
        changes = _changes(files, _taken(old), scratch)
        if changes is None:
            return False
        Store.read_only(str(old)).backup(str(target))
        _apply(changes, target)
        (target / _TAKEN).write_text(str(changes.taken), encoding="ascii")
    except (OSError, RuntimeError, SyntaxError, ValueError, GraphError):  # RocksDB calls corruption a runtime error
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Changes:
    """Files of what is gone and of what is new, and the bytes taken out since the index was made from nothing."""

    gone: Sequence[tuple[Path, RdfFormat]]
    new: Sequence[tuple[Path, RdfFormat]]
    taken: int


def _changes(files: Sequence[Pair], taken: int, scratch: Path) -> _Changes | None:
    """What differs, written into `scratch`; None where it is too much or cannot be told.

    What was taken out before counts, since its names and texts stay in the index.
    """
    most = LARGEST_SHARE * sum(pair.new.stat().st_size for pair in files)
    added, gone_files, new_files = 0, [], []
    for pair in files:
        with pair.old.open("rb") as old, pair.new.open("rb") as new:
            head = prefixes(new)
            if prefixes(old) != head:
                return None
        gone_file, new_file = scratch / f"gone-{pair.new.name}", scratch / f"new-{pair.new.name}"
        with gone_file.open("wb") as gone_out, new_file.open("wb") as new_out:
            for out in (gone_out, new_out):
                out.write(head)
            for gone, new_blocks in differences(pair.old, pair.new, pair.form):
                gone_out.writelines(gone)
                new_out.writelines(new_blocks)
                taken, added = taken + sum(map(len, gone)), added + sum(map(len, new_blocks))
                if taken + added > most:
                    return None
        gone_files.append((gone_file, pair.form))
        new_files.append((new_file, pair.form))
    return _Changes(gone_files, new_files, taken)


def _apply(changes: _Changes, index: Path) -> None:
    store = Store(str(index))
    touched: set[NamedNode] = set()
    # A triple can go over from file to file: all that is gone goes before anything comes.
    for path, form in changes.gone:
        for quad in parse(path=str(path), format=form):
            store.remove(quad)
            if isinstance(quad.graph_name, NamedNode):
                touched.add(quad.graph_name)
    for path, form in changes.new:
        load_file(store, path, form)
    for graph in touched:
        if next(store.quads_for_pattern(None, None, None, graph), None) is None:
            store.remove_graph(graph)  # a graph without triples would still be listed
    store.flush()
    del store  # RocksDB lets go of its files only then


def _taken(index: Path) -> int:
    path = index / _TAKEN
    return int(path.read_text(encoding="ascii")) if path.exists() else 0
