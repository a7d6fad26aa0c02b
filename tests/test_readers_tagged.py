"""RIS, MEDLINE and what CNKI and Wanfang write: every record kept, every fault named, no number that was cut off."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from imagingkg.ingest import tagged, text_stream
from imagingkg.model import Document
from readers_case import SAMPLES, read, sample, written


def facts(document: Document) -> tuple[str, int | None, str, str, str]:
    return document.title, document.year, document.authors, document.venue, document.doi


def test_medline_joins_broken_lines_and_takes_the_doi_among_other_numbers() -> None:
    first, second = sample("pubmed.nbib")
    title = "A network that reads a chest radiograph and is compared with two radiologists."
    assert facts(first) == (title, 2020, "Example AB, Other C", "Journal of Invented Imaging", "10.9999/invented.31")
    assert first.text.split("\n") == [
        title,
        "BACKGROUND: Reading takes time. METHODS: We trained on 1,200 radiographs. RESULTS: The AUC was 0.90.",
    ]
    assert (first.id, first.pmid, first.source) == ("pmid:90000031", "90000031", "pubmed.nbib#1")
    assert second.text == "Grading of gliomas.\nWe graded.\n目的：评价MRI对胶质瘤分级的价值。"
    assert [first.retracted, second.retracted] == [True, True]  # by its type, and by the link to its retraction


def test_ris_of_zotero_keeps_paragraphs_and_joins_lines() -> None:
    first, second = sample("zotero.ris")
    title = "Segmenting the liver on CT"
    assert facts(first) == (title, 2018, "Example Anna, Other Carl", "Invented Imaging", "10.9999/invented.41")
    assert first.text.split("\n")[1:] == ["Purpose: To segment.", "Results: The Dice coefficient was 0.95."]
    assert (first.pmid, first.retracted) == ("90000041", False)
    assert (second.text, second.year, second.retracted) == ("RETRACTED: A title alone", 2019, True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cnki.ris", ("基于深度学习的肺结节CT检出", 2022, "示例甲, 示例乙", "虚构影像杂志", "10.9999/invented.51")),
        ("wanfang.net", ("超声影像组学预测乳腺癌Ki-67", 2021, "示例甲, 示例乙", "虚构超声杂志", "10.9999/invented.61")),
        ("cnki-refworks.txt", ("MRI鉴别胶质瘤与转移瘤", 2020, "示例甲, 示例乙", "虚构影像杂志", "")),
        ("cnki-endnote.enw", ("PET诊断淋巴瘤", 2017, "示例甲, 示例乙", "虚构核医学杂志", "")),
        ("cnki-list.txt", ("乳腺X线摄影的人工智能", 2023, "示例甲, 示例乙", "虚构放射学杂志", "")),
    ],
)
def test_chinese_exports_are_read_in_their_own_tags(name: str, expected: tuple[str, int, str, str, str]) -> None:
    document = sample(name)[0]
    assert facts(document) == expected
    assert document.lang == "zh"
    assert document.text.split("\n")[1].startswith("目的")


def test_gb18030_is_told_and_named() -> None:
    assert [sample(name)[0].encoding for name in ("cnki.ris", "cnki-list.txt")] == ["gb18030", "gb18030"]
    assert len(sample("cnki-refworks.txt")) == 2


def test_a_text_that_only_mentions_tags_stays_a_text(tmp_path: Path) -> None:
    text = "Export formats\nTY  - JOUR opens a record of RIS.\nPMID- 1 opens one of MEDLINE."
    documents, skipped = read(written(tmp_path / "a.txt", text))
    assert [d.text for d in documents] == [text]
    assert skipped == []


def test_a_record_without_end_is_kept_and_named(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - First\nDO  - 10.9999/a\nTY  - JOUR\nTI  - Second\nER  - \n"
    text += "TY  - JOUR\nTI  - Third\nAB  - On CT.\n"
    documents, skipped = read(written(tmp_path / "a.ris", text))
    assert [(d.title, d.doi) for d in documents] == [("First", "10.9999/a"), ("Second", ""), ("Third", "")]
    assert [(s.line, "no end" in s.reason, "breaks off" in s.reason) for s in skipped] == [
        (1, True, False), (7, False, True),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["zotero.ris", "pubmed.nbib", "cnki-endnote.enw", "wanfang.net"])
def test_no_cut_gives_a_number_that_the_file_does_not_have(tmp_path: Path, name: str) -> None:
    """Cut at every byte: DOI, PMID and year are whole or absent."""
    data = (SAMPLES / name).read_bytes()
    whole = sample(name)
    known = [{getattr(d, key) for d in whole} | {"", None} for key in ("doi", "pmid", "year")]
    tried = 0
    for size in range(1, len(data)):
        documents, _ = read(written(tmp_path / name, data[:size]))
        for document in documents:
            assert document.doi in known[0]
            assert document.pmid in known[1]
            assert document.year in known[2]
        tried += 1
    assert tried > 150


def test_a_cut_gzip_file_gives_the_records_before_the_cut(tmp_path: Path) -> None:
    records = [f"TY  - JOUR\nTI  - Title {n}\nAB  - {hash_text(n)}\nER  - \n" for n in range(400)]
    packed = gzip.compress("".join(records).encode())
    documents, skipped = read(written(tmp_path / "a.ris.gz", packed[: len(packed) // 2]))
    assert 150 < len(documents) < 250
    assert [d.title for d in documents][:150] == [f"Title {n}" for n in range(150)]
    assert "gzip data ends" in skipped[-1].reason


def hash_text(number: int) -> str:
    """Words that hardly shrink when packed."""
    return " ".join(str(number * k * 7919 % 1_000_003) for k in range(1, 60))


def test_a_file_cut_in_the_middle_of_a_character_gives_the_records_before(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - 肺结节检出\nER  - \nTY  - JOUR\nTI  - 第二篇"
    for encoding in ("utf-8", "gb18030"):
        documents, skipped = read(written(tmp_path / "a.ris", text.encode(encoding)[:-1]))
        assert documents[0].title == "肺结节检出"
        assert skipped


def test_lines_outside_of_records_are_named_once(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - First\nER  - \nwhat is this\nand this\nTY  - JOUR\nTI  - Second\nER  - \n"
    documents, skipped = read(written(tmp_path / "a.ris", text))
    assert [d.title for d in documents] == ["First", "Second"]
    assert [s.line for s in skipped] == [4]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("TI  - no beginning\nER  - \n", "does not begin with a record"),
        ("\n\n\n", "does not begin with a record"),
        ("TY  - JOUR\nAU  - Only, A\nER  - \n", "has neither title nor abstract"),
        ("TY  - JOUR\nER  - \n", "has neither title nor abstract"),
    ],
)
def test_a_file_without_a_readable_record_is_named(tmp_path: Path, text: str, reason: str) -> None:
    documents, skipped = read(written(tmp_path / "a.ris", text))
    assert documents == []
    assert [reason in s.reason for s in skipped] == [True]


def test_endless_records_and_lines_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagged, "MAX_RECORD", 1000)
    monkeypatch.setattr(text_stream, "MAX_LINE", 5000)
    good = "TY  - JOUR\nTI  - First\nER  - \n"
    for rest in ("TY  - JOUR\nAB  - x\n" + "word\n" * 500, "TY  - JOUR\nAB  - " + "x" * 6000):
        documents, skipped = read(written(tmp_path / "a.ris", good + rest))
        assert documents[0].title == "First"
        assert "more than" in skipped[-1].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_too_large_to_decode_at_once_is_read_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    records = [
        f"TY  - JOUR\r\nTI  - 肺结节检出研究第{n}篇\r\nAB  - 目的 评价CT检出肺结节的价值。\r\nER  - \r\n"
        for n in range(4000)
    ]
    path = written(tmp_path / "a.ris", "".join(records).encode(encoding))
    once, _ = read(path)
    monkeypatch.setattr(text_stream, "WHOLE_BYTES", 70_000)
    again, skipped = read(path)
    assert len(once) == 4000
    assert [d.text for d in again] == [d.text for d in once]
    assert skipped == []


def test_a_bad_byte_far_into_a_large_file_spares_what_is_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_stream, "WHOLE_BYTES", 70_000)
    good = b"".join(f"TY  - JOUR\nTI  - Étude {n}\nAB  - Les images.\nER  - \n".encode() for n in range(4000))
    documents, skipped = read(written(tmp_path / "a.ris", good + b"TY  - JOUR\nTI  - \xe9\xe9\xe9\nER  - \n"))
    assert 2500 < len(documents) <= 4000
    assert "UTF-8 but for a byte" in skipped[-1].reason
