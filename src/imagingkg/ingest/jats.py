"""JATS, the XML of PubMed Central and many publishers: one document an article, its reference list beside it.

Elements are those of the JATS Archiving tag set (https://jats.nlm.nih.gov/archiving/) and its forerunner, the NLM DTD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lxml import etree

from imagingkg.errors import InputError
from imagingkg.ingest.assembly import record_document, skipped
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.jats_text import body_lines, inline
from imagingkg.ingest.notices import jats_links
from imagingkg.ingest.records import Record, is_retracted, record_id, year_in
from imagingkg.ingest.xml_stream import child_text, records, text_of
from imagingkg.model import Document, Skipped, Study

JATS_ROOTS: Final = ("article", "pmc-articleset", "articles")
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_DATES: Final = ("ppub", "collection", "pub", "epub-ppub", "epub")
_YEAR_IN_BRACKETS: Final = re.compile(r"\(((?:1[5-9]|20)\d\d)[a-z]?\)")
_CITATIONS: Final = ("mixed-citation", "element-citation", "citation", "nlm-citation")
_NUMBER: Final = re.compile(r"[0-9]{1,4}")
_MOST_AUTHORS: Final = 6  # as reference lists print them; then et al.


def read_jats(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """The articles of a JATS file: one, or a set of them."""
    number = 0
    for article in records(found, ("article",)):
        number += 1
        # An article has its file to itself but in a set, which is seen by its parent.
        source = found.source if article.getparent() is None else f"{found.source}#{number}"
        try:
            yield record_document(_record(article, source), source, "utf-8", tools)
        except InputError as error:
            yield skipped(error)
    if not number:
        yield Skipped(found.source, "holds no article")


def _record(article: etree._Element, source: str) -> Record:
    meta = article.find("front/article-meta")
    meta = article.find("front-stub") if meta is None else meta
    if meta is None:
        raise InputError(source, "is a JATS article without article-meta")
    title_element = meta.find("title-group/article-title")
    title = "" if title_element is None else inline(title_element)
    links = tuple(jats_links(meta))
    doi, pmid = _article_id(meta, "doi"), _article_id(meta, "pmid")
    lines = [title, *_abstracts(meta)]
    for place in (article.find("body"), article.find("floats-group"), article.find("back/app-group")):
        lines += body_lines(place) if place is not None else ()
    return Record(
        id=record_id(pmid, doi),
        title=title,
        text="\n".join(line for line in lines if line),
        year=_year(meta),
        doi=doi,
        pmid=pmid,
        authors=", ".join(_names(meta.iterfind("contrib-group/contrib[@contrib-type='author']"))),
        venue=printable(
            child_text(article, "front/journal-meta//journal-title")
            or child_text(article, "front/journal-meta/journal-id")
        ),
        retracted=article.get("article-type") == "retracted-article"
        or any(link.relation == "retracted in" for link in links)
        or is_retracted(title, ()),
        links=links,
        references=tuple(_references(article)),
    )


def _abstracts(meta: etree._Element) -> Iterator[str]:
    """The abstract and the author's summary; a part's title is its label: "Methods: We trained ..."."""
    for abstract in meta.findall("abstract"):
        if abstract.get("abstract-type") not in ("graphical", "teaser", "toc"):
            yield from _labelled(abstract)
    for title in meta.iterfind("title-group/trans-title-group"):
        if title.get(_LANG, "").startswith("zh"):
            yield child_text(title, "trans-title")
    for abstract in meta.findall("trans-abstract"):
        if abstract.get(_LANG, "").startswith("zh"):
            yield from _labelled(abstract)


def _labelled(abstract: etree._Element) -> Iterator[str]:
    for part in abstract:
        if part.tag == "sec":
            label = child_text(part, "title").rstrip(":： ")
            first, *rest = list(body_lines(part, skip_title=True)) or [""]
            yield f"{label}: {first}" if label and first else first or label
            yield from rest
        elif part.tag == "title":
            title = text_of(part)
            if title.lower() not in ("abstract", "摘要"):
                yield title
        elif isinstance(part.tag, str):
            yield from body_lines(part)


def _article_id(meta: etree._Element, kind: str) -> str:
    found = (printable(text_of(place)) for place in meta.findall("article-id") if place.get("pub-id-type") == kind)
    return next(found, "")


def _year(meta: etree._Element) -> int | None:
    years: dict[str, int] = {}
    for date in meta.findall("pub-date"):
        if year := year_in(child_text(date, "year")):
            years.setdefault(date.get("pub-type") or date.get("date-type") or "other", year)
    return next((years[kind] for kind in _DATES if kind in years), next(iter(years.values()), None))


def _names(people: Iterator[etree._Element]) -> Iterator[str]:
    for person in people:
        name = person if person.find("surname") is not None else person.find(".//name")
        if name is None:
            name = person.find(".//string-name")
        if name is not None and name.find("surname") is not None:
            yield printable(f"{child_text(name, 'surname')} {_initials(child_text(name, 'given-names'))}")
        elif together := child_text(person, ".//collab"):
            yield printable(together)


def _initials(given: str) -> str:
    """ "Paul M" and "P.M." as "PM"; names in Chinese characters stay whole."""
    if re.fullmatch(r"[A-Z]{1,4}", given):
        return given
    parts = re.findall(r"[^\W\d_]+", given)
    return given if not given.isascii() and not parts else "".join(part[0] for part in parts)


def _references(article: etree._Element) -> Iterator[Study]:
    listed = article.findall("back//ref-list//ref")
    cited = _numbers(article, [reference.get("id", "") for reference in listed])
    for reference in listed:
        citation = next((c for tag in _CITATIONS if (c := reference.find(f".//{tag}")) is not None), None)
        if citation is not None:
            yield _study(reference, citation, cited)


def _study(reference: etree._Element, citation: etree._Element, cited: Mapping[str, str]) -> Study:
    label = (child_text(reference, "label") or child_text(citation, "label")).strip("[](). ")
    group = citation.find("person-group[@person-group-type='author']")
    group = citation if group is None else group
    names = list(_names(e for e in group if e.tag in ("name", "string-name", "collab", "name-alternatives")))
    printed = _YEAR_IN_BRACKETS.search(text_of(citation))
    year = year_in(child_text(citation, "year")) or (int(printed[1]) if printed else None)
    ids = {place.get("pub-id-type"): printable(text_of(place)) for place in citation.iter("pub-id")}
    titles = (child_text(citation, tag) for tag in ("article-title", "chapter-title", "source"))
    return Study(
        authors=", ".join(names[:_MOST_AUTHORS]) + (" et al." if len(names) > _MOST_AUTHORS else ""),
        year=year,
        citation=label if _NUMBER.fullmatch(label) else cited.get(reference.get("id", ""), ""),
        doi=ids.get("doi", ""),
        pmid=ids.get("pmid", ""),
        title=printable(next((title for title in titles if title), "")),
    )


def _numbers(article: etree._Element, listed: Sequence[str]) -> dict[str, str]:
    """Reference ids to the numbers by which the text cites them, for lists that print no numbers themselves."""
    numbers: dict[str, str] = {}
    for cite in article.iterfind(".//xref[@ref-type='bibr']"):
        number = text_of(cite).strip("[]() ")
        if _NUMBER.fullmatch(number) and int(number) <= len(listed):  # what is more is a year
            numbers.setdefault(cite.get("rid", ""), number)
    by_place = {identifier: str(place) for place, identifier in enumerate(listed, 1)}
    # [3-5] names its ends alone: where every number that is named is the place in the list, so are the others.
    in_order = numbers and all(by_place.get(identifier) == number for identifier, number in numbers.items())
    return by_place if in_order else numbers
