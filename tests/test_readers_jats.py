"""JATS: sections, tables and references of an article, and citations that can be looked up in its list."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from imagingkg.model import Study
from readers_case import SAMPLES, read, sample, written

# Counted in the files with plain searches for the opening tags: sections with a title in the body, entries of the
# reference list with DOIs and PMIDs among them, tables and their rows.
FACTS = {
    "1471-2180-11-174.nxml": (23, 64, 50, 56, 3, 54),
    "1472-6831-8-11.nxml": (15, 31, 17, 25, 4, 49),
    "6605965a.nxml": (3, 34, 0, 31, 2, 87),
    "ehp-116-1694.nxml": (18, 58, 0, 52, 0, 0),
    "mds526.nxml": (9, 40, 0, 30, 4, 96),
    "pntd.0002065.nxml": (13, 32, 0, 21, 5, 62),
    "pone.0000217.nxml": (21, 33, 0, 26, 0, 0),
    "pone.0046493.nxml": (21, 58, 0, 44, 3, 36),
}
TITLES = {
    "1471-2180-11-174.nxml": "Factors influencing lysis time stochasticity in bacteriophage λ",
    "6605965a.nxml": "Oral contraceptives, reproductive history and risk of colorectal cancer in the "
    "European Prospective Investigation into Cancer and Nutrition",
    "pone.0000217.nxml": "Quantifying Organismal Complexity using a Population Genetic Approach",
}


def test_front_matter_is_taken() -> None:
    (document,) = sample("article.nxml")
    assert (document.id, document.pmid, document.doi) == ("pmid:90000011", "90000011", "10.9999/invented.3")
    assert (document.title, document.year) == ("Deep learning on mammograms", 2021)
    assert (document.authors, document.venue) == ("Example AB, The Invented Group", "Invented Imaging")
    assert document.retracted
    assert document.source == "article.nxml"


def test_the_text_has_headings_lists_tables_and_captions_as_lines() -> None:
    (document,) = sample("article.nxml")
    assert document.text.split("\n") == [
        "Deep learning on mammograms",
        "Methods: We trained a network.",
        "Results: It read well.",
        "1 Introduction",
        "Raised[1,2] and round [3], bare [1], square [2] and parted [1–3], as Author (Author 2001) in 10⁵ cells.",
        "Aim",
        "To read mammograms.",
        "first point",
        "second point",
        "Results",
        "Table 1. How it read.",
        "Reader | AUC",
        "Network | 0.93",
        "Radiologist | ",
        "Area under the curve.",
        "Figure 1. Curves. Two of them.",
    ]


def test_references_have_the_numbers_by_which_they_are_cited() -> None:
    (document,) = sample("article.nxml")
    assert document.references == (
        Study("Author CD", 2001, "1", "10.9999/cited.1", "90000021", "First work"),
        Study("", 1999, "2", "", "", ""),
        Study("A X, B X, C X, D X, E X, F X et al.", None, "3", "", "", "Third work"),
    )


def test_numbers_that_the_list_does_not_print_come_from_the_text_or_from_the_place(tmp_path: Path) -> None:
    text = (SAMPLES / "article.nxml").read_text(encoding="utf-8")
    text = text.replace("<label>[1]</label>", "").replace("<label>2</label>", "")
    (document,), _ = read(written(tmp_path / "a.nxml", text))
    assert [s.citation for s in document.references] == ["1", "2", "3"]


@pytest.mark.parametrize("name", FACTS)
def test_the_shared_articles_have_all_their_sections_tables_and_references(shared: Path, name: str) -> None:
    path = shared / "data" / "xml" / name
    (document,), skipped = read(path)
    sections, references, dois, pmids, tables, rows = FACTS[name]
    assert skipped == []
    assert document.title.startswith(TITLES.get(name, document.title))
    assert len(document.title) > 40
    assert (len(document.references), sum(bool(r.pmid) for r in document.references)) == (references, pmids)
    assert sum(bool(r.doi) for r in document.references) == dois
    lines = document.text.split("\n")
    body = path.read_text(encoding="utf-8").partition("<body")[2].partition("</body>")[0]
    headings = plain_headings(body)
    assert len(headings) == sections
    position = 0
    for heading in headings:  # every one is a line, in the order of the file
        position = lines.index(heading, position) + 1
    assert sum(re.match(r"Table \d+\. ", line) is not None for line in lines) == tables
    assert sum(" | " in line for line in lines) <= rows


def plain_headings(body: str) -> list[str]:
    """The titles of sections by text search alone, without the reader's own parser."""
    found = re.findall(r"<sec[ >](?:(?!<sec[ >]|<title).)*<title>(.*?)</title>", body, re.DOTALL)
    raised = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")
    found = [re.sub(r"<sup>([0-9+−-]+)</sup>", lambda m: m[1].translate(raised), title) for title in found]
    return [re.sub(r"[ \t\r\n]+", " ", html.unescape(re.sub(r"<[^>]+>", "", title))).strip() for title in found]


def test_every_number_cited_in_the_shared_articles_is_in_the_list(shared: Path) -> None:
    """The six articles that cite by number: each number in square brackets that a citation printed is looked up."""
    numbered = 0
    for name in FACTS:
        (document,), _ = read(shared / "data" / "xml" / name)
        numbers = [s.citation for s in document.references]
        if any(numbers):
            assert numbers == [str(n) for n in range(1, len(numbers) + 1)], name
            numbered += 1
    assert numbered == 6


def test_a_set_of_articles_is_read_one_by_one(tmp_path: Path) -> None:
    title = "<title-group><article-title>{}</article-title></title-group>"
    one = f"<article><front><article-meta>{title}</article-meta></front></article>"
    text = "<pmc-articleset>" + one.format("First") + one.format("Second") + "</pmc-articleset>"
    documents, skipped = read(written(tmp_path / "set.xml", text))
    assert [(d.source, d.title) for d in documents] == [("set.xml#1", "First"), ("set.xml#2", "Second")]
    assert skipped == []


def test_names_of_characters_that_a_dtd_would_define_are_known(tmp_path: Path) -> None:
    """Also where a piece of the file ends in the middle of such a name."""
    title = "A" * 65_400 + "&alpha;&nbsp;&lt;" * 40
    group = f"<title-group><article-title>{title}</article-title></title-group>"
    text = f"<!DOCTYPE article SYSTEM 'x.dtd'><article><front><article-meta>{group}</article-meta></front></article>"
    (document,), _ = read(written(tmp_path / "a.nxml", text))
    assert document.title == "A" * 65_400 + "α\u00a0<" * 40


def test_a_default_namespace_changes_nothing(tmp_path: Path) -> None:
    text = (SAMPLES / "article.nxml").read_text(encoding="utf-8")
    other = text.replace("<article ", '<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.2/" ', 1)
    (plain,), _ = read(SAMPLES / "article.nxml")
    (spaced,), _ = read(written(tmp_path / "article.nxml", other))
    assert (spaced.text, spaced.references, spaced.retracted) == (plain.text, plain.references, plain.retracted)


def test_a_cut_article_is_reported_and_not_half_read(tmp_path: Path) -> None:
    text = (SAMPLES / "article.nxml").read_bytes()
    for size in (300, 1200, len(text) - 20):
        documents, skipped = read(written(tmp_path / "a.nxml", text[:size]))
        assert documents == []
        assert ["breaks off" in s.reason for s in skipped] == [True]


def test_sections_as_deep_as_xml_may_go_are_read(tmp_path: Path) -> None:
    deep = "<sec><title>T</title>" * 200 + "<p>the bottom</p>" + "</sec>" * 200
    text = f"<article><front><article-meta/></front><body>{deep}</body></article>"
    (document,), _ = read(written(tmp_path / "a.nxml", text))
    assert document.text.endswith("T\nthe bottom")
