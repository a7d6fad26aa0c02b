"""PubMed's XML: every field where the DTD has it, and complete records kept when a file breaks off."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from imagingkg.extract.sentences import split
from imagingkg.ingest import xml_stream
from imagingkg.ingest.read import read_sources
from readers_case import NO_NAMES, SAMPLES, read, read_papers, written


def article(pmid: int, text: str = "We read scans.") -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><ArticleTitle>Title {pmid}</ArticleTitle>"
        f"<Abstract><AbstractText>{text}</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>\n"
    )


def file_of(*records: str) -> str:
    return "<?xml version='1.0'?>\n<PubmedArticleSet>\n" + "".join(records) + "</PubmedArticleSet>\n"


def test_a_record_gives_its_fields_from_the_places_of_the_dtd() -> None:
    document = read(SAMPLES / "pubmed.xml")[0][0]
    assert (document.id, document.pmid, document.doi) == ("pmid:90000001", "90000001", "10.9999/invented.1")
    assert (document.title, document.year) == ("A small network finds lung nodules on chest CT.", 2019)
    assert (document.authors, document.venue) == ("Example AB, The Invented Group", "Journal of Invented Imaging")
    assert (document.source, document.lang, document.repairs) == ("pubmed.xml#1", "en", ())


def test_a_structured_abstract_keeps_its_labels_and_they_are_understood_as_sections() -> None:
    document = read(SAMPLES / "pubmed.xml")[0][0]
    assert document.text.split("\n") == [
        "A small network finds lung nodules on chest CT.",
        "BACKGROUND: Nodules are easily missed.",
        "RESULTS: In 134 patients and 10³ scans the AUC was 0.91; CO2 < 5\u00a0%.",
    ]
    assert [s.section for s in split(document.text, titled=True)] == ["title", "background", "results"]


def test_a_retraction_notice_marks_the_record_and_a_cited_doi_is_not_its_own() -> None:
    documents, _ = read(SAMPLES / "pubmed.xml")
    assert [d.retracted for d in documents] == [True, False, False]
    assert [d.doi for d in documents] == ["10.9999/invented.1", "10.9999/invented.2", ""]


def test_a_retracted_publication_is_marked_and_a_notice_of_another_is_not(tmp_path: Path) -> None:
    kinds = ("Retracted Publication", "Retraction of Publication", "Journal Article")
    records = [
        article(n).replace("</Article>", f"<PublicationTypeList><PublicationType>{kind}</PublicationType>"
                           "</PublicationTypeList></Article>")
        for n, kind in enumerate(kinds, 1)
    ]  # fmt: skip
    documents, _ = read(written(tmp_path / "a.xml", file_of(*records)))
    assert [d.retracted for d in documents] == [True, False, False]


def test_a_chinese_abstract_stands_below_the_english_one() -> None:
    document = read(SAMPLES / "pubmed.xml")[0][1]
    assert document.title == "Radiomics of glioma on MRI."
    assert document.text.split("\n") == [
        "Radiomics of glioma on MRI.", "We graded gliomas.", "基于MRI的胶质瘤影像组学",
        "目的: 评价MRI对胶质瘤分级的价值。",
    ]  # fmt: skip


def test_a_record_of_a_title_alone_is_read_and_withdrawn_records_are_counted() -> None:
    documents, skipped = read(SAMPLES / "pubmed.xml")
    assert documents[2].text == "Only a title on ultrasound."
    assert [s.reason for s in skipped] == ["withdraws 2 records of other files (DeleteCitation)"]


def test_the_shared_record_is_read_as_it_stands(shared: Path) -> None:
    """Facts of PMID 29768149 as its file has them, DOCTYPE and all."""
    (document,), skipped = read(shared / "data" / "xml" / "pubmed-29768149.xml")
    assert skipped == []
    assert document.pmid == "29768149"
    assert document.doi == "10.1056/NEJMoa1715274"
    assert document.title == "Inhaled Combined Budesonide-Formoterol as Needed in Mild Asthma."
    assert (document.year, document.venue) == (2018, "The New England journal of medicine")
    labels = [line.split(":")[0] for line in document.text.split("\n")[1:]]
    assert labels == ["BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS"]
    assert document.authors.startswith("O'Byrne PM, FitzGerald JM, ")


@pytest.mark.parametrize("wrap", ["{}", "<PubmedArticleSet>{}</PubmedArticleSet>"])
def test_one_record_may_stand_alone(tmp_path: Path, wrap: str) -> None:
    documents, skipped = read(written(tmp_path / "a.xml", wrap.format(article(7))))
    assert [(d.pmid, d.source) for d in documents] == [("7", "a.xml#1")]
    assert skipped == []


def test_a_file_cut_anywhere_gives_only_complete_records_and_says_so(tmp_path: Path) -> None:
    """Whatever the byte at which it ends, no number is ever cut off, and the cut is reported."""
    whole = file_of(article(111111), article(222222), article(333333)).encode()
    ends = [whole.index(b"</PubmedArticle>", whole.index(b"%d" % n)) + 16 for n in (111111, 222222, 333333)]
    tried = 0
    for size in range(60, len(whole) - 20, 7):
        documents, skipped = read(written(tmp_path / "cut.xml", whole[:size]))
        kept = sum(end <= size for end in ends)
        assert [d.pmid for d in documents] == ["111111", "222222", "333333"][:kept]
        assert len(skipped) == 1
        assert "breaks off" in skipped[0].reason
        assert f"{kept} complete record" in skipped[0].reason
        tried += 1
    assert tried > 80


def test_a_cut_gzip_file_keeps_the_complete_records_before_the_cut(tmp_path: Path) -> None:
    numbers = range(100000, 100400)
    # Text that hardly shrinks, so that half of the packed bytes are about half of the records.
    packed = gzip.compress(
        file_of(*(article(n, "".join(chr(0x4E00 + n * k % 20000) for k in range(300))) for n in numbers)).encode()
    )
    documents, skipped = read(written(tmp_path / "base.xml.gz", packed[: len(packed) // 2]))
    assert 150 < len(documents) < 250
    assert [d.pmid for d in documents] == [str(n) for n in numbers][: len(documents)]
    assert documents[0].source == "base.xml.gz#1"
    assert len(skipped) == 1
    assert "gzip data ends" in skipped[0].reason
    assert f"{len(documents)} complete records" in skipped[0].reason


def peak(path: Path, count: int) -> int:
    """The most memory that reading so many records takes, in bytes."""
    packed = gzip.compress(file_of(*(article(n) for n in range(1, count + 1))).encode())
    written(path, packed)
    tracemalloc.start()
    total = sum(1 for _ in read_sources([path], lexicon=NO_NAMES))
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == count
    return top


def test_memory_does_not_grow_with_the_number_of_records(tmp_path: Path) -> None:
    peak(tmp_path / "warm.xml.gz", 50)
    assert peak(tmp_path / "many.xml.gz", 5000) < peak(tmp_path / "few.xml.gz", 500) + 1_000_000


HOSTILE = {
    "bomb": "<!DOCTYPE a [<!ENTITY a0 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    + f"]><PubmedArticleSet>{article(1, '&a11;')}</PubmedArticleSet>",
    "deep": "<PubmedArticleSet>" + "<b>" * 100_000,
    "no XML": "PMID- 12345678\nTI  - A title",
    "other XML": "<html><body>We read scans.</body></html>",
    "nothing": "   \n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_gives_one_line_in_the_report(tmp_path: Path, name: str) -> None:
    documents, skipped = read(written(tmp_path / "a.xml", HOSTILE[name]))
    assert documents == []
    assert len(skipped) == 1
    assert skipped[0].source == "a.xml"


@pytest.mark.parametrize("reference", ["SYSTEM '{}'", "PUBLIC 'x' '{}'"])
def test_an_external_entity_is_never_read(tmp_path: Path, reference: str) -> None:
    secret = written(tmp_path / "secret.txt", "a secret of the machine")
    entity = reference.format(secret.as_uri())
    doctype = f"<!DOCTYPE PubmedArticleSet [<!ENTITY e {entity}><!ENTITY % p {entity}>]>"
    documents, skipped = read(written(tmp_path / "a.xml", doctype + file_of(article(1, "x &e; y")).partition("?>")[2]))
    assert all("secret" not in d.text for d in documents)
    assert len(documents) + len(skipped) >= 1


def test_an_external_dtd_is_not_loaded(tmp_path: Path) -> None:
    dtd = written(tmp_path / "x.dtd", "<!ENTITY mark 'from the DTD'>")
    text = f"<!DOCTYPE PubmedArticleSet SYSTEM '{dtd.as_uri()}'><PubmedArticleSet>{article(1)}</PubmedArticleSet>"
    documents, skipped = read(written(tmp_path / "a.xml", text))
    assert [d.pmid for d in documents] == ["1"]
    assert skipped == []


def test_an_endless_record_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MAX_RECORD_BYTES", 200_000)
    text = file_of(article(1), article(2, "<b/>" * 100_000), article(3))
    documents, skipped = read(written(tmp_path / "a.xml", text))
    assert [d.pmid for d in documents] == ["1"]
    assert ["record of more than 200,000 bytes" in s.reason for s in skipped] == [True]


def test_a_pmid_that_is_no_number_is_not_taken_for_one(tmp_path: Path) -> None:
    (document,), _ = read(written(tmp_path / "a.xml", file_of(article(1).replace("<PMID>1", "<PMID>1x"))))
    assert (document.pmid, document.id) == ("", "a.xml#1")


def test_links_to_retractions_and_corrections_are_kept_and_comments_are_not(tmp_path: Path) -> None:
    ties = [
        ("RetractionIn", 11), ("ErratumIn", 12), ("ExpressionOfConcernIn", 13), ("UpdateIn", 14), ("RetractionOf", 15),
        ("ErratumFor", 16), ("CommentIn", 17), ("Cites", 18), ("Invented", 19),
    ]  # fmt: skip
    listed = "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>Invented J. 2020;1:{pmid}</RefSource><PMID>{pmid}</PMID>'
        "</CommentsCorrections>"
        for kind, pmid in ties
    )
    record = article(1).replace(
        "</Article>", f"</Article><CommentsCorrectionsList>{listed}</CommentsCorrectionsList>"
    )  # fmt: skip
    (document,), _ = read(written(tmp_path / "a.xml", file_of(record)))
    assert [(link.relation, link.pmid) for link in document.links] == [
        ("retracted in", "11"), ("corrected in", "12"), ("concern in", "13"), ("updated in", "14"),
        ("retraction of", "15"), ("correction of", "16"),
    ]  # fmt: skip
    assert document.links[0].citation == "Invented J. 2020;1:11"
    assert document.retracted


def test_a_correction_is_no_retraction(tmp_path: Path) -> None:
    tie = '<CommentsCorrections RefType="ErratumIn"><PMID>12</PMID></CommentsCorrections>'
    record = article(1).replace("</Article>", f"</Article><CommentsCorrectionsList>{tie}</CommentsCorrectionsList>")
    (document,), _ = read(written(tmp_path / "a.xml", file_of(record)))
    assert (len(document.links), document.retracted) == (1, False)


def revised(pmid: int, text: str, date: tuple[str, str, str] | None, version: str = "1") -> str:
    day = "<DateRevised><Year>{}</Year><Month>{}</Month><Day>{}</Day></DateRevised>".format(*date) if date else ""
    return article(pmid, text).replace(f"<PMID>{pmid}</PMID>", f'<PMID Version="{version}">{pmid}</PMID>{day}')


def test_of_several_versions_of_a_record_the_newest_is_read_in_whatever_file_it_stands(tmp_path: Path) -> None:
    days = [("2020", "2", "9"), ("2020", "02", "10"), ("2019", "12", "31"), None]
    for n, day in enumerate(days):
        written(tmp_path / f"{n}.xml", file_of(revised(7, f"Text {n}.", day)))
    (document,), _ = read_papers(tmp_path)
    assert document.text == "Title 7\nText 1."
    assert document.sources == ("0.xml#1", "1.xml#1", "2.xml#1", "3.xml#1")
    written(tmp_path / "4.xml", file_of(revised(7, "Version 2.", ("2018", "01", "01"), version="2")))
    (document,), _ = read_papers(tmp_path)
    assert document.text == "Title 7\nVersion 2."


def test_a_record_that_an_update_file_deletes_is_reported_as_withdrawn(tmp_path: Path) -> None:
    written(tmp_path / "base.xml.gz", gzip.compress(file_of(article(7), article(8)).encode()))
    deleted = "<DeleteCitation><PMID Version='1'>7</PMID><PMID>1x</PMID></DeleteCitation>"
    written(tmp_path / "update.xml", file_of(article(9), deleted))
    documents, skipped = read_papers(tmp_path)
    assert [d.pmid for d in documents] == ["8", "9"]
    assert sorted((s.source, s.reason) for s in skipped) == [
        ("base.xml.gz#1", "PMID 7 is withdrawn by update.xml"),
        ("update.xml", "withdraws 1 record of other files (DeleteCitation)"),
    ]


def test_a_newer_medline_export_stands_before_an_older_record_in_xml(tmp_path: Path) -> None:
    written(tmp_path / "a.xml", file_of(revised(7, "Old text.", ("2020", "01", "01"))))
    written(tmp_path / "b.nbib", "PMID- 7\nTI  - Title 7\nAB  - New.\nLR  - 20210101\n")
    (document,), _ = read_papers(tmp_path)
    assert document.text == "Title 7\nNew."


def test_a_file_cut_within_a_number_or_a_deletion_gives_neither(tmp_path: Path) -> None:
    """Whatever the byte, gzip or not, at which an update file ends."""
    whole = file_of(article(111111), "<DeleteCitation><PMID>222222</PMID><PMID>333333</PMID></DeleteCitation>").encode()
    end = whole.index(b"</DeleteCitation>") + len(b"</DeleteCitation>")
    tried = 0
    for size in range(len(whole) - 130, len(whole) - 20, 3):
        _, skipped = read(written(tmp_path / "cut.xml", whole[:size]))
        assert [s.withdraws for s in skipped if s.withdraws] == [("222222", "333333")] * (size >= end)
        tried += 1
    assert tried > 30
    packed = gzip.compress(whole)
    for size in range(20, len(packed) - 1):
        documents, skipped = read(written(tmp_path / "cut.xml.gz", packed[:size]))
        assert {d.pmid for d in documents} <= {"111111"}
        assert {pmid for s in skipped for pmid in s.withdraws} <= {"222222", "333333"}
        assert skipped
        tried += 1
    assert tried > 150
