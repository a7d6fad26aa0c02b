"""What each document adds to the files of a build, in the order of documents: new pieces, put between those of a build
before where that has the rest.

A row of the table stands for a document: its line in the list of what is wanted (LINE bytes), and the length of its
piece in each column. Where a piece begins follows from the lengths before it.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from struct import Struct
from types import TracebackType
from typing import IO, Final, NamedTuple, Self

from imagingkg.ledger import LINE

COLUMNS: Final = ("claims", "documents", "assertions", "graphs", "inferred")
_LENGTHS: Final = Struct(f"={len(COLUMNS)}I")
_ROW: Final = LINE + _LENGTHS.size
_STRETCH: Final = 1 << 20


class Row(NamedTuple):
    """A document: its line, and the length of its piece in each column, in bytes."""

    line: bytes
    claims: int
    documents: int
    assertions: int
    graphs: int
    inferred: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """The table of a build before, and for each column the file that has its pieces and where they begin in it."""

    table: Path
    places: Mapping[str, tuple[Path, int]]


class Bodies:
    """The pieces of the documents: `add` the new ones in order, then `read` a column.

    The new ones lie in `scratch`, those of claims at once in the file `claims` where all of them are new.
    """

    def __init__(self, scratch: Path, claims: Path, earlier: Earlier | None = None) -> None:
        self._earlier = earlier
        self._claims = claims
        self._open = ExitStack()
        places = {name: scratch / f"{name}.part" for name in (*COLUMNS, "rows")}
        if earlier is None:
            places["claims"] = claims
        self._new = {name: self._open.enter_context(place.open("w+b")) for name, place in places.items()}
        self._old = self._open.enter_context(opened_table(earlier.table)) if earlier else Table(memoryview(b""))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, line: bytes, pieces: Sequence[bytes]) -> None:
        """Takes in the pieces of the next new document, one for each of COLUMNS."""
        for name, piece in zip(COLUMNS, pieces, strict=True):
            self._new[name].write(piece)
        self._new["rows"].write(line + _LENGTHS.pack(*map(len, pieces)))

    def read(self, column: str) -> Iterator[bytes]:
        """All pieces of a column, one after the other, in stretches of any length. Raises OSError."""
        new = self._new[column]
        new.seek(0)
        if self._earlier is None:
            yield from _stretches(new)
            return
        path, start = self._earlier.places[column]
        with path.open("rb") as old:
            old.seek(start)
            for before, row in self._in_turn():
                yield from _stretches(old, self._old.length(column, *before))
                if row is not None:
                    yield from _stretches(new, getattr(row, column))

    def finish_claims(self) -> None:
        """Sees to it that the file of claims has all of them."""
        if self._earlier is None:
            self._new["claims"].flush()
            return
        with self._claims.open("wb") as out:
            out.writelines(self.read("claims"))

    def write_table(self, path: Path) -> None:
        """Writes the table of all documents."""
        with path.open("wb") as out:
            for (first, last), row in self._in_turn():
                out.write(self._old.data[first * _ROW : last * _ROW])
                if row is not None:
                    out.write(row.line + _LENGTHS.pack(*row[1:]))

    def _in_turn(self) -> Iterator[tuple[tuple[int, int], Row | None]]:
        """The stretches of the old table, each with the new row behind it; none behind the last."""
        rows = self._new["rows"]
        rows.seek(0)
        at = 0
        while packed := rows.read(_ROW):
            row = Row(packed[:LINE], *_LENGTHS.unpack(packed[LINE:]))
            place = bisect_left(self._old, row.line, lo=at)
            yield (at, place), row
            at = place
        yield (at, len(self._old)), None


class Table:
    """A table as the lines of its rows, which are in order."""

    def __init__(self, data: memoryview) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data) // _ROW

    def __getitem__(self, at: int) -> bytes:
        return bytes(self.data[at * _ROW : at * _ROW + LINE])

    def lines(self) -> Iterator[bytes]:
        """The lines in order."""
        return (bytes(self.data[at : at + LINE]) for at in range(0, len(self.data), _ROW))

    def length(self, column: str, first: int, last: int) -> int:
        """The bytes of the pieces that the rows first:last have in a column."""
        with self.data[first * _ROW : last * _ROW].cast("I") as words:
            return sum(words[LINE // 4 + COLUMNS.index(column) :: _ROW // 4])

    def rows(self) -> Iterator[Row]:
        """The rows in order."""
        for start, end in pairwise(range(0, len(self.data) + 1, _ROW)):
            yield Row(bytes(self.data[start : start + LINE]), *_LENGTHS.unpack(self.data[start + LINE : end]))


@contextmanager
def opened_table(path: Path) -> Iterator[Table]:
    """The table in a file, which is looked at where it lies. Raises OSError, ValueError for one that is empty."""
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as data,
    ):
        yield Table(data)


def _stretches(file: IO[bytes], length: int | None = None) -> Iterator[bytes]:
    """The next so many bytes of a file, or all that follow."""
    left = length
    while left is None or left > 0:
        piece = file.read(_STRETCH if left is None else min(_STRETCH, left))
        if not piece:
            if left:
                raise OSError(f"{file.name} is shorter than it was")
            return
        if left is not None:
            left -= len(piece)
        yield piece
