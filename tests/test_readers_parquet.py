"""Parquet: the columns of CSV in any of their types, streamed; a hostile file costs its own process and a line."""

from __future__ import annotations

import datetime
import gzip
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from imagingkg.ingest import parquet_child
from readers_case import read, written

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed (pip install 'imagingkg[parquet]')")
parquet = pytest.importorskip("pyarrow.parquet")

SENTENCE = "We trained a network on chest CT of 134 patients, and it was better than two of the readers."


def file(path: Path, columns: dict[str, Any], **how: Any) -> Path:
    parquet.write_table(pa.table(columns), path, **how)
    return path


def test_columns_go_by_their_names_whatever_their_types(tmp_path: Path) -> None:
    path = file(tmp_path / "a.parquet", {
        "Title": ["A network", None, "肺结节"],
        "摘要": pa.array([SENTENCE, SENTENCE, None]).dictionary_encode(),
        "Authors": [["Example A", "Example B"], None, []],
        "year": pa.array([2020.0, None, 2021.0]),
        "PMID": pa.array([90000001, None, 90000003]),
        "DOI": ["10.9999/x", "https://doi.org/10.9999/y", None],
        "retracted": [True, False, None],
        "embedding": [[0.1, 0.2], None, []],
        "more": [{"a": 1}, None, {"a": 3}],
    })  # fmt: skip
    documents, skipped = read(path)
    assert skipped == []
    assert [d.text for d in documents] == [f"A network\n{SENTENCE}", SENTENCE, "肺结节"]
    assert [(d.year, d.pmid, d.doi, d.retracted) for d in documents] == [
        (2020, "90000001", "10.9999/x", True), (None, "", "10.9999/y", False), (2021, "90000003", "", False),
    ]  # fmt: skip
    assert [d.authors for d in documents] == ["Example A, Example B", "", ""]
    assert [d.source for d in documents] == ["a.parquet#1", "a.parquet#2", "a.parquet#3"]


def test_nested_authors_dates_and_lists_of_paragraphs_are_read(tmp_path: Path) -> None:
    path = file(tmp_path / "a.parquet", {
        "abstract": [[SENTENCE, "It was done."]],
        "authors": [[{"name": "Example A"}, {"family": "Example", "given": "B"}]],
        "date": [datetime.date(2020, 3, 1)],
    })  # fmt: skip
    (document,), _ = read(path)
    assert document.text == f"{SENTENCE}\nIt was done."
    assert (document.authors, document.year) == ("Example A, Example B", 2020)


def test_all_row_groups_are_read_in_order_and_packed_files_too(tmp_path: Path) -> None:
    count = 500
    path = file(tmp_path / "a.parquet", {"abstract": [f"{SENTENCE} {n}" for n in range(count)]}, row_group_size=70)
    documents, skipped = read(path)
    assert skipped == []
    assert [d.text for d in documents] == [f"{SENTENCE} {n}" for n in range(count)]
    packed, skipped = read(written(tmp_path / "b.parquet.gz", gzip.compress(path.read_bytes())))
    assert skipped == []
    assert [d.text for d in packed] == [d.text for d in documents]


def test_a_name_that_is_no_unicode_is_a_name(tmp_path: Path) -> None:
    data = file(tmp_path / "a.parquet", {"title": ["A title"]}).read_bytes()
    try:
        with open(os.fsencode(tmp_path) + b"/caf\xe9.parquet", "wb") as out:  # noqa: PTH123 (a name that is no text)
            out.write(data)
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    documents, skipped = read(tmp_path)
    assert [d.source for d in documents] == ["a.parquet#1", "caf\ufffd.parquet#1"]
    assert skipped == []


def test_a_row_without_text_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    documents, skipped = read(file(tmp_path / "a.parquet", {"title": ["One", None, "Three"], "id": ["a", "b", "c"]}))
    assert [d.id for d in documents] == ["a", "c"]
    assert [(s.source, s.line, s.reason) for s in skipped] == [
        ("a.parquet", 2, "a row has neither title, abstract nor text")
    ]


def hostile(folder: Path, name: str) -> Path:
    path = folder / "a.parquet"
    if name == "10,000 columns":
        return file(path, {"title": ["A"]} | {f"c{n}": [n] for n in range(10_000)})
    if name == "deep":
        kind: Any = pa.string()
        for _ in range(60):
            kind = pa.struct([("title", kind)])
        return file(path, {"title": pa.array([None], kind)})
    if name == "bytes":
        return file(path, {"abstract": [b"\xff\xfe"]})
    if name == "no texts":
        return file(path, {"a": [1], "b": ["x"]})
    if name == "no rows":
        return file(path, {"title": pa.array([], pa.string())})
    whole = file(path, {"title": ["A title"] * 1000}).read_bytes()
    changed = {
        "cut": whole[: len(whole) // 2],
        "no Parquet": b"This is only a text.",
        "footer": whole[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1",
        "noise": b"PAR1" + bytes(range(256)) * 40 + (5000).to_bytes(4, "little") + b"PAR1",
        "pages": whole[:4] + b"\xff" * 40 + whole[44:],
    }
    return written(path, changed[name])


HOSTILE = {
    "10,000 columns": "has 10,001 columns; the limit is 500",
    "deep": "its column title holds struct",
    "bytes": "its column abstract holds binary, not text",
    "no texts": "has no column of titles, abstracts or texts (it has: a, b)",
    "no rows": "holds no row",
    "cut": "is no Parquet file, or was cut off",
    "no Parquet": "is no Parquet file, or was cut off",
    "footer": "describes itself in 2,147,483,647 bytes",
    "noise": "is a broken Parquet file",
    "pages": "is a broken Parquet file",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_line_in_the_report(tmp_path: Path, name: str) -> None:
    documents, skipped = read(hostile(tmp_path, name))
    assert documents == []
    assert [(s.source, HOSTILE[name] in s.reason) for s in skipped] == [("a.parquet", True)], skipped


def test_a_huge_text_is_refused_before_it_is_made_and_the_next_row_is_read(tmp_path: Path) -> None:
    """A thousand rows that share one text of a hundred megabytes: a hundred gigabytes, if each were made."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1000 + [1], pa.int32()), pa.array(["x" * 10**8, SENTENCE]))
    documents, skipped = read(file(tmp_path / "a.parquet", {"abstract": texts}))
    assert [d.text for d in documents] == [SENTENCE]
    assert len(skipped) == 1000
    assert {s.reason for s in skipped} == {"a row has more than 16,777,216 bytes in one cell (abstract)"}


def test_what_asks_for_too_much_memory_is_given_up(tmp_path: Path) -> None:
    """Half a gigabyte of text behind a few megabytes."""
    texts = [str(n) + " " * 50_000_000 for n in range(12)]
    path = file(tmp_path / "a.parquet", {"abstract": texts}, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 10_000_000
    documents, skipped = read(path)
    assert documents == []
    assert skipped


def test_without_the_extra_the_report_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(tmp_path / "a.parquet", {"title": ["A"]})
    written(tmp_path / "b.txt", SENTENCE)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    documents, skipped = read(tmp_path)
    assert [d.source for d in documents] == ["b.txt"]
    assert [(s.source, "imagingkg[parquet]" in s.reason) for s in skipped] == [(path.name, True)]


def test_a_child_that_dies_is_reported_with_the_rows_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = 'import sys, os, signal\nprint(\'{"row": 1, "cells": {"title": "A"}}\', flush=True)\n'
    killer = written(tmp_path / "code" / "suicide.py", f"{lines}os.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setenv("PYTHONPATH", str(killer.parent))
    monkeypatch.setattr("imagingkg.ingest.parquet._CHILD", "suicide")
    documents, skipped = read(file(tmp_path / "a.parquet", {"title": ["A"]}))
    assert [d.text for d in documents] == ["A"]
    assert ["more memory or time" in s.reason for s in skipped] == [True]


def test_the_child_reads_few_rows_at_a_time(tmp_path: Path) -> None:
    path = file(tmp_path / "a.parquet", {"abstract": [SENTENCE] * 1000})
    lines = list(parquet_child.rows(str(path)))
    assert lines[0] == {"row": 1, "cells": {"abstract": SENTENCE}}
    assert (len(lines), lines[-1]) == (1001, {"rows": 1000})
