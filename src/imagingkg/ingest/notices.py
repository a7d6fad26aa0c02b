"""Retractions, corrections and other notices that tie one record to another, in the words of each format.

PubMed's names are those of the RefType attribute in its DTD, MEDLINE's the tags of its display format
(https://www.nlm.nih.gov/bsd/mms/medlineelements.html), JATS's the values of related-article-type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from imagingkg.ingest.controls import printable
from imagingkg.ingest.records import doi_in, pmid_in
from imagingkg.ingest.xml_stream import child_text, text_of
from imagingkg.model import Link, Notice

PUBMED: Final[Mapping[str, Notice]] = {
    "RetractionOf": "retraction of",
    "RetractionIn": "retracted in",
    "RetractedandRepublishedIn": "retracted in",
    "RetractedandRepublishedFrom": "correction of",
    "ErratumFor": "correction of",
    "ErratumIn": "corrected in",
    "CorrectedandRepublishedFrom": "correction of",
    "CorrectedandRepublishedIn": "corrected in",
    "ExpressionOfConcernFor": "concern about",
    "ExpressionOfConcernIn": "concern in",
    "UpdateOf": "update of",
    "UpdateIn": "updated in",
}
MEDLINE_TAGS: Final[Mapping[str, Notice]] = {
    "ROF": "retraction of", "RIN": "retracted in", "RRI": "retracted in", "RRF": "correction of",
    "EFR": "correction of", "EIN": "corrected in", "CRF": "correction of", "CRI": "corrected in",
    "ECF": "concern about", "ECI": "concern in", "UOF": "update of", "UIN": "updated in",
}  # fmt: skip
JATS: Final[Mapping[str, Notice]] = {
    "retracted-article": "retraction of", "retraction-forward": "retracted in", "retraction": "retracted in",
    "corrected-article": "correction of", "correction-forward": "corrected in", "correction": "corrected in",
    "object-of-concern": "concern about", "concern-forward": "concern in", "updated-article": "update of",
}  # fmt: skip
_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_PMID: Final = re.compile(r"\bPMID:?\s*([1-9][0-9]{0,8})(?![0-9])")


def pubmed_links(citation: etree._Element) -> Iterator[Link]:
    """The notices among the CommentsCorrections of a MedlineCitation; comments and the like are left out."""
    for tie in citation.findall("CommentsCorrectionsList/CommentsCorrections"):
        if relation := PUBMED.get(tie.get("RefType", "")):
            source = printable(child_text(tie, "RefSource"))
            yield Link(relation, doi_in(source), pmid_in(child_text(tie, "PMID")), source)


def medline_link(tag: str, value: str) -> Link | None:
    """The notice that a line of a MEDLINE record names, if it names one."""
    relation = MEDLINE_TAGS.get(tag)
    if relation is None:
        return None
    pmid = _PMID.search(value)
    return Link(relation, doi_in(value), pmid[1] if pmid else "", printable(value))


def jats_links(meta: etree._Element) -> Iterator[Link]:
    """The notices among the related articles of an article-meta."""
    for tie in meta.findall("related-article"):
        if relation := JATS.get(tie.get("related-article-type", "")):
            number, kind = tie.get(_HREF, ""), tie.get("ext-link-type", "")
            yield Link(relation, doi_in(number), pmid_in(number) if kind == "pubmed" else "", printable(text_of(tie)))
