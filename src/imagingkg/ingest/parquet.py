"""Parquet: columns go by the names that those of CSV go by; read in a process of its own, a row group at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, Final

from imagingkg.counting import counted
from imagingkg.errors import InputError, MissingExtra
from imagingkg.ingest.assembly import record_document, skipped
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.tables import row_record
from imagingkg.model import Document, Skipped

_CHILD: Final = "imagingkg.ingest.parquet_child"
_LONGEST_LINE: Final = 512 * 1024 * 1024


def read_parquet(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """A document for each row. Raises InputError where the extra "parquet" is missing, or no row can be read."""
    if find_spec("pyarrow") is None:
        missing = MissingExtra(found.source, "parquet")
        raise InputError(found.source, missing.what, missing.advice)
    ended = False
    count = 0
    for answer in _answers(found):
        if "row" in answer:
            count += 1
            yield _document(found.source, answer, tools)
        elif "error" in answer:
            kept = f"{counted(count, 'row')} could be read before that" if count else ""
            raise InputError(found.source, printable(answer["error"]), answer.get("advice") or kept)
        else:
            ended = True
    if not ended:
        what = "asks for more memory or time than a Parquet file may take"
        raise InputError(found.source, what, f"{counted(count, 'row')} could be read before that")
    if not count:
        yield Skipped(found.source, "holds no row")


def _document(source: str, answer: dict[str, Any], tools: RepairTools) -> Document | Skipped:
    place = f"{source}#{answer['row']}"
    try:
        if "error" in answer:
            raise InputError("", answer["error"])
        return record_document(row_record(answer["cells"]), place, "utf-8", tools)
    except InputError as error:
        return skipped(InputError(source, f"a row {error.what}", error.advice, line=answer["row"]))


def _answers(found: Found) -> Iterator[dict[str, Any]]:
    """What the child says, line by line. It may die of the file: what it said before then counts."""
    command = [sys.executable, "-m", _CHILD, *([] if found.unpack else [os.fspath(found.path.absolute())])]
    data = found.read() if found.unpack else b""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            try:
                child.stdin.write(data)  # all of it is read before the first line is written
                child.stdin.close()
            except BrokenPipeError:
                pass
            while line := child.stdout.readline(_LONGEST_LINE):
                yield _parsed(line)
        finally:
            child.kill()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(line)
    except ValueError:  # the line that the child was at when it died
        return {"error": "asks for more memory or time than a Parquet file may take"}
    return answer
