"""The same paper in several files is one document, whatever the order; what only looks the same stays apart."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import permutations
from pathlib import Path
from textwrap import wrap

import pytest

from imagingkg.errors import KgError
from imagingkg.ingest.papers import merged, papers
from imagingkg.model import Document, Link, Skipped, Study
from pdf_case import At, pdf
from readers_case import read_papers, written

TITLE = "A network that reads radiographs of the chest"
ABSTRACT = (
    "We trained a network on radiographs of the chest that two radiologists had read. It found more nodules than "
    "either of them in scans of another hospital, and it was as certain of those that were small."
)
OTHER = (
    "This second part asks how surgeons plan their operations when a model shows the vessels. Forty plans were drawn "
    "with it and forty without, and the time for each was taken down by a nurse."
)


def paper(source: str, text: str = "", **known: object) -> Document:
    return Document(id=source, text=text or source, source=source, sources=(source,), **known)  # type: ignore[arg-type]


def one_each(documents: Iterable[Document | Skipped]) -> list[Document]:
    return [item for item in papers(documents) if isinstance(item, Document)]


def groups(*documents: Document) -> list[list[str]]:
    return [list(document.sources) for document in one_each(documents)]


def test_one_doi_or_one_pmid_is_one_paper() -> None:
    assert groups(paper("a", doi="10.9999/X"), paper("b", pmid="7"), paper("c", doi="10.9999/x", pmid="7")) == [
        ["a", "b", "c"]
    ]
    assert groups(paper("a", doi="10.9999/x"), paper("b", doi="https://doi.org/10.9999/X")) == [["a", "b"]]
    assert groups(paper("a", doi="10.9999/x"), paper("b", doi="10.9999/y")) == [["a"], ["b"]]
    assert groups(paper("a", doi="7"), paper("b", pmid="7")) == [["a"], ["b"]]
    assert groups(paper("a"), paper("b")) == [["a"], ["b"]]


def test_a_full_text_and_its_abstract_are_one_paper_and_the_full_text_stays() -> None:
    full = paper("full.nxml", f"{TITLE}\n{ABSTRACT}\n{OTHER * 30}", title=TITLE, doi="10.9999/x")
    (document,) = one_each([paper("pubmed.xml#1", ABSTRACT, pmid="7", title=TITLE), full])
    assert (document.text, document.pmid, document.doi) == (full.text, "7", "10.9999/x")
    assert document.sources == ("full.nxml", "pubmed.xml#1")


def test_chapters_that_share_the_doi_of_their_book_stay_apart() -> None:
    chapters = [paper("a", f"Nodules\n{ABSTRACT}", title="Nodules"), paper("b", f"Vessels\n{OTHER}", title="Vessels")]
    assert groups(*(paper(c.source, c.text, title=c.title, doi="10.9999/book") for c in chapters)) == [["a"], ["b"]]


def test_one_title_with_one_text_is_one_paper_whatever_its_case_and_punctuation() -> None:
    first, second = paper("a", ABSTRACT, title=TITLE), paper("b", f"BACKGROUND: {ABSTRACT}", title=f"{TITLE.upper()}.")
    assert groups(first, second) == [["a", "b"]]
    chinese = (
        "目的：评价深度学习网络在胸部平片上检出肺结节的价值。方法：回顾性收集两家医院的胸部平片，由两名医师共同阅片。"
    )
    assert groups(
        paper("a", chinese, title="基于深度学习的肺结节检出研究", lang="zh"),
        paper("b", f"摘要 {chinese}", title="基于深度学习的“肺结节”检出研究", lang="zh"),
    ) == [["a", "b"]]


@pytest.mark.parametrize("body", [OTHER, "", "An erratum to it."])
def test_one_title_over_different_texts_is_not_one_paper(body: str) -> None:
    """Editorials, second parts and corrections often have the title of another paper."""
    assert groups(paper("a", f"{TITLE}\n{ABSTRACT}", title=TITLE), paper("b", f"{TITLE}\n{body}", title=TITLE)) == [
        ["a"],
        ["b"],
    ]


def test_short_titles_other_years_and_other_numbers_stay_apart() -> None:
    def titled(source: str, title: str = TITLE, **known: object) -> Document:
        return paper(source, f"{title}\n{ABSTRACT} {source}", title=title, **known)

    assert groups(titled("a", "Lung cancer"), titled("b", "Lung cancer")) == [["a"], ["b"]]
    assert groups(titled("a", year=2018), titled("b", year=2020)) == [["a"], ["b"]]
    assert groups(titled("a", year=2019), titled("b", year=2020)) == [["a", "b"]]
    preprint = titled("a", doi="10.9999/preprint")
    assert groups(preprint, titled("b", doi="10.9999/printed"), titled("c")) == [["a"], ["b"], ["c"]]


def test_one_text_is_one_document_unless_its_numbers_say_that_it_stands_for_several() -> None:
    assert groups(paper("a", "Editorial."), paper("b", "Editorial.", pmid="7")) == [["a", "b"]]
    assert groups(paper("a", "Editorial.", pmid="8"), paper("b", "Editorial.", pmid="7")) == [["a"], ["b"]]


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


def test_of_versions_of_a_record_the_newest_stands_though_it_is_shorter() -> None:
    old = paper("1.xml#1", f"{ABSTRACT} {OTHER}", pmid="7", revised="v001 2020-01-01", retracted=True)
    new = paper("2.xml#1", "Another text.", pmid="7", revised="v001 2021-01-01")
    copy = paper("3.csv#1", "Another", pmid="7")
    for copies in permutations((old, new, copy)):
        (document,) = one_each(copies)
        assert (document.text, document.retracted, document.revised) == ("Another text.", False, "v001 2021-01-01")
        assert document.sources == ("1.xml#1", "2.xml#1", "3.csv#1")


def test_a_withdrawn_record_is_set_aside_and_a_copy_from_elsewhere_stays() -> None:
    items = [
        Skipped("9.xml", "withdraws", withdraws=("7", "8")),
        paper("1.xml#1", pmid="7", revised="v001 2020-01-01"),
        paper("2.xml#1", pmid="8", revised="v001 2020-01-01"),
        paper("mine.nxml", pmid="8"),
        paper("1.xml#2", pmid="9", revised="v001 2020-01-01"),
        Skipped("8.xml", "withdraws", withdraws=("7",)),
    ]
    for shown in (items, items[::-1]):
        out = list(papers(shown))
        assert sorted(d.source for d in out if isinstance(d, Document)) == ["1.xml#2", "mine.nxml"]
        assert sorted((s.source, s.reason) for s in out if isinstance(s, Skipped) and not s.withdraws) == [
            ("1.xml#1", "PMID 7 is withdrawn by 8.xml"),
            ("2.xml#1", "PMID 8 is withdrawn by 9.xml"),
        ]


def test_what_a_notice_retracts_is_retracted_wherever_the_notice_stands() -> None:
    notice = paper("n", links=(Link("retraction of", pmid="7"), Link("retraction of", doi="10.9999/X")))
    found = [paper("a", pmid="7"), paper("b", doi="10.9999/x"), paper("c", pmid="8")]
    for shown in ([notice, *found], [*found, notice]):
        assert {d.source: d.retracted for d in one_each(shown)} == {"n": False, "a": True, "b": True, "c": False}


def test_the_order_of_documents_changes_nothing() -> None:
    generator = random.Random(7)
    words = f"{ABSTRACT} {OTHER}".split()
    documents = [
        paper(f"{n}", " ".join(words[generator.randrange(3) * 9 :][: generator.choice([5, 30, 60])]),
              doi=generator.choice(["", f"10.9999/{n % 7}"]), pmid=generator.choice(["", str(n % 11 + 1)]),
              title=generator.choice(["", f"{TITLE} number {n % 5}"]),
              year=generator.choice([None, 2019, 2020, 2021]),
              revised=generator.choice(["", "", "v001 2020-01-01", "v001 2021-01-01"]))
        for n in range(60)
    ]  # fmt: skip
    expected = sorted(one_each(documents), key=lambda d: d.sources)
    assert 1 < len(expected) < 60
    for _ in range(20):
        generator.shuffle(documents)
        assert sorted(one_each(documents), key=lambda d: d.sources) == expected


def test_nothing_is_lost_and_what_was_set_aside_comes_at_once() -> None:
    def items() -> Iterator[Document | Skipped]:
        yield Skipped("a.pdf", "is scanned")
        assert taken, "the first was not handed on before the second was asked for"
        yield from (paper(str(n), f"{ABSTRACT} {n}", pmid=str(n)) for n in range(100))

    taken: list[Document | Skipped] = []
    taken.extend(papers(items()))  # item by item, as they come
    assert [item.source for item in taken] == ["a.pdf", *map(str, range(100))]


def test_documents_wait_on_disk_and_not_in_memory() -> None:
    """Two hundred megabytes of text in documents of which no two are the same."""
    text = "".join(random.Random(1).choices("abcdefghij ", k=200_000))
    tracemalloc.start()
    count = sum(1 for _ in papers(paper(str(n), f"{n} {text}", pmid=str(n)) for n in range(1, 1000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 999
    assert peak < 20_000_000


def test_a_full_disk_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from imagingkg.ingest import spool

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(spool.Spool, "add", full)
    with pytest.raises(KgError, match="disk is full") as caught:
        list(papers([paper("a")]))
    assert "TMPDIR" in caught.value.advice


def test_a_paper_in_four_formats_is_read_as_one_document(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", f'title,abstract,doi\n"{TITLE}","{ABSTRACT}",10.9999/x\n')
    written(tmp_path / "b.jsonl", f'{{"title": "{TITLE}", "abstract": "{ABSTRACT}"}}\n')
    written(tmp_path / "c.ris", f"TY  - JOUR\nTI  - {TITLE}\nAB  - {ABSTRACT}\nAU  - Example, A\nER  - \n")
    written(tmp_path / "d.nbib", f"PMID- 90000001\nTI  - {TITLE}\nAB  - {ABSTRACT}\nLID - 10.9999/x [doi]\n")
    (document,), skipped = read_papers(tmp_path)
    assert skipped == []
    assert document.sources == ("a.csv#2", "b.jsonl#1", "c.ris#1", "d.nbib#1")
    assert (document.doi, document.pmid, document.authors) == ("10.9999/x", "90000001", "Example A")


def test_a_pdf_and_the_record_of_its_abstract_are_one_paper(tmp_path: Path) -> None:
    """The PDF has no DOI, its lines are broken and a word is parted; title and text tell."""
    lines = wrap(f"Abstract: {ABSTRACT} {OTHER}", 46)
    parted = [line.replace("radiologists", "radiolo-\ngists") for line in lines]
    shown = [At(60, 760, TITLE, 16)]
    shown += [At(60, 700 - 12 * n, line) for n, line in enumerate("\n".join(parted).split("\n"))]
    written(tmp_path / "a.pdf", pdf([shown]))
    written(tmp_path / "b.ris", f"TY  - JOUR\nTI  - {TITLE}\nAB  - {ABSTRACT}\nDO  - 10.9999/x\nPY  - 2020\nER  - \n")
    (document,), skipped = read_papers(tmp_path)
    assert skipped == []
    assert (document.source, document.sources) == ("a.pdf", ("a.pdf", "b.ris#1"))
    assert (document.title, document.doi, document.year) == (TITLE, "10.9999/x", 2020)
