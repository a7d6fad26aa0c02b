"""Large RDF files of ours in pieces: to load one in little memory, or to find where two differ without parsing them.

Only for what `graph.write` wrote, whose blocks are known by their ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

from pyoxigraph import RdfFormat, Store

from imagingkg.errors import GraphError

PIECE: Final = 12 * 1024 * 1024
REBUILD: Final = "Build it again: imagingkg build SOURCES -o DIRECTORY"
_SLICE: Final = 64 * 1024  # bytes that are compared at once
_WINDOW: Final = 32 * 1024 * 1024  # bytes in which two files are searched for where they agree again
_PREFIX: Final = b"@prefix "
_ENDS: Final = {RdfFormat.TURTLE: b" .\n\n", RdfFormat.TRIG: b"\n}\n"}
"""What ends a stretch that stands alone: a block with an empty line behind it, a named graph. See `graph.write`."""
_OPENS: Final = b" {\n"  # behind the name of a graph
_SUBJECT_END: Final = b" .\n"


def load_file(store: Store, path: Path, form: RdfFormat) -> None:
    """Load the file into the store, in pieces where it is large.

    Raises GraphError for a file that cannot be read or parsed, and OSError where the store cannot be written.
    """
    try:
        if path.stat().st_size <= PIECE:
            store.bulk_load(input=path.read_bytes(), format=form)
        else:  # loaded whole, ten million triples would take gigabytes of memory
            for piece in pieces(path, form):
                store.bulk_load(input=piece, format=form)
    except OSError as error:
        if error.errno is None:  # RocksDB's, about its own files
            raise
        raise GraphError(str(path), f"cannot be read ({error.strerror or error})") from error
    except (SyntaxError, ValueError) as error:
        raise GraphError(str(path), f"is damaged ({error})", REBUILD) from error


def pieces(path: Path, form: RdfFormat, size: int = PIECE) -> Iterator[bytes]:
    """The file in pieces of about `size` bytes, each with the prefixes; a stretch that is longer stays whole.

    Raises OSError.
    """
    end = _ENDS[form]
    rest = b""
    with path.open("rb") as file:
        head = prefixes(file)
        while data := file.read(size):
            rest += data
            cut = rest.rfind(end) + len(end)
            if cut >= len(end):
                yield head + rest[:cut]
                rest = rest[cut:]
        if rest.strip():
            yield head + rest


def prefixes(file: IO[bytes]) -> bytes:
    """The lines of prefixes with which the file begins; it is left at the first byte behind them."""
    file.seek(0)
    lines = []
    while (line := file.readline()).startswith(_PREFIX):
        lines.append(line)
    head = b"".join(lines)
    file.seek(len(head))
    return head


def differences(
    old: Path, new: Path, form: RdfFormat, window: int = _WINDOW
) -> Iterator[tuple[Sequence[bytes], Sequence[bytes]]]:  # fmt: skip
    """The blocks that only `old` has and those that only `new` has, from place to place, without the prefixes.

    Of a named graph that both have, only the blocks of subjects that differ are given, as a graph of that name. Where
    the blocks are in the same order this takes hardly longer than to read both files; one that was moved by more than
    `window` bytes is given on both sides. Raises OSError, and ValueError for what `graph.write` did not write.
    """
    with ExitStack() as opened:
        one, other = (opened.enter_context(path.open("rb")) for path in (old, new))
        for gone, come in _walk(one, other, _ENDS[form], window):
            yield _within_graphs(gone, come) if form == RdfFormat.TRIG else (gone, come)


def _walk(old: IO[bytes], new: IO[bytes], end: bytes, window: int) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Goes through both files in step; blocks are told apart only where their bytes differ."""
    at_old, at_new = len(prefixes(old)), len(prefixes(new))
    size = min(_SLICE, window)
    while True:
        one, other = _bytes_at(old, at_old, size), _bytes_at(new, at_new, size)
        at_ends = len(one) < size and len(other) < size
        if one == other:
            if at_ends:
                return
            if (cut := one.rfind(end) + len(end)) < len(end):  # a block that is longer than the slice
                size *= 2
                continue
            at_old, at_new, size = at_old + cut, at_new + cut, min(_SLICE, window)
            continue
        before, after = _blocks(one, end, last=len(one) < size), _blocks(other, end, last=len(other) < size)
        if not (at_ends or not one or not other):
            agreed = _up_to_last_common(before, after)
            # A long insertion is no reason to take all that follows for different.
            if agreed == (0, 0) and (size < window or not before or not after):
                size *= 2
                continue
            if agreed != (0, 0):
                before, after = before[: agreed[0]], after[: agreed[1]]
        if not before and not after:
            size *= 2
            continue
        in_old, in_new = frozenset(before), frozenset(after)
        yield [b for b in before if b not in in_new], [b for b in after if b not in in_old]
        if at_ends:
            return
        at_old, at_new = at_old + sum(map(len, before)), at_new + sum(map(len, after))
        size = min(_SLICE, window)


def _bytes_at(file: IO[bytes], place: int, size: int) -> bytes:
    file.seek(place)
    return file.read(size)


def _blocks(data: bytes, end: bytes, *, last: bool) -> list[bytes]:
    """The whole blocks at the start of `data`; what is behind the last `end` is one too where the file ends there."""
    *whole, rest = data.split(end)
    blocks = [block + end for block in whole]
    return [*blocks, rest] if last and rest else blocks


def _up_to_last_common(before: Sequence[bytes], after: Sequence[bytes]) -> tuple[int, int]:
    """How many blocks of each side go up to the last that both have; none where they have none."""
    places = {block: place for place, block in enumerate(after, 1)}
    for place in range(len(before), 0, -1):
        if there := places.get(before[place - 1]):
            return place, there
    return 0, 0


def _within_graphs(gone: Sequence[bytes], come: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Named graphs that both sides have, without the blocks that are the same in both."""
    before, after = (dict(_subjects(graph) for graph in graphs) for graphs in (gone, come))
    if len(before) != len(gone) or len(after) != len(come):
        raise ValueError("a named graph is there twice")
    return _without(before, after), _without(after, before)


def _subjects(graph: bytes) -> tuple[bytes, list[bytes]]:
    """The line that names a graph, and the blocks of its subjects."""
    name, opens, body = graph.strip().partition(_OPENS)
    *blocks, rest = body.split(_SUBJECT_END)
    if not opens or rest != b"}":
        raise ValueError(f"{graph[:80]!r} is no named graph as imagingkg writes them")
    return name, [block + _SUBJECT_END for block in blocks]


def _without(graphs: dict[bytes, list[bytes]], others: dict[bytes, list[bytes]]) -> list[bytes]:
    found = []
    for name, blocks in graphs.items():
        same = frozenset(others.get(name, ()))
        if left := b"".join(block for block in blocks if block not in same):
            found.append(b"%s%s%s}\n" % (name, _OPENS, left))
    return found
