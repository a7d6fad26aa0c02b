"""Shards: what was made of a batch of documents, sorted and checked, so that no run makes it twice.

A shard is one file. Its first line, JSON, has the keys of its entries and a checksum of them; then come the entries,
sorted by place, each a JSON line (place, checksum, lengths of the parts) with the parts behind it. Nothing in a shard
is ever executed or unpickled, and a shard that was cut short, changed or swapped for another is told by its checksums.
"""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from imagingkg.runs import merged_in_groups

FORMAT: Final = 1
SUFFIX: Final = ".shard"
_LONGEST_LINE: Final = 64 * 1024 * 1024
_LARGEST_PART: Final = 1024 * 1024 * 1024

Place = tuple[str, str, str, str]
"""Hash of the text, source, id, key: entries stand in this order, and the first of one text is the one that counts."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was made of one document. `key` (the last of `place`) names everything that it was made from."""

    place: Place
    parts: tuple[bytes, ...]


class DamagedShard(Exception):
    """A shard is not as it was written; `path` is to be removed, and its documents are to be read again."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def shard_of(entries: Sequence[Entry]) -> tuple[str, bytes]:
    """The entries as a shard: its name and its bytes."""
    ordered = sorted(entries, key=attrgetter("place"))
    keys = [entry.place[3] for entry in ordered]
    name = _digest("".join(keys).encode())
    head = _line({"shard": FORMAT, "keys": keys, "check": name})
    return name, b"".join([head, *(piece for entry in ordered for piece in _pieces(entry))])


def write_shard(folder: Path, name: str, data: bytes) -> Path:
    """Writes a shard and gives its path. It is whole when it appears under its name."""
    draft = folder / f"{name}.{os.getpid()}.draft"
    draft.write_bytes(data)
    return draft.replace(folder / f"{name}{SUFFIX}")


def read_keys(path: Path) -> list[str]:
    """The keys of a shard's entries, in the order of their places. Raises DamagedShard."""
    try:
        with path.open("rb") as file:
            return _keys(file.readline(_LONGEST_LINE))
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise DamagedShard(path) from error


def read_shard(path: Path) -> Iterator[Entry]:
    """The entries of a shard, each checked. Raises DamagedShard at the first that is not as it was written."""
    try:
        with path.open("rb") as file:
            for key in _keys(file.readline(_LONGEST_LINE)):
                head = json.loads(file.readline(_LONGEST_LINE).decode("ascii"))
                entry = Entry(_place(head["place"]), tuple(_part(file.read(_length(n)), n) for n in head["parts"]))
                if file.read(1) != b"\n" or entry.place[3] != key or _checksum(entry) != head["check"]:
                    raise ValueError
                yield entry
            if file.read(1):
                raise ValueError
    except (OSError, ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise DamagedShard(path) from error


def merged(paths: Sequence[Path], scratch: Path) -> Iterator[Entry]:
    """The entries of all shards in the order of their places; many shards go by way of larger ones in `scratch`.

    Raises DamagedShard.
    """
    made = 0

    def join(streams: Sequence[Iterator[Entry]]) -> Path:
        nonlocal made
        made += 1
        path = scratch / f"joined-{made:05}{SUFFIX}"
        with path.open("wb") as out:
            out.writelines(piece for entry in _in_order(streams) for piece in _pieces(entry))
        return path

    return _in_order([_read_any(path) for path in merged_in_groups(sorted(paths), _read_any, join)])


def _in_order(streams: Sequence[Iterator[Entry]]) -> Iterator[Entry]:
    return heapq.merge(*streams, key=attrgetter("place"))


def _pieces(entry: Entry) -> Iterator[bytes]:
    lengths = [len(part) for part in entry.parts]
    yield _line({"place": entry.place, "check": _checksum(entry), "parts": lengths})
    yield from entry.parts
    yield b"\n"


def _read_any(path: Path) -> Iterator[Entry]:
    """The entries of a shard, or of a file of this run's own making that has no keys in front."""
    return _read_joined(path) if path.name.startswith("joined-") else read_shard(path)


def _read_joined(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        while line := file.readline():
            head = json.loads(line)
            yield Entry(_place(head["place"]), tuple(file.read(n) for n in head["parts"]))
            file.read(1)


def _keys(line: bytes) -> list[str]:
    head = json.loads(line)
    keys = head["keys"]
    if head["shard"] != FORMAT or not all(isinstance(key, str) for key in keys):
        raise ValueError
    if _digest("".join(keys).encode()) != head["check"]:
        raise ValueError
    return list(keys)


def _place(value: Any) -> Place:
    sha256, source, name, key = value
    if not all(isinstance(part, str) for part in (sha256, source, name, key)):
        raise ValueError
    return sha256, source, name, key


def _length(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= _LARGEST_PART:
        raise ValueError
    return value


def _part(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise ValueError
    return data


def _checksum(entry: Entry) -> str:
    digest = blake2b("\0".join(entry.place).encode("utf-8", "surrogatepass"), digest_size=16)
    for part in entry.parts:
        digest.update(b"%d " % len(part))
        digest.update(part)
    return digest.hexdigest()


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def clear_drafts(folder: Path) -> None:
    """Remove what killed runs left half written."""
    for path in folder.glob("*.draft"):
        with suppress(OSError):
            path.unlink()
