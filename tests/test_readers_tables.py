"""CSV, TSV and BibTeX: fields by their names in either language, faulty lines and entries named one by one."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import pytest

from imagingkg.ingest import bibtex
from readers_case import SAMPLES, read, sample, written


def test_a_pubmed_table_is_read_by_its_headings() -> None:
    first, second = sample("pubmed.csv")
    assert (first.id, first.pmid, first.doi) == ("pmid:90000081", "90000081", "10.9999/invented.81")
    assert first.text == 'Detecting "hidden" nodules, on CT\nFirst line.\nSecond line.'
    assert (first.authors, first.venue, first.year) == ("Example A, Other C", "Invented Imaging", 2019)
    assert (second.text, second.doi, second.source) == ("A translated title.", "", "pubmed.csv#4")


def test_a_chinese_table_in_gb18030_is_read_by_its_headings() -> None:
    (document,) = sample("cnki.tsv")
    assert (document.title, document.year, document.venue) == ("肺结节的CT检出", 2021, "虚构杂志")
    assert (document.authors, document.encoding, document.lang) == ("示例甲, 示例乙", "gb18030", "zh")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_go_by_name_in_any_order_with_any_delimiter(tmp_path: Path, delimiter: str) -> None:
    rows = (["Publication Year", "Foo", "AB", "Article_Title"], ["2020", "x", "On CT.", "A title"])
    text = "\n".join(delimiter.join(row) for row in rows)
    documents, skipped = read(written(tmp_path / "a.csv", text))
    assert [(d.text, d.year) for d in documents] == [("A title\nOn CT.", 2020)]
    assert skipped == []


def test_ragged_lines_are_named_and_the_others_read(tmp_path: Path) -> None:
    text = "title,abstract,year\nA,On CT.,2020\nB,2021\nC,On MRI, and so on,2021\n\nD,On PET.,2022,,\nE,,\n,,2020\n"
    documents, skipped = read(written(tmp_path / "a.csv", text))
    assert [d.title for d in documents] == ["A", "D", "E"]
    assert [(s.line, s.reason.split(";")[0]) for s in skipped] == [
        (3, "a line has 2 cells where the headings have 3"),
        (4, "a line has 4 cells where the headings have 3"),
        (8, "a line has neither title, abstract nor text"),
    ]


def test_a_table_of_ten_thousand_columns_is_refused(tmp_path: Path) -> None:
    text = ",".join(f"title{n}" for n in range(10_000)) + "\n" + ",".join("x" * 10_000)
    documents, skipped = read(written(tmp_path / "a.csv", text))
    assert documents == []
    assert [s.reason for s in skipped] == ["has 10,000 columns; the limit is 500"]


def test_a_table_without_a_column_to_read_says_what_it_has(tmp_path: Path) -> None:
    _, skipped = read(written(tmp_path / "a.csv", "gene,value\nKRAS,1\n"))
    assert [(s.line, "it has: gene, value" in s.reason) for s in skipped] == [(1, True)]


@pytest.mark.parametrize("text", ['title\n"never closed\n' + "x\n" * 100_000, "title\n" + "y" * 200_000 + "\nA\n"])
def test_a_cell_without_end_stops_nothing_but_itself(tmp_path: Path, text: str) -> None:
    documents, skipped = read(written(tmp_path / "a.csv", text))
    assert any("cannot be read as cells" in s.reason for s in skipped)
    assert documents[-1].text in ("x", "A") or len(documents) == 1


def test_a_table_of_headings_alone_is_named(tmp_path: Path) -> None:
    assert [s.reason for s in read(written(tmp_path / "a.csv", "title,abstract\n"))[1]] == [
        "holds no line below its headings"
    ]


@pytest.mark.parametrize("text", [" \n\t\n", '""\n', ",,,\n1,2,3,4\n"])
def test_a_table_without_headings_is_named(tmp_path: Path, text: str) -> None:
    assert ["has no column of titles" in s.reason for s in read(written(tmp_path / "a.csv", text))[1]] == [True]


def test_bibtex_prints_as_latex_would(caplog: pytest.LogCaptureFixture) -> None:
    first, second = sample("library.bib")
    assert first.title == "A CT study of nodules in Köln: 90% were small"
    assert first.text == f"{first.title}\nWe measured $r = 0.8$ in 134 patients."
    assert (first.authors, first.venue, first.year) == ("Müller Anna, Other Carl", "Journal of Invented Imaging", 2020)
    assert (first.doi, first.pmid) == ("10.9999/invented_71", "90000071")
    assert (second.title, second.year, second.pmid) == ("Second: A subtitle", 2021, "90000072")
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


def test_broken_entries_are_named_and_repeated_keys_both_kept(tmp_path: Path) -> None:
    text = (
        "@article{a, title={First}}\n@article{a, title={Second}}\n@article{b, title={never closed\n"
        "@article{c, title={Third}, title={again}}\n@article{d, year=2020}\n"
    )
    documents, skipped = read(written(tmp_path / "a.bib", text))
    assert [d.title for d in documents] == ["First", "Second", "Third"]
    assert [(s.line, s.reason.split(":")[0]) for s in skipped] == [
        (3, "an entry is broken"), (5, "an entry has neither title nor abstract"),
    ]  # fmt: skip


def test_entries_in_many_batches_are_those_of_one_and_know_the_abbreviations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [f"@article{{k{n}, title={{Title {n}}}, journal=ji, year={{2020}}}}\n\n" for n in range(300)]
    path = written(tmp_path / "a.bib", '@string{ji = "Invented"}\n' + "".join(entries) + "@article{x, title={open\n")
    once, broken = read(path)
    monkeypatch.setattr(bibtex, "BATCH", 1000)
    again, also_broken = read(path)
    assert [(d.title, d.venue) for d in once] == [(f"Title {n}", "Invented") for n in range(300)]
    assert again == once
    assert broken == also_broken
    assert [s.line for s in broken] == [602]


HOSTILE = ["@article{" + "{" * 100_000, "@" * 50_000, "@article{a, title={" + "{" * 5000 + "x" + "}" * 5000 + "}}",
           "@article{a, title={" + "\\" * 20_001 + "}}", "@article{a," + "x={y}," * 20_000 + "}", "no entry at all",
           "@article{a, title={$\\frac{" + "\\begin{x}" * 500 + "}}"]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_bibtex_stops_nothing(tmp_path: Path, number: int) -> None:
    written(tmp_path / "a.bib", HOSTILE[number])
    written(tmp_path / "b.bib", "@article{a, title={Good}}")
    documents, skipped = read(tmp_path)
    assert documents[-1].title == "Good"
    assert len(documents) + len(skipped) >= 2


def test_random_bytes_in_any_tagged_or_tabular_file_raise_nothing(tmp_path: Path) -> None:
    generator = random.Random(5)
    names = (
        "pubmed.nbib",
        "zotero.ris",
        "cnki.ris",
        "library.bib",
        "pubmed.csv",
        "cnki.tsv",
        "pubmed.xml",
        "article.nxml",
    )
    tried = 0
    for name in names:
        data = (SAMPLES / name).read_bytes()
        for _ in range(25):
            spoilt = bytearray(data)
            for _ in range(generator.randrange(1, 12)):
                spoilt[generator.randrange(len(spoilt))] = generator.randrange(256)
            documents, skipped = read(written(tmp_path / name, bytes(spoilt)))
            assert documents or skipped
            tried += 1
    assert tried == 200
