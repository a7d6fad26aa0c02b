"""What lies in .gz and .zip files, unpacked as it is read: nothing is written, and bombs are stopped at a ratio.

An archive within an archive is refused: no export has one, and every bomb of many layers does.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from imagingkg.errors import InputError
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import CHUNK_BYTES, Found
from imagingkg.model import Skipped

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

PACKED: Final = (".gz", ".zip")
MAX_RATIO: Final = 200  # PubMed's own files reach 12
FREE_BYTES: Final = 16 * 1024 * 1024  # below this the ratio says nothing: a short file of one letter reaches 1,000
MAX_MEMBERS: Final = 200_000
_GZIP: Final = 31  # zlib's window bits for gzip with its checks
_LOCKED: Final = 1  # the bit of a zip entry's flags that says it is encrypted


def unpacked(found: Found) -> Iterator[Found | Skipped]:
    """The files in an archive, sorted by name; any other file itself. Raises InputError for a damaged archive."""
    if found.suffix == ".gz":
        name = Path(found.path.name).stem
        if Path(name).suffix.lower() in PACKED:
            yield Skipped(found.source, "is an archive within an archive, which is not opened")
        else:
            yield Found(found.path, found.source, name, partial(_open_gzip, found))
    elif found.suffix == ".zip":
        yield from _members(found)
    else:
        yield found


@dataclass(slots=True)
class Growth:
    """How many bytes came out of an archive so far, held against the `packed` bytes that went in."""

    where: str
    packed: int = 0
    grown: int = 0

    def add(self, count: int) -> None:
        """Count bytes that came out. Raises InputError beyond the ratio."""
        self.grown += count
        if self.grown > FREE_BYTES and self.grown > MAX_RATIO * max(self.packed, 1):
            what = f"unpacks to more than {MAX_RATIO} times its size, as files do that are made to choke programs"
            raise InputError(self.where, what)


def open_zip(found: Found) -> tuple[zipfile.ZipFile, Growth]:
    """The archive and the count for its bytes. Raises InputError for one that is damaged or has too many members."""
    # Of what is packed itself the bytes that come out of it are counted there; here it is as large as it is.
    data = found.read() if found.unpack else None
    try:
        archive = zipfile.ZipFile(found.path if data is None else io.BytesIO(data))
    # zipfile raises NotImplementedError for archives in many parts and for compressions that it has not.
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise InputError(found.source, f"is no zip archive that can be opened ({error})") from error
    if (count := len(archive.infolist())) > MAX_MEMBERS:
        archive.close()
        raise InputError(found.source, f"holds {count:,} files; the limit is {MAX_MEMBERS:,}")
    return archive, Growth(found.source, found.path.stat().st_size if data is None else len(data))


def open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, growth: Growth) -> io.BufferedReader:
    """A file of the archive, its bytes counted. Raises InputError for one that is locked or of an unknown kind."""
    if member.flag_bits & _LOCKED:
        raise InputError(where, "is locked with a password")
    try:
        inner = archive.open(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(where, f"cannot be unpacked ({error})") from error
    return io.BufferedReader(_Counted(inner, where, growth))


def _members(found: Found) -> Iterator[Found | Skipped]:
    archive, growth = open_zip(found)
    with archive:
        for member in sorted(archive.infolist(), key=lambda m: m.filename):
            name = _clean_name(member.filename)
            source = f"{found.source}/{name}"
            if member.is_dir() or name.startswith(("__MACOSX/", ".")) or "/." in name:
                continue
            if Path(name).suffix.lower() in PACKED:
                yield Skipped(source, "is an archive within an archive, which is not opened")
            elif member.file_size == 0:
                yield Skipped(source, "is empty")
            else:
                yield Found(found.path, source, name, partial(open_member, archive, member, source, growth))


def _clean_name(name: str) -> str:
    """The name of a member without what could lead out of a folder or spoil a line of the report."""
    parts = printable(name.replace("\\", "/")).split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


class _Counted(io.RawIOBase):
    """A member being unpacked and counted; says what is wrong with its data."""

    def __init__(self, inner: IO[bytes], where: str, growth: Growth) -> None:
        self._inner, self._where, self._growth = inner, where, growth

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        try:
            data = self._inner.read(len(view))
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InputError(self._where, f"is damaged in its archive ({error})") from error
        self._growth.add(len(data))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


class _Gunzip(io.RawIOBase):
    """A gzip file being unpacked: every byte before a cut or a fault is given out before the fault is raised."""

    def __init__(self, inner: BinaryIO, where: str) -> None:
        self._inner, self._where = inner, where
        self._unpack = zlib.decompressobj(_GZIP)
        self._packed = b""
        self._ended = False
        self._growth = Growth(where)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        while True:
            self._fill()
            if self._unpack.eof:  # several gzip files in one are one; zeros after the last are padding
                self._packed = self._packed.lstrip(b"\0")
                if self._packed:
                    self._unpack = zlib.decompressobj(_GZIP)
                elif self._ended:
                    return 0
                continue
            data = self._decompress(len(view))
            if data:
                view[: len(data)] = data
                return len(data)
            if self._ended and not self._unpack.eof:
                grown = f"{self._growth.grown:,}"
                raise InputError(self._where, f"breaks off: its gzip data ends after {grown} bytes unpacked")

    def _fill(self) -> None:
        if not self._packed and not self._ended:
            self._packed = self._inner.read(CHUNK_BYTES)
            self._growth.packed += len(self._packed)
            self._ended = not self._packed

    def _decompress(self, size: int) -> bytes:
        try:
            data = self._unpack.decompress(self._packed, size)
        except zlib.error as error:
            grown = f"{self._growth.grown:,}"
            raise InputError(self._where, f"is no sound gzip data after {grown} bytes unpacked ({error})") from error
        self._packed = self._unpack.unused_data if self._unpack.eof else self._unpack.unconsumed_tail
        self._growth.add(len(data))
        return data

    def close(self) -> None:
        self._inner.close()
        super().close()


def _open_gzip(found: Found) -> io.BufferedReader:
    return io.BufferedReader(_Gunzip(found.path.open("rb"), found.source))
