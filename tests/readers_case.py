"""What the tests of the readers share: reading a file with an empty lexicon, and where the samples are."""

from __future__ import annotations

from pathlib import Path

from imagingkg.ingest.papers import papers
from imagingkg.ingest.read import read_sources
from imagingkg.lexicon import Lexicon
from imagingkg.model import Document, Skipped

SAMPLES = Path(__file__).parent / "data" / "readers"
NO_NAMES = Lexicon({}, {}, {}, frozenset(), "")


def read(*sources: Path) -> tuple[list[Document], list[Skipped]]:
    """The documents and what was set aside."""
    items = list(read_sources(sources, lexicon=NO_NAMES))
    return [i for i in items if isinstance(i, Document)], [i for i in items if isinstance(i, Skipped)]


def read_papers(*sources: Path) -> tuple[list[Document], list[Skipped]]:
    """One document a paper, and what was set aside."""
    items = list(papers(read_sources(sources, lexicon=NO_NAMES)))
    return [i for i in items if isinstance(i, Document)], [i for i in items if isinstance(i, Skipped)]


def sample(name: str) -> list[Document]:
    """The documents of a sample, of which nothing may be set aside."""
    documents, skipped = read(SAMPLES / name)
    assert skipped == []
    return documents


def written(path: Path, data: bytes | str) -> Path:
    """The file, with these contents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path
