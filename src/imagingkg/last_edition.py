"""What a build leaves in its cache for the next one, so that papers which are added cost no more than themselves.

That is where its files have the pieces of each document, and the sums over all of them. If the next build has all those
documents and others, the new ones are put between them, and no old one is looked at. It is believed as little as the
rest of the cache: checksums tell whether it is as it was written, and sizes, times and numbers of the files whether
they are those that it speaks of.
"""

from __future__ import annotations

import heapq
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b, file_digest
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from imagingkg.graph.bodies import Earlier, opened_table
from imagingkg.graph.files import RUNS
from imagingkg.ledger import LINE, file_look
from imagingkg.model import Reading
from imagingkg.readings import reading_from_json

_FOLDER: Final = "edition"
_HEAD: Final = "edition.json"
_TABLE: Final = "table"
_PASSED: Final = "passed-over"
_TEXT: Final = slice(0, 64)  # of a wanted line: the hash of the text


@dataclass(frozen=True, slots=True)
class Last:
    """The last build: its bodies, the folder with its runs, what `GraphFiles.keep` gave of it, and its tally."""

    earlier: Earlier
    folder: Path
    graph: Mapping[str, Any]
    tally: Mapping[str, Any]


def read_last(cache: Path, target: Path) -> Last | None:
    """What the build in `target` left, or None where there is nothing or it speaks of other files."""
    folder = cache / _FOLDER
    try:
        head: dict[str, Any] = json.loads((folder / _HEAD).read_bytes())
        said = head["said"]
        if _digest(json.dumps(said, sort_keys=True).encode()) != head["check"]:
            return None
        if any(file_look(target / name) != look for name, look in said["files"].items()):
            return None
        if any(_digest_of(folder / name) != digest for name, digest in said["kept"].items()):
            return None
        places = {column: (target / name, int(start)) for column, (name, start) in said["places"].items()}
        return Last(Earlier(folder / _TABLE, places), folder, said["graph"], said["tally"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def additions(last: Last, wanted: Iterable[bytes]) -> list[bytes] | None:
    """The lines of what is wanted now and was not then; None where that is not all that differs.

    A text that the last build had from another document is none of these: which of the two counts must be seen anew.
    """
    out: list[bytes] = []
    with opened_table(last.earlier.table) as table, (last.folder / _PASSED).open("rb") as file:
        old = heapq.merge(table.lines(), iter(lambda: file.read(LINE), b""))
        known, previous = next(old, b""), b""
        for line, _ in groupby(wanted):
            if line == known:
                known, previous = next(old, b""), line
            elif (known and known < line) or line[_TEXT] in (known[_TEXT], previous[_TEXT]):
                return None
            else:
                out.append(line)
    return None if known else out


def write_last(
    cache: Path, directory: Path, table_of_all: Path, wanted: Iterable[bytes], graph: Mapping[str, Any],
    places: Mapping[str, tuple[str, int]], tally: Mapping[str, Any],
) -> None:  # fmt: skip
    """Leaves what the build in `directory` has for the next one; its runs are in `kept_in(cache)` already."""
    draft = kept_in(cache)
    shutil.copyfile(table_of_all, draft / _TABLE)
    with opened_table(draft / _TABLE) as table, (draft / _PASSED).open("wb") as out:
        out.writelines(_missing(wanted, table.lines()))
    said = {
        "files": {name: file_look(directory / name) for name in sorted({name for name, _ in places.values()})},
        "kept": {name: _digest_of(draft / name) for name in (*RUNS, _TABLE, _PASSED)},
        "places": places, "graph": graph, "tally": tally,
    }  # fmt: skip
    head = {"said": said, "check": _digest(json.dumps(said, sort_keys=True).encode())}
    (draft / _HEAD).write_text(json.dumps(head, sort_keys=True), encoding="ascii")
    shutil.rmtree(cache / _FOLDER, ignore_errors=True)
    draft.rename(cache / _FOLDER)


def kept_in(cache: Path) -> Path:
    """The folder in which what is left for the next build is put together."""
    draft = cache / f"{_FOLDER}.draft"
    draft.mkdir(exist_ok=True)
    return draft


def first_readings(table: Path, claims: Path, limit: int) -> list[Reading]:
    """The readings of all documents, or where there are more than `limit`, of the first of those with claims."""
    with opened_table(table) as rows, claims.open("rb") as lines:
        every = len(rows) <= limit
        out: list[Reading] = []
        at = 0
        for row in rows.rows():
            if every or row.assertions:
                lines.seek(at)
                out.append(reading_from_json(lines.read(row.claims).decode("utf-8")))
            at += row.claims
            if len(out) == limit:
                break
    return out


def _missing(wanted: Iterable[bytes], had: Iterator[bytes]) -> Iterator[bytes]:
    """The lines, each once, that are not among those of the table; both are sorted."""
    row = next(had, b"")
    for line, _ in groupby(wanted):
        while row and row < line:
            row = next(had, b"")
        if row != line:
            yield line


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "blake2b").hexdigest()
