"""What the last build read: its files, and which papers came of them. Files that have not changed are then left alone.

The ledger lies beside the shards, for one state of program, lexicon and settings. Its body has a line for each text
that was wanted, in order, then the keys of all that was met, eight bytes each, sorted; its head names files and
checksums.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from imagingkg.model import Skipped

HEAD: Final = "ledger.json"
LINE: Final = 96
"""Bytes of a line of what is wanted: the hash of a text and the key of an entry, both in hex."""
_KEY: Final = 16  # hex digits of a key in a line of a run
_OFFSET: Final = 1 << 63  # keys are signed; lines of digits sort rightly when they are not
_PIECE: Final = 1 << 20

FileId = tuple[str, int, str]
"""A file by source, size and hash of its content."""


def file_id(path: Path, source: str) -> FileId:
    """What tells the file from any other. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return source, file.tell(), digest


def file_look(path: Path) -> list[int]:
    """Size, time and number of the file: what tells without reading it whether it is the one that was there. Raises
    OSError.
    """
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ino]


def key_line(key: int) -> bytes:
    """A key (of 64 bits, signed) as a line that sorts as the keys do."""
    return b"%016x" % (key + _OFFSET)


@dataclass(frozen=True, slots=True)
class Ledger:
    """An earlier run: its files, what of them could not be used, and in `body` its papers and keys."""

    files: Sequence[FileId]
    skipped: Sequence[Skipped]
    papers: int
    keys: int
    body: Path

    def wanted(self) -> Iterator[bytes]:
        """The lines of what was wanted, sorted."""
        with self.body.open("rb") as file:
            for _ in range(self.papers):
                yield file.read(LINE)

    def key_lines(self) -> Iterator[bytes]:
        """The keys as lines, sorted."""
        with self.body.open("rb") as file:
            file.seek(self.papers * LINE)
            while piece := file.read(_PIECE):
                yield from map(key_line, array("q", piece))

    def knows_any(self, keys: Iterable[int]) -> bool:
        """Did the earlier run meet any of the keys?"""
        asked = sorted(set(keys))
        if not asked or not self.keys:
            return False
        with (
            self.body.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as whole,
            whole[self.papers * LINE :] as part,
            part.cast("q") as known,
        ):
            return any((at := bisect_left(known, key)) < len(known) and known[at] == key for key in asked)


def read_ledger(folder: Path) -> Ledger | None:
    """The ledger in the folder, or None where there is none or it is not as it was written."""
    try:
        head: dict[str, Any] = json.loads((folder / HEAD).read_bytes())
        if _digest([json.dumps(head["said"], sort_keys=True).encode()]) != head["check"]:
            return None
        said = head["said"]
        body = folder / f"{said['body']}.ledger"
        with body.open("rb") as file:
            if _digest(iter(lambda: file.read(_PIECE), b"")) != said["body"]:
                return None
        files = [(str(source), int(size), str(digest)) for source, size, digest in said["files"]]
        skipped = [Skipped(**row | {"withdraws": tuple(row["withdraws"])}) for row in said["skipped"]]
        return Ledger(files, skipped, int(said["papers"]), int(said["keys"]), body)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write_ledger(
    folder: Path, files: Sequence[FileId], skipped: Sequence[Skipped], wanted: Iterable[bytes], keys: Iterable[bytes]
) -> None:
    """Writes the ledger of a run. The old one is there until the new one is whole."""
    draft = folder / "ledger.draft"
    digest = _hasher()
    papers = count = 0
    with draft.open("wb") as out:
        for line in wanted:
            out.write(line)
            digest.update(line)
            papers += 1
        for piece in _packed(keys):
            out.write(piece)
            digest.update(piece)
            count += len(piece) // 8
    name = digest.hexdigest()
    draft.replace(folder / f"{name}.ledger")
    said = {
        "files": files, "skipped": [asdict(s) for s in skipped], "papers": papers, "keys": count, "body": name,
    }  # fmt: skip
    text = json.dumps(said, sort_keys=True)
    head = json.dumps({"said": said, "check": _digest([text.encode()])}, sort_keys=True)
    new = folder / f"{HEAD}.draft"
    new.write_text(head, encoding="ascii")
    new.replace(folder / HEAD)
    for old in folder.glob("*.ledger"):
        if old.stem != name:
            with suppress(OSError):
                old.unlink()


def _packed(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Sorted lines of keys, each once, as numbers of eight bytes in this machine's order."""
    some: array[int] = array("q")
    last = b""
    for line in lines:
        if line != last:
            some.append(int(line[:_KEY], 16) - _OFFSET)
            last = line
        if len(some) >= _PIECE:
            yield some.tobytes()
            some = array("q")
    yield some.tobytes()


def _digest(pieces: Iterable[bytes]) -> str:
    digest = _hasher()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _hasher() -> hashlib.blake2b:
    """A ledger from a machine that writes numbers the other way round counts as none."""
    return hashlib.blake2b(digest_size=16, person=sys.byteorder.encode())
