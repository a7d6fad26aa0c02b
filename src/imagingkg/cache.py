"""The readings cache: shards of what was read before, so that a build that was stopped goes on where it was.

A directory of ours with one folder for each state of program, lexicon and settings; of these only the one in use is
kept. It can be removed at any time, and is never believed: keys name everything that an entry was made from, and each
entry is checked when it is read (`shards`).
"""

from __future__ import annotations

import json
import os
import shutil
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from imagingkg.errors import TargetError
from imagingkg.ontology_files import ontology_dir
from imagingkg.shards import SUFFIX, DamagedShard, clear_drafts, read_keys, write_shard
from imagingkg.staging import lock_directory

MARKER: Final = ".imagingkg-cache"
_WHAT: Final = "what imagingkg has read; it can be removed at any time, and is then read again"
_CODE: Final = ("*.py", "*.yaml", "*.ttl", "*.rq")
_DEPENDENCIES: Final = ("daachorse", "pyoxigraph", "lxml", "pypdf", "rapidfuzz")


class Cache:
    """The shards in `folder`. `kept`: do they outlive the run?"""

    def __init__(self, folder: Path, *, kept: bool) -> None:
        self.folder, self.kept = folder, kept
        folder.mkdir(parents=True, exist_ok=True)
        clear_drafts(folder)
        self._known: array[int] = array("Q")
        self.reload()

    def reload(self) -> None:
        """Look at what is there; shards whose list of keys is damaged are removed."""
        keys: array[int] = array("Q")
        for path in self.shards():
            try:
                keys.extend(map(_short, read_keys(path)))
            except (DamagedShard, ValueError):
                self.drop(path)
        self._known = array("Q", sorted(keys))

    def shards(self) -> list[Path]:
        """The shards, by name."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def shards_with(self, keys: Set[str]) -> list[Path]:
        """The shards that have any of the keys, by name. Raises DamagedShard."""
        return [path for path in self.shards() if not keys.isdisjoint(read_keys(path))]

    def __contains__(self, key: str) -> bool:
        short = _short(key)
        at = bisect_left(self._known, short)
        return at < len(self._known) and self._known[at] == short

    def add(self, name: str, data: bytes) -> None:
        """Take a shard in. What it has is known after `reload`."""
        write_shard(self.folder, name, data)

    def drop(self, path: Path) -> None:
        """Remove a shard."""
        with suppress(OSError):
            path.unlink()

    def clear(self) -> None:
        """Remove every shard."""
        for path in self.shards():
            self.drop(path)
        self._known = array("Q")


def _short(key: str) -> int:
    """Eight bytes of a key. That two share them is found out when their entries are put together."""
    return int(key[:16], 16)


@contextmanager
def opened_cache(place: Path | None, state: str, scratch: Path) -> Iterator[Cache]:
    """The cache in the directory `place`, made if missing, for one state of program, lexicon and settings.

    Without a `place`, and while another run has it, the cache is in `scratch` and ends with that. Raises TargetError
    for a directory that holds what imagingkg did not write.
    """
    if place is None:
        yield Cache(scratch / "read", kept=False)
        return
    _check(place)
    hold = lock_directory(place)
    if hold is None:
        yield Cache(scratch / "read", kept=False)
        return
    try:
        for old in place.iterdir():
            if old.is_dir() and old.name != state:
                shutil.rmtree(old, ignore_errors=True)
        yield Cache(place / state, kept=True)
    finally:
        os.close(hold)


def remove_cache(place: Path) -> None:
    """Remove a cache of ours, and nothing else."""
    if (place / MARKER).is_file():
        shutil.rmtree(place, ignore_errors=True)


def _check(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
        found = sorted(entry.name for entry in place.iterdir())
        if MARKER in found:
            return
        if found:
            raise TargetError(str(place), f"holds {found[0]!r} and is no cache of imagingkg", "Name another as cache")
        (place / MARKER).write_text(json.dumps({"what": _WHAT}) + "\n", encoding="utf-8")
    except OSError as error:
        raise TargetError(str(place), f"cannot hold the cache ({error.strerror})", "Name another as cache") from error


def code_digest() -> str:
    """A name for the code and rules that run: another one after any change, be it of a single letter."""
    digest = sha256()
    for root in (Path(__file__).resolve().parent, ontology_dir()):
        for path in sorted(p for pattern in _CODE for p in root.rglob(pattern)):
            data = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()}\n{len(data)}\n".encode())
            digest.update(data)
    for name in _DEPENDENCIES:
        with suppress(PackageNotFoundError):
            digest.update(f"{name} {version(name)}\n".encode())
    return digest.hexdigest()
