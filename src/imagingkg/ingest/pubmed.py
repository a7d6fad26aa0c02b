"""PubMed's XML: a record, a search result or a file of the yearly baseline or its updates, as a stream of records.

Elements are those of NLM's PubMed DTD (https://dtd.nlm.nih.gov/ncbi/pubmed/). A record without an abstract is read for
its title. Reference lists are left out: an abstract cites nothing, and they would be most of the data. Every version of
a record is given out, with what tells the newest (`Document.revised`), and what later files take back (DeleteCitation).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from imagingkg.counting import counted
from imagingkg.errors import InputError
from imagingkg.ingest.assembly import record_document, skipped
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.notices import pubmed_links
from imagingkg.ingest.records import Record, bare_title, is_retracted, pmid_in, record_id, revision, year_in
from imagingkg.ingest.xml_stream import child_text, records, text_of
from imagingkg.model import Document, Skipped

PUBMED_ROOTS: Final = ("PubmedArticleSet", "PubmedArticle", "PubmedBookArticleSet", "PubmedBookArticle")
_NAME_PARTS: Final = ("LastName", "Initials", "ForeName", "CollectiveName")
_RECORDS: Final = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")


def read_pubmed(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The documents of a PubMed file, in order."""
    number = 0
    for element in records(found, _RECORDS):
        if element.tag == "DeleteCitation":
            yield _withdrawal(found.source, element)
            continue
        number += 1
        source = f"{found.source}#{number}"
        try:
            yield record_document(_record(element, source), source, "utf-8", tools)
        except InputError as error:
            yield skipped(error)
    if not number:
        yield Skipped(found.source, "holds no record")


def _withdrawal(source: str, element: etree._Element) -> Skipped:
    pmids = tuple(pmid for place in element.findall("PMID") if (pmid := pmid_in(text_of(place))))
    return Skipped(
        source, f"withdraws {counted(len(pmids), 'record')} of other files (DeleteCitation)", withdraws=pmids
    )


def _record(element: etree._Element, source: str) -> Record:
    citation = element.find("MedlineCitation")
    if citation is None:
        citation = element.find("BookDocument")
    if citation is None:
        raise InputError(source, "is a PubMed record without a citation")
    article = citation.find("Article")
    article = citation if article is None else article
    pmid, doi = pmid_in(child_text(citation, "PMID")), _doi(element, article)
    title = child_text(article, "ArticleTitle") or child_text(article, "Book/BookTitle")
    title = bare_title(title)
    links = tuple(pubmed_links(citation))
    lines = [title, *_abstract(article.find("Abstract")), *_in_chinese(citation, article)]
    return Record(
        id=record_id(pmid, doi),
        title=title,
        text="\n".join(line for line in lines if line),
        year=_year(article),
        doi=doi,
        pmid=pmid,
        authors=_authors(article.find("AuthorList")),
        venue=printable(child_text(article, "Journal/Title") or child_text(article, "Book/BookTitle")),
        retracted=_is_retracted(article, title) or any(link.relation == "retracted in" for link in links),
        links=links,
        revised=_revised(citation),
    )


def _revised(citation: etree._Element) -> str:
    """The version of the record and the day on which it was last changed, so that of two texts the greater is newer."""
    number, day = citation.find("PMID"), citation.find("DateRevised")
    version = pmid_in(number.get("Version", "")) if number is not None else ""
    if day is None:
        return revision("", version)
    return revision("".join(child_text(day, part).zfill(2) for part in ("Year", "Month", "Day")), version)


def _abstract(abstract: etree._Element | None) -> Iterator[str]:
    """A line for each part, its label before it as journals print it: "METHODS: We trained ..."."""
    for part in () if abstract is None else abstract.findall("AbstractText"):
        text, label = text_of(part), printable(part.get("Label", ""))
        if text:
            yield f"{label}: {text}" if label and label != "UNLABELLED" else text


def _in_chinese(citation: etree._Element, article: etree._Element) -> Iterator[str]:
    """The Chinese title and abstract, where the record has such an abstract beside the English one."""
    for other in citation.findall("OtherAbstract"):
        if other.get("Language") in ("chi", "zho"):
            if "chi" in (text_of(language) for language in article.findall("Language")):
                yield child_text(article, "VernacularTitle")
            yield from _abstract(other)


def _year(article: etree._Element) -> int | None:
    places = (
        "Journal/JournalIssue/PubDate/Year", "Journal/JournalIssue/PubDate/MedlineDate", "ArticleDate/Year",
        "Book/PubDate/Year", "Book/PubDate/MedlineDate",
    )  # fmt: skip
    years = (year_in(child_text(article, place)) for place in places)
    return next((year for year in years if year), None)


def _doi(element: etree._Element, article: etree._Element) -> str:
    for place in article.findall("ELocationID"):
        if place.get("EIdType") == "doi" and place.get("ValidYN", "Y") == "Y":
            return printable(text_of(place))
    # Only the record's own: its reference list has an ArticleIdList for each reference.
    for path in ("PubmedData/ArticleIdList/ArticleId", "PubmedBookData/ArticleIdList/ArticleId"):
        for place in element.findall(path):
            if place.get("IdType") == "doi":
                return printable(text_of(place))
    return ""


def _authors(people: etree._Element | None) -> str:
    names = []
    for author in () if people is None else people.iterchildren("Author"):
        if author.get("ValidYN", "Y") == "Y":
            said = {part.tag: text_of(part) for part in author.iterchildren(*_NAME_PARTS)}
            given = said.get("Initials") or said.get("ForeName", "")
            names.append(printable(f"{said.get('LastName', '')} {given}".strip() or said.get("CollectiveName", "")))
    return ", ".join(name for name in names if name)


def _is_retracted(article: etree._Element, title: str) -> bool:
    return is_retracted(title, [text_of(kind) for kind in article.findall("PublicationTypeList/PublicationType")])
