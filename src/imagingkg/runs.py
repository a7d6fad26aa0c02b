"""Sorting more lines than memory holds: sorted runs on disk, merged as they are read.

A line is bytes without a line break. Lines come out in the order of their bytes, equal ones as often as they went in.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TypeVar

MEMORY: Final = 24 * 1024 * 1024
"""Bytes of lines that are gathered before they go to disk as one run."""
FAN_IN: Final = 512
"""Files read at once; a system may allow a process no more than 1,024."""
_PER_LINE: Final = 60  # what a bytes object and its place in a list cost beside the bytes

Item = TypeVar("Item")


class Runs:
    """Lines to be sorted: `add` them, then iterate, as often as wanted. The files go into `folder`, which must exist.

    Nothing touches the disk until more than `memory` bytes are gathered. The files are the caller's to remove with the
    folder. `given` are files that `save` wrote, whose lines count as added.
    """

    def __init__(self, folder: Path, name: str, *, memory: int = MEMORY, given: Sequence[Path] = ()) -> None:
        self._folder, self._name, self._memory = folder, name, memory
        self._lines: list[bytes] = []
        self._size = 0
        self._files: list[Path] = [*given]
        self._made = 0

    def add(self, line: bytes) -> None:
        """Takes a line in. A line break within it would tear it apart."""
        self._lines.append(line)
        self._size += len(line) + _PER_LINE
        if self._size > self._memory:
            self._spill()

    def update(self, lines: Iterable[bytes]) -> None:
        """Takes lines in."""
        for line in lines:
            self.add(line)

    def save(self, path: Path) -> None:
        """Writes the lines, sorted, into a file."""
        with path.open("wb") as out:
            out.writelines(line + b"\n" for line in self)

    def __bool__(self) -> bool:
        return bool(self._lines or self._files)

    def __iter__(self) -> Iterator[bytes]:
        self._lines.sort()
        if not self._files:
            return iter(self._lines)
        self._files = merged_in_groups(self._files, _read, self._join)
        return heapq.merge(*map(_read, self._files), iter(self._lines))

    def _spill(self) -> None:
        self._lines.sort()
        self._files.append(self._write(iter(self._lines)))
        self._lines, self._size = [], 0

    def _join(self, streams: Sequence[Iterator[bytes]]) -> Path:
        return self._write(heapq.merge(*streams))

    def _write(self, lines: Iterator[bytes]) -> Path:
        path = self._folder / f"{self._name}-{self._made:05}.run"
        self._made += 1
        with path.open("wb") as out:
            out.writelines(line + b"\n" for line in lines)
        return path


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as lines:
        for line in lines:
            yield line[:-1]


def merged_in_groups(
    files: Sequence[Path], read: Callable[[Path], Iterator[Item]], join: Callable[[Sequence[Iterator[Item]]], Path]
) -> list[Path]:
    """At most FAN_IN files with the content of all: beyond that, groups of them are joined into larger ones first."""
    found = list(files)
    while len(found) > FAN_IN:
        group, found = found[:FAN_IN], found[FAN_IN:]
        with ExitStack() as stack:
            streams = [read(path) for path in group]
            for stream in streams:
                stack.callback(getattr(stream, "close", lambda: None))
            found.append(join(streams))
    return found
