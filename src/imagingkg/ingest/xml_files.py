"""XML files: the outermost element tells which reader takes them."""

from __future__ import annotations

from collections.abc import Iterator

from imagingkg.errors import InputError
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.jats import JATS_ROOTS, read_jats
from imagingkg.ingest.pubmed import PUBMED_ROOTS, read_pubmed
from imagingkg.ingest.xml_stream import root_tag
from imagingkg.model import Document, Skipped


def read_xml(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The documents of a PubMed or JATS file. Raises InputError for XML of another kind."""
    root = root_tag(found)
    if root in PUBMED_ROOTS:
        return read_pubmed(found, tools)
    if root in JATS_ROOTS:
        return read_jats(found, tools)
    known = ", ".join((*PUBMED_ROOTS, *JATS_ROOTS))
    raise InputError(found.source, f"is XML of a kind that is not read (<{root[:60]}>); known: {known}")
