"""Documents set down on disk until all of them are met, with the keys by which the same paper is known again.

A database of SQLite without a name: it lives in memory while it is small, in the folder for temporary files when it is
not, and is gone with the process, however that ends. An abstract takes about two kilobytes there: to pack it tighter
would take longer than all else that is done with it here.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Final, NamedTuple, Self

from imagingkg.model import Document

_TABLES: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE documents (place INTEGER PRIMARY KEY, size INTEGER, sha256 TEXT, source TEXT, doi TEXT, pmid TEXT,
    revised TEXT, retracted INTEGER, note BLOB, packed BLOB);
CREATE TABLE keys (kind TEXT, key INTEGER, place INTEGER);
CREATE TABLE withdrawn (pmid TEXT PRIMARY KEY, source TEXT) WITHOUT ROWID;
CREATE TABLE retracted (number TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Noted(NamedTuple):
    """What is known of a document beside its text, and the note that came with it."""

    doi: str
    pmid: str
    revised: str
    retracted: bool
    note: bytes


class Spool:
    """Documents by place, 0, 1, 2, ..., and what other records say of them.

    Its methods raise sqlite3.OperationalError where the disk is full.
    """

    def __init__(self) -> None:
        self.count = 0
        self._withdrawn = self._retracted = False  # has anything been said of that?
        # One after the other, but not always by one thread: workers may ask for documents from a thread of theirs.
        self._base = sqlite3.connect("", check_same_thread=False)
        self._base.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def add(self, document: Document, keys: Iterable[tuple[str, int]], note: bytes = b"") -> None:
        """Set the document down at the next place, under these kinds of keys with their values of eight bytes.

        The note is kept with it.
        """
        packed = pickle.dumps(document, pickle.HIGHEST_PROTOCOL)
        place = self.count
        numbers = (document.doi, document.pmid, document.revised, document.retracted)
        row = (place, len(document.text), document.sha256, document.source, *numbers, note, packed)
        self._base.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._base.executemany("INSERT INTO keys VALUES (?, ?, ?)", [(kind, key, place) for kind, key in keys])
        self.count += 1

    def withdraw(self, pmids: Iterable[str], source: str) -> None:
        """Remember that `source` takes records back; of several sources the first by name counts."""
        command = "INSERT INTO withdrawn VALUES (?, ?) ON CONFLICT (pmid) DO UPDATE SET source = min(source, ?)"
        self._base.executemany(command, ((pmid, source, source) for pmid in pmids))
        self._withdrawn = True

    def retract(self, numbers: Sequence[str]) -> None:
        """Remember the DOIs and PMIDs of papers that a notice retracts."""
        if numbers:
            self._base.executemany("INSERT OR IGNORE INTO retracted VALUES (?)", ((number,) for number in numbers))
            self._retracted = True

    def withdrawn_by(self, pmid: str) -> str:
        """The source that takes the record back, or nothing."""
        if not self._withdrawn:
            return ""
        row = self._base.execute("SELECT source FROM withdrawn WHERE pmid = ?", (pmid,)).fetchone()
        return str(row[0]) if row else ""

    def is_retracted(self, *numbers: str) -> bool:
        """Does any notice retract the paper that has these numbers?"""
        if not self._retracted:
            return False
        found = (self._base.execute("SELECT 1 FROM retracted WHERE number = ?", (n,)).fetchone() for n in numbers if n)
        return any(found)

    def shared(self) -> Iterator[tuple[str, list[int]]]:
        """Kinds of keys with the places, two or more, that have one key of the kind, sorted."""
        # SQLite sorts on disk what does not fit its cache.
        rows = self._base.execute("SELECT kind, key, place FROM keys ORDER BY kind, key, place")
        for (kind, _), group in groupby(rows, itemgetter(0, 1)):
            places = [place for _, _, place in group]
            if len(places) > 1:
                yield kind, places

    def noted(self) -> Iterator[Noted]:
        """Of all documents, by place, what can be told without their texts."""
        rows = self._base.execute("SELECT doi, pmid, revised, retracted, note FROM documents ORDER BY place")
        return map(Noted._make, rows)

    def ranked(self, places: Iterable[int]) -> list[int]:
        """The places, those with most text first; of equally long texts the order of hashes and sources decides."""
        columns = "SELECT -size, sha256, source, place FROM documents WHERE place = ?"
        return [row[3] for row in sorted(self._base.execute(columns, (place,)).fetchone() for place in places)]

    def document(self, place: int) -> Document:
        """The document as it was set down."""
        (packed,) = self._base.execute("SELECT packed FROM documents WHERE place = ?", (place,)).fetchone()
        document: Document = pickle.loads(packed)  # noqa: S301 (written by this process, see add)
        return document
