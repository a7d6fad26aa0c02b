"""Output directories that change as a whole: made beside the target, flushed to disk, swapped in.

Killed at any moment, or with the disk full, what was in the target before is still there and whole. Where the system
can exchange two directories in one step (renameat2), that is the swap. Elsewhere it takes two renames: a journal beside
the target says which, and the next command that comes by finishes them (`recover`).

Only a directory that is empty or that was made here is ever replaced: a marker in it lists what was written, and
anything else found there stops the run, so that nobody's notes are deleted.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from imagingkg.errors import TargetError

try:
    import fcntl
except ImportError:  # not a POSIX system: no locks, and leftovers of killed runs stay until removed by hand
    fcntl = None  # type: ignore[assignment]

MARKER: Final = ".imagingkg"
KEPT: Final = frozenset({".gitkeep", ".gitignore", ".gitattributes", ".DS_Store"})
"""Files that do not count in an otherwise empty directory and are carried over."""
CACHES: Final = frozenset({"store"})
"""Entries that other commands add to an output and can make again."""

Exchange = Callable[[Path, Path], None]
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_PLACE: Final = {errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG}
_CANNOT_EXCHANGE: Final = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EXDEV}


@contextmanager
def staged(target: Path, *, exchange: Exchange | None = None) -> Iterator[Path]:
    """A new, empty directory to write into; on leaving the block it becomes `target`, on an exception it is gone.

    Raises TargetError where `target` is a file, a link or a directory that holds what imagingkg did not write, where
    its place cannot be written, and where the disk is full. `exchange` swaps two directories in one step or raises
    OSError.
    """
    target = _absolute(target)
    with _explained(target):
        stage, hold = _prepare(target)
    try:
        with _explained(target, only=_FULL):  # another error in the block is not about the target
            yield stage
        with _explained(target):
            _finish(stage, target)
            with _lock(target.parent):
                check_target(target)
                old = _swap(stage, target, exchange or rename_exchange)
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        if hold is not None:
            os.close(hold)
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """A new, empty directory beside `target` for the time of the block; what a killed run leaves, the next one removes.

    Raises TargetError as `staged` does, so that it is known before the work whether its outcome can be put there.
    """
    target = _absolute(target)
    with _explained(target):
        place, hold = _prepare(target)
    try:
        with _explained(target, only=_FULL):
            yield place
    finally:
        if hold is not None:
            os.close(hold)
        shutil.rmtree(place, ignore_errors=True)


def _prepare(target: Path) -> tuple[Path, int | None]:
    """The directory to write into, and the lock on it that tells others that its owner is alive."""
    if target == Path.cwd() or target.parent == target:
        what = "is the current directory or the root, and cannot be replaced from within"
        raise TargetError(str(target), what, "Name a directory in it")
    target.parent.mkdir(parents=True, exist_ok=True)
    recover(target)
    with _lock(target.parent):
        check_target(target)
        _remove_leftovers(target)
        stage = _beside(target)
        stage.mkdir()
        return stage, _open_locked(stage)


def check_target(target: Path) -> None:
    """Raises TargetError unless `target` is missing, empty or wholly of our making."""
    if target.is_symlink():
        raise TargetError(str(target), "is a link", "Give the directory that it leads to, or another")
    if not target.exists():
        return
    if not target.is_dir():
        raise TargetError(str(target), "is a file", "Give a directory")
    found = {entry.name for entry in target.iterdir()} - KEPT
    written = _written(target)
    if foreign := sorted(found - written - CACHES - {MARKER} if written is not None else found):
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise TargetError(
            str(target), f"holds {foreign[0]!r}{more}, which imagingkg did not write", "Move it, or give another -o"
        )


def is_ours(directory: Path) -> bool:
    """Was the directory made here?"""
    return _written(directory) is not None


def recover(target: Path) -> bool:
    """Finish a swap that a killed run left half done; True if there was one. Call it before reading an output.

    Raises TargetError where the directories are not as the journal says.
    """
    target = _absolute(target)
    journal = _journal(target)
    with _explained(target):
        if not journal.exists():
            return False
        with _lock(target.parent):
            if journal.exists():  # else its owner finished meanwhile
                _roll_forward(journal, target)
    return True


def _roll_forward(journal: Path, target: Path) -> None:
    new, old = _read_journal(journal, target)
    if new.is_dir():
        if target.exists():
            if old.exists():
                what = f"was being replaced when a run stopped, and has changed since: see {new.name}, {old.name}"
                raise TargetError(str(target), what, f"Keep the one you want and remove {journal.name}")
            target.rename(old)
        new.rename(target)
    elif old.is_dir() and not target.exists():
        old.rename(target)  # what was to replace it is gone
    _sync_directory(target.parent)
    journal.unlink()
    shutil.rmtree(old, ignore_errors=True)


def rename_exchange(one: Path, other: Path) -> None:
    """Swap two directories in one step by Linux's renameat2. Raises OSError (ENOSYS where there is none)."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    here, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if call(here, os.fsencode(one), here, os.fsencode(other), ctypes.c_uint(swap)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one), None, str(other))


def _finish(stage: Path, target: Path) -> None:
    """Mark the directory as ours, carry over what is kept, and have all of it on disk."""
    entries = sorted(entry.name for entry in stage.iterdir())
    marker = {"what": "an output directory of imagingkg; a build replaces it as a whole", "entries": entries}
    (stage / MARKER).write_text(json.dumps(marker, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name in sorted(KEPT - set(entries)):
        if (target / name).is_file():
            shutil.copy2(target / name, stage / name)
    for directory, _, files in os.walk(stage):
        for name in files:
            _sync_file(Path(directory) / name)
        _sync_directory(Path(directory))


def _swap(stage: Path, target: Path, exchange: Exchange) -> Path | None:
    """`stage` becomes `target`; gives the path at which the old target now is, if there was one."""
    if not target.exists():
        stage.rename(target)
        _sync_directory(target.parent)
        return None
    try:
        exchange(stage, target)
    except OSError as error:
        if error.errno not in _CANNOT_EXCHANGE:
            raise
        if not {entry.name for entry in target.iterdir()} - KEPT:
            _replace_empty(stage, target)
            return None
        return _swap_in_two_steps(stage, target)
    _sync_directory(target.parent)
    return stage


def _replace_empty(stage: Path, target: Path) -> None:
    """Nothing can be lost, so the old one is removed: a container's file system may refuse to rename it."""
    for entry in target.iterdir():
        entry.unlink()
    target.rmdir()
    stage.rename(target)
    _sync_directory(target.parent)


def _swap_in_two_steps(stage: Path, target: Path) -> Path:
    old, journal = _beside(target), _journal(target)
    draft = stage.with_name(stage.name + ".journal")
    draft.write_text(json.dumps({"new": stage.name, "old": old.name}), encoding="utf-8")
    _sync_file(draft)
    draft.replace(journal)
    _sync_directory(target.parent)
    try:
        target.rename(old)
        stage.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        journal.unlink()
        raise
    _sync_directory(target.parent)
    journal.unlink()
    return old


def _written(directory: Path) -> frozenset[str] | None:
    """The entries that the marker lists, or None without a marker of ours."""
    try:
        marker = json.loads((directory / MARKER).read_text(encoding="utf-8"))
        return frozenset(map(str, marker["entries"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _remove_leftovers(target: Path) -> None:
    """Remove what killed runs left beside the target. Those that a living process has locked stay."""
    if _journal(target).exists():
        return  # it may name what looks like a leftover
    for path in target.parent.glob(f"{_escaped(_prefix(target))}*"):
        if not re.fullmatch(r"[0-9a-f]{12}(?:\.journal)?", path.name.removeprefix(_prefix(target))):
            continue
        if path.is_file():
            path.unlink()
        elif (lock := _open_locked(path)) is not None:
            os.close(lock)
            shutil.rmtree(path, ignore_errors=True)


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _read_journal(journal: Path, target: Path) -> tuple[Path, Path]:
    pattern = re.compile(re.escape(_prefix(target)) + r"[0-9a-f]{12}")
    try:
        data = json.loads(journal.read_text(encoding="utf-8"))
        new, old = str(data["new"]), str(data["old"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TargetError(str(journal), "is no journal of a swap", "Remove it") from error
    if not (pattern.fullmatch(new) and pattern.fullmatch(old)):
        raise TargetError(str(journal), "names directories that are none of ours", "Remove it")
    return target.with_name(new), target.with_name(old)


def _prefix(target: Path) -> str:
    return f".{target.name}.imagingkg-"


def _beside(target: Path) -> Path:
    return target.with_name(f"{_prefix(target)}{secrets.token_hex(6)}")


def _absolute(target: Path) -> Path:
    return Path(os.path.abspath(target))  # noqa: PTH100 (resolve() would follow a link, and links are refused)


def _journal(target: Path) -> Path:
    return target.with_name(f".{target.name}.imagingkg.swap")


@contextmanager
def _explained(target: Path, *, only: set[int] | None = None) -> Iterator[None]:
    """An error of the system about space or the place to write in, told as one about the target."""
    try:
        yield
    except OSError as error:
        if only is not None and error.errno not in only:
            raise
        if error.errno in _FULL:
            what, advice = "the disk is full or a quota is used up", "What was there is unchanged; make room"
        elif error.errno in {errno.EBUSY, errno.EXDEV}:
            what, advice = "cannot be moved: a mount point, or part of a container's image", "Name a directory in it"
        elif error.errno in _NO_PLACE:
            what, advice = f"cannot be written ({error.strerror})", "Give another -o"
        else:
            raise
        raise TargetError(str(target), what, advice) from error


@contextmanager
def _lock(directory: Path) -> Iterator[None]:
    """One run at a time looks at or swaps what is in `directory`, as far as the file system has locks."""
    lock = _open_locked(directory, wait=True)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def lock_directory(directory: Path) -> int | None:
    """The lock on a directory as a file descriptor to be closed, or None where another run holds it."""
    return _open_locked(directory)


def _open_locked(directory: Path, *, wait: bool = False) -> int | None:
    """A file descriptor that holds the lock on a directory, or None where it is held by another or cannot be had."""
    if fcntl is None:
        return None
    with suppress(OSError):
        number = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            os.close(number)
            return None
        return number
    return None


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    """Have the directory's entries on disk, where a directory can be opened at all."""
    with suppress(OSError):
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
