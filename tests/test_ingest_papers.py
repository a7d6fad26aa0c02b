"""The same paper in several files is one document, whatever the order; what only looks the same stays apart."""

from __future__ import annotations

import random
from itertools import permutations

from imagingkg.ingest.papers import merged, one_per_paper, same_papers
from imagingkg.model import Document, Study

TITLE = "A network that reads radiographs of the chest"


def paper(source: str, text: str = "", **known: object) -> Document:
    return Document(id=source, text=text or source, source=source, sources=(source,), **known)  # type: ignore[arg-type]


def groups(*documents: Document) -> list[list[str]]:
    return [[documents[place].source for place in places] for places in same_papers(documents)]


def test_one_doi_or_one_pmid_is_one_paper() -> None:
    assert groups(paper("a", doi="10.9999/X"), paper("b", pmid="7"), paper("c", doi="10.9999/x", pmid="7")) == [
        ["a", "b", "c"]
    ]
    assert groups(paper("a", doi="10.9999/x"), paper("b", doi="10.9999/y")) == [["a"], ["b"]]
    assert groups(paper("a", doi="7"), paper("b", pmid="7")) == [["a"], ["b"]]
    assert groups(paper("a"), paper("b")) == [["a"], ["b"]]


def test_one_title_is_one_paper_whatever_its_case_and_punctuation() -> None:
    assert groups(paper("a", title=TITLE), paper("b", title=f"{TITLE.upper()}.", year=2020)) == [["a", "b"]]
    assert groups(
        paper("a", title="基于深度学习的肺结节检出研究", lang="zh"),
        paper("b", title="基于深度学习的“肺结节”检出研究", lang="zh"),
    ) == [["a", "b"]]


def test_short_titles_other_years_and_other_numbers_stay_apart() -> None:
    assert groups(paper("a", title="Lung cancer"), paper("b", title="Lung cancer")) == [["a"], ["b"]]
    assert groups(paper("a", title=TITLE, year=2018), paper("b", title=TITLE, year=2020)) == [["a"], ["b"]]
    assert groups(paper("a", title=TITLE, year=2019), paper("b", title=TITLE, year=2020)) == [["a", "b"]]
    preprint = paper("a", title=TITLE, doi="10.9999/preprint")
    assert groups(preprint, paper("b", title=TITLE, doi="10.9999/printed"), paper("c", title=TITLE)) == [
        ["a"],
        ["b"],
        ["c"],
    ]


def test_another_language_is_another_document() -> None:
    assert groups(paper("a", doi="10.9999/x", lang="en"), paper("b", doi="10.9999/x", lang="zh")) == [["a"], ["b"]]


def test_the_most_text_stays_with_what_the_others_know() -> None:
    short = paper("b.ris#1", "An abstract.", doi="10.9999/x", year=2020, authors="Example A", retracted=True)
    full = paper(
        "a.nxml", "A full text of a paper.", doi="10.9999/x", references=(Study(citation="1", doi="10.9999/c"),)
    )
    other = paper("c.csv#2", "An abstract!", doi="10.9999/x", pmid="7", venue="Invented")
    for copies in permutations((short, full, other)):
        document = merged(copies)
        assert document.text == full.text
        assert (document.source, document.sources) == ("a.nxml", ("a.nxml", "b.ris#1", "c.csv#2"))
        assert (document.year, document.authors, document.pmid, document.venue) == (2020, "Example A", "7", "Invented")
        assert document.retracted
        assert document.references == full.references
        assert document.sha256 == full.sha256


def test_the_order_of_documents_changes_nothing() -> None:
    generator = random.Random(7)
    documents = [
        paper(f"{n}", "x" * generator.randrange(1, 9), doi=generator.choice(["", f"10.9999/{n % 7}"]),
              pmid=generator.choice(["", str(n % 11 + 1)]), title=generator.choice(["", f"{TITLE} number {n % 5}"]),
              year=generator.choice([None, 2019, 2020, 2021]))
        for n in range(60)
    ]  # fmt: skip
    expected = sorted(one_per_paper(documents), key=lambda d: d.sources)
    assert 1 < len(expected) < 60
    for _ in range(20):
        generator.shuffle(documents)
        assert sorted(one_per_paper(documents), key=lambda d: d.sources) == expected
