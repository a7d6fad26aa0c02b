"""Sources to documents: every file is read, mended where it is damaged, or named with the reason why not.

To read another format, write a reader and enter its suffix in READERS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from imagingkg.errors import InputError
from imagingkg.ingest.assembly import skipped
from imagingkg.ingest.bibtex import read_bibtex
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import Found, find_files
from imagingkg.ingest.fonts import RepairTools, repair_tools
from imagingkg.ingest.json_lines import read_json_lines
from imagingkg.ingest.packed import PACKED, unpacked
from imagingkg.ingest.parquet import read_parquet
from imagingkg.ingest.pdf import read_pdf
from imagingkg.ingest.prose import read_markdown, read_text
from imagingkg.ingest.tables import read_table
from imagingkg.ingest.tagged import read_tagged
from imagingkg.ingest.web import read_web_page
from imagingkg.ingest.word import read_word
from imagingkg.ingest.xml_files import read_xml
from imagingkg.lexicon import Lexicon
from imagingkg.model import Document, Skipped

Reader = Callable[[Found, RepairTools], Iterator[Document | Skipped]]


def read_sources(sources: Sequence[Path], *, lexicon: Lexicon) -> Iterator[Document | Skipped]:
    """The documents in files and folders, in order; what cannot be read comes as Skipped and stops nothing.

    The lexicon is consulted where lost letters are to be restored.
    """
    return read_files((found for root in sources for found in find_files(Path(root))), lexicon=lexicon)


def read_files(files: Iterable[Found | Skipped], *, lexicon: Lexicon) -> Iterator[Document | Skipped]:
    """As `read_sources`, for files that were found already."""
    tools = repair_tools(lexicon)
    for found in files:
        if isinstance(found, Skipped):
            yield found
            continue
        try:
            for inner in unpacked(found):
                yield from [inner] if isinstance(inner, Skipped) else _read(inner, tools)
        except InputError as error:
            yield skipped(error)
        except OSError as error:
            yield _unreadable(found, error)


def _read(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    reader = READERS.get(found.suffix)
    if reader is None:
        kind = printable(found.suffix) or "no suffix"
        known = ", ".join([*READERS, *PACKED])
        yield Skipped(found.source, f"is of a kind that is not read ({kind}); known: {known}")
        return
    try:
        yield from reader(found, tools)
    except InputError as error:
        yield skipped(error)
    except OSError as error:
        yield _unreadable(found, error)


def _unreadable(found: Found, error: OSError) -> Skipped:
    return Skipped(found.source, f"cannot be read: {error.strerror or error}")


READERS: Final[dict[str, Reader]] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json-lines": read_json_lines,
    ".xml": read_xml,
    ".nxml": read_xml,
    ".nbib": read_tagged,
    ".ris": read_tagged,
    ".enw": read_tagged,
    ".net": read_tagged,
    ".bib": read_bibtex,
    ".csv": read_table,
    ".tsv": read_table,
    ".parquet": read_parquet,
    ".pdf": read_pdf,
    ".docx": read_word,
    ".html": read_web_page,
    ".htm": read_web_page,
    ".xhtml": read_web_page,
}
