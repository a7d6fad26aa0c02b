"""A large RDF file of ours in pieces that are whole files themselves, so that loading one takes little memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from pyoxigraph import RdfFormat

PIECE: Final = 24 * 1024 * 1024
_PREFIX: Final = b"@prefix "
_ENDS: Final = {RdfFormat.TURTLE: b" .\n\n", RdfFormat.TRIG: b"\n}\n"}
"""What ends a stretch that stands alone: a block with an empty line behind it, a named graph. See `graph.write`."""


def pieces(path: Path, form: RdfFormat, size: int = PIECE) -> Iterator[bytes]:
    """The file in pieces of about `size` bytes, each with the prefixes; a stretch that is longer stays whole.

    Only for what `graph.write` wrote. Raises OSError.
    """
    end = _ENDS[form]
    with path.open("rb") as file:
        head, rest = _head(file)
        while data := file.read(size):
            rest += data
            cut = rest.rfind(end) + len(end)
            if cut >= len(end):
                yield head + rest[:cut]
                rest = rest[cut:]
        if rest.strip():
            yield head + rest


def _head(file: IO[bytes]) -> tuple[bytes, bytes]:
    """The lines of prefixes, and the first one behind them."""
    lines = []
    while (line := file.readline()).startswith(_PREFIX):
        lines.append(line)
    return b"".join(lines), line
