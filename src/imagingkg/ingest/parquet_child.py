"""Runs in a process of its own: a Parquet file, by name or on stdin, its rows as lines of JSON on stdout.

A line is {"row": 1, "cells": {"title": "...", ...}} with the fields of `tables.COLUMNS`, or {"row": 1, "error": "..."};
the last is {"rows": n} or {"error": "...", "advice": "..."}. One row group is open at a time, and of it a few rows.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from imagingkg.errors import InputError
from imagingkg.ingest.limits import limit_process
from imagingkg.ingest.tables import MAX_COLUMNS, TEXTS, places_of

MEMORY_BYTES: Final = 1536 * 1024 * 1024
CPU_SECONDS: Final = 120  # and one more for each
BYTES_A_SECOND: Final = 1024 * 1024
MAX_FOOTER: Final = 32 * 1024 * 1024
MAX_CELL: Final = 16 * 1024 * 1024
_ROWS: Final = 512
_MOST_IN_LIST: Final = 5000
_MAGIC: Final = b"PAR1"


def main() -> int:
    """Read the file named on the command line, or stdin. Exit code 0: the last line says how it went."""
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # the others reserve more than they use
    os.environ["OMP_NUM_THREADS"] = "1"
    data = sys.stdin.buffer.read() if len(sys.argv) < 2 else None
    size = Path(sys.argv[1]).stat().st_size if data is None else len(data)
    limit_process(MEMORY_BYTES, CPU_SECONDS + size // BYTES_A_SECOND)
    for line in rows(sys.argv[1] if data is None else data):
        sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return 0


def rows(source: str | bytes) -> Iterator[dict[str, Any]]:
    """The lines of the answer."""
    import pyarrow as pa

    try:
        # Not by pyarrow's own files: a memory map of one that is cut meanwhile would end the process without a word,
        # and names that are no Unicode are none to it.
        with Path(source).open("rb") if isinstance(source, str) else BytesIO(source) as file:
            yield from _rows(file)
    except InputError as error:
        yield {"error": error.what, "advice": error.advice}
    except (MemoryError, pa.ArrowMemoryError):
        yield {"error": f"needs more than {MEMORY_BYTES:,} bytes of memory"}
    except Exception as error:  # a hostile file may raise anything, and all of it means the same
        yield {"error": f"is a broken Parquet file ({type(error).__name__}: {str(error)[:100]})"}


def _rows(file: BinaryIO) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet

    _check_footer(file)
    whole = parquet.ParquetFile(file, pre_buffer=False)
    if whole.metadata.num_columns > 20 * MAX_COLUMNS or len(whole.schema_arrow.names) > MAX_COLUMNS:
        raise InputError("", f"has {len(whole.schema_arrow.names):,} columns; the limit is {MAX_COLUMNS}")
    names = whole.schema_arrow.names
    places = places_of(names, "")
    for field in TEXTS:
        if field in places and not _holds_text(whole.schema_arrow.field(places[field]).type):
            kind = whole.schema_arrow.field(places[field]).type
            raise InputError("", f"its column {names[places[field]][:40]} holds {str(kind)[:60]}, not text")
    wanted = {field: names[place] for field, place in places.items()}
    # As dictionaries: a long text that a million rows share is in memory once.
    texts = [name for name in wanted.values() if _is_text(whole.schema_arrow.field(name).type)]
    file.seek(0)
    whole = parquet.ParquetFile(file, pre_buffer=False, read_dictionary=texts)
    number = 0
    for group in range(whole.num_row_groups):
        batches = whole.iter_batches(_ROWS, row_groups=[group], columns=list(wanted.values()), use_threads=False)
        for batch in batches:
            given = batch.schema.names
            columns = {field: _column(batch.column(given.index(name))) for field, name in wanted.items()}
            for row in range(batch.num_rows):
                number += 1
                yield {"row": number} | _cells(columns, row)
    yield {"rows": number}


def _check_footer(file: BinaryIO) -> None:
    """The footer is read whole, and says itself how long it is."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    end = file.read(8)
    if size < 12 or end[4:] != _MAGIC:
        raise InputError("", "is no Parquet file, or was cut off")
    if (length := int.from_bytes(end[:4], "little")) > MAX_FOOTER:
        raise InputError("", f"describes itself in {length:,} bytes; the limit is {MAX_FOOTER:,}")
    file.seek(0)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _holds_text(kind: Any) -> bool:
    """Text, or a list of texts, however it is kept; a column of nothing at all will do."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    return _is_text(kind) or bool(pa.types.is_string_view(kind) or pa.types.is_null(kind))


class Column(NamedTuple):
    """A column of a few rows: for each row the place of its value in `values`, and how many bytes that takes."""

    values: Any
    places: list[int | None]
    sizes: list[int]


def _column(column: Any) -> Column:
    """Sizes are told before any value is made."""
    import pyarrow as pa
    from pyarrow import compute

    values = column
    places: list[int | None] = list(range(len(column)))
    if pa.types.is_dictionary(column.type):
        values, places = column.dictionary, column.indices.to_pylist()
    if _is_text(values.type):
        sizes = compute.binary_length(values).to_pylist()
    elif pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        sizes = [cell.values.nbytes if cell.is_valid else 0 for cell in values]
    else:
        sizes = [0] * len(values)
    return Column(values, places, [0 if place is None else sizes[place] or 0 for place in places])


def _cells(columns: Mapping[str, Column], row: int) -> dict[str, Any]:
    cells = {}
    for field, column in columns.items():
        if column.sizes[row] > MAX_CELL:
            return {"error": f"has more than {MAX_CELL:,} bytes in one cell ({field})"}
        place = column.places[row]
        value = None if place is None else column.values[place].as_py()
        if text := _text(value, "\n" if field in TEXTS else "; "):
            cells[field] = text
    return {"cells": cells}


def _text(value: Any, between: str) -> str:
    """A cell as a table in text would have it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if value == int(value) else str(value)
    if isinstance(value, list):
        return between.join(text for item in value[:_MOST_IN_LIST] if (text := _text(item, between)))
    if isinstance(value, dict):  # an author, as {"name": ...} or in parts
        return _text(value.get("name"), between) or " ".join(v for v in value.values() if isinstance(v, str))
    return value.isoformat() if hasattr(value, "isoformat") else ""


if __name__ == "__main__":
    sys.exit(main())
