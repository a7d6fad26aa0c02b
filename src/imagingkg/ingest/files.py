"""From what the user named to files to read: folders are walked, and what cannot be a text is named and left aside."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Final

from imagingkg.cache import MARKER as CACHE_MARKER
from imagingkg.errors import InputError
from imagingkg.ingest.controls import printable
from imagingkg.model import Skipped
from imagingkg.staging import is_ours

MAX_BYTES: Final = 64 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024
_ODD_FILES: Final = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file to read; `source` is its path below the root that was given, or its name.

    Of what lies packed in a file, `name` is the name that tells its format and `unpack` opens it.
    """

    path: Path
    source: str
    name: str = ""
    unpack: Callable[[], BufferedReader] | None = None

    @property
    def suffix(self) -> str:
        """The lower-case suffix that tells the format, unpacked: ".xml" for "pubmed.xml.gz"."""
        return Path(self.name or self.path.name).suffix.lower()

    def open(self) -> BufferedReader:
        """The bytes, unpacked, from the start. Reading may raise InputError where they are packed badly."""
        return self.unpack() if self.unpack else self.path.open("rb")

    def read(self) -> bytes:
        """All the bytes, for formats that only make sense whole. Raises InputError for more than MAX_BYTES."""
        with self.open() as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(self.source, f"has more than {MAX_BYTES:,} bytes, the limit for such files")
        return data

    def chunks(self) -> Iterator[bytes]:
        """The bytes piece by piece; all that come before a fault come out before it is raised."""
        with self.open() as file:
            # Not read: it would drop what it has when the next piece turns out to be damaged.
            while chunk := file.read1(CHUNK_BYTES):
                yield chunk


def find_files(root: Path) -> Iterator[Found | Skipped]:
    """The files at or below `root`, sorted by relative path; with each obstacle as Skipped.

    Hidden ones, and what builds wrote below it, are left out.

    A directory is read once: a link back to one that was read already is refused, so loops end.
    """
    name = printable(root.name or os.fspath(root))
    try:
        mode = root.stat().st_mode
    except FileNotFoundError:
        yield Skipped(printable(os.fspath(root)), "does not exist")
        return
    except (OSError, ValueError) as error:
        yield Skipped(printable(os.fspath(root)), _reason(error))
        return
    if not stat.S_ISDIR(mode):
        yield _judged(root, name)
        return
    found = sorted(_walk(root), key=lambda item: item.source.split("/"))
    yield from found or [Skipped(name, "is a folder without files to read")]


def _walk(root: Path) -> Iterator[Found | Skipped]:
    seen = {_identity(root)}
    folders = [(root, "")]
    links: list[tuple[Path, str]] = []
    while folders or links:
        # Links come last: of a directory with two names the real one counts.
        linked = not folders
        folder, prefix = folders.pop(0) if folders else links.pop(0)
        if linked:
            if _identity(folder) in seen:
                yield Skipped(prefix.rstrip("/"), "is a link to a folder that is read already")
                continue
            seen.add(_identity(folder))
        try:
            entries = sorted(folder.iterdir(), key=lambda p: p.name)
        except OSError as error:
            yield Skipped(prefix.rstrip("/") or printable(root.name), _reason(error))
            continue
        for entry in entries:
            source = prefix + printable(entry.name)
            if entry.name.startswith(".") or _is_built(entry):
                continue
            if not entry.is_dir():
                yield _judged(entry, source)
            elif entry.is_symlink():
                links.append((entry, source + "/"))
            elif _identity(entry) in seen:
                yield Skipped(source, "is a folder that is read already")
            else:
                seen.add(_identity(entry))
                folders.append((entry, source + "/"))


def _is_built(folder: Path) -> bool:
    """Is it what a build wrote, or the cache of one? A build into a folder of papers must not read itself."""
    return is_ours(folder) or (folder / CACHE_MARKER).is_file()


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _judged(path: Path, source: str) -> Found | Skipped:
    try:
        status = path.stat()
    except FileNotFoundError:
        return Skipped(source, "is a link to nothing")
    except OSError as error:
        return Skipped(source, _reason(error))
    for is_odd, kind in _ODD_FILES:
        if is_odd(status.st_mode):
            return Skipped(source, f"is {kind}, not a file")
    if status.st_size == 0:
        return Skipped(source, "is empty")
    return Found(path, source)


def _reason(error: OSError | ValueError) -> str:
    return f"cannot be read: {(error.strerror if isinstance(error, OSError) else None) or error}"
