"""Runs in a process of its own: a PDF on stdin, its pieces of text with their places on stdout, a page a line.

A line is {"page": 1, "width": 595, "pieces": [[x, y, size, text, font], ...]} with x and y in points from the lower
left and the name of the one font that the piece is set in; the last is {"pages": n} or {"error": "..."}. Memory, CPU
time, pages and output are limited here, so that the parent never suffers from what a file does to its reader.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from imagingkg.ingest.limits import limit_process

MEMORY_BYTES: Final = 1024 * 1024 * 1024
CPU_SECONDS: Final = 120
MAX_PAGES: Final = 2000
MAX_CHARACTERS: Final = 10_000_000
_PIECE_COST: Final = 10  # what the place of a piece takes, in characters
_FONT_NAME: Final = 100
MAX_PIECES: Final = 200_000  # on one page


def main() -> int:
    """Read stdin, write stdout. Exit code 0: the last line says how it went."""
    limit_process(MEMORY_BYTES, CPU_SECONDS)
    # What pypdf warns of is of no use to the reader of the report, and there may be millions of such lines.
    logging.disable(logging.CRITICAL)
    for line in pages(sys.stdin.buffer.read()):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return 0


def pages(data: bytes) -> Iterator[dict[str, Any]]:
    """The lines of the answer."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            yield {"error": "is encrypted; its password is not known"}
            return
        count = len(reader.pages)
        if count > MAX_PAGES:
            yield {"error": f"has {count:,} pages; the limit is {MAX_PAGES:,}"}
            return
    except DependencyError:
        yield {"error": "is encrypted in a way that is not read"}
        return
    except MemoryError:
        yield {"error": f"needs more than {MEMORY_BYTES:,} bytes of memory"}
        return
    except Exception as error:  # a hostile file may raise anything, and all of it means the same
        yield {"error": f"is a broken PDF file ({type(error).__name__}: {str(error)[:100]})"}
        return
    left = MAX_CHARACTERS
    for number in range(count):
        try:
            page = reader.pages[number]
            pieces = _pieces(page)
            width = float(page.mediabox.width)
        except MemoryError:
            yield {"error": f"needs more than {MEMORY_BYTES:,} bytes of memory on page {number + 1}"}
            return
        except Exception as error:  # as above, but of one page: the others may be sound
            yield {"page": number + 1, "width": 0, "pieces": [], "error": f"{type(error).__name__}: {str(error)[:100]}"}
            continue
        left -= sum(len(piece[3]) + _PIECE_COST for piece in pieces)
        if left < 0:
            yield {"error": f"has more than {MAX_CHARACTERS:,} characters"}
            return
        yield {"page": number + 1, "width": width, "pieces": pieces}
    yield {"pages": count}


def _pieces(page: Any) -> list[tuple[float, float, float, str, str]]:
    from pypdf import mult

    out: list[tuple[float, float, float, str, str]] = []

    def seen(text: str, outer: list[float], inner: list[float], font: Any, size: float) -> None:
        if not text.strip():
            return
        place = mult(inner, outer)
        numbers = (place[4], place[5], abs(size) * math.hypot(place[2], place[3]))
        if len(out) < MAX_PIECES and all(math.isfinite(n) for n in numbers):
            # Text up the side of the page comes last: below everything else.
            y = numbers[1] if abs(place[0]) >= abs(place[1]) else -1000.0
            name = str(font.get("/BaseFont", ""))[:_FONT_NAME] if isinstance(font, dict) else ""
            out.append((round(numbers[0], 1), round(y, 1), round(numbers[2], 1), text, name.removeprefix("/")))

    page.extract_text(visitor_text=seen)
    return out


if __name__ == "__main__":
    sys.exit(main())
