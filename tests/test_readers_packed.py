"""Packed files: read without being written anywhere, held to a ratio, and never opened twice over."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from imagingkg.ingest import packed
from readers_case import SAMPLES, read, written


def archive(path: Path, *members: tuple[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def test_the_format_of_a_packed_file_is_told_by_the_name_inside(tmp_path: Path) -> None:
    written(tmp_path / "a.txt.gz", gzip.compress(b"A chest CT."))
    written(tmp_path / "b.XML.GZ", gzip.compress((SAMPLES / "pubmed.xml").read_bytes()))
    written(tmp_path / "c.jsonl.gz", gzip.compress(b'{"text": "CT"}\n{"text": "MRI"}'))
    documents, skipped = read(tmp_path)
    sources = ["a.txt.gz", "b.XML.GZ#1", "b.XML.GZ#2", "b.XML.GZ#3", "c.jsonl.gz#1", "c.jsonl.gz#2"]
    assert [d.source for d in documents] == sources
    assert [s.source for s in skipped] == ["b.XML.GZ"]  # records that PubMed withdrew


def test_several_gzip_files_in_one_and_zeros_after_them_are_one_file(tmp_path: Path) -> None:
    data = gzip.compress(b"one\n") + gzip.compress(b"") + gzip.compress(b"two\n") + b"\0" * 100_000
    documents, skipped = read(written(tmp_path / "a.txt.gz", data))
    assert [d.text for d in documents] == ["one\ntwo\n"]
    assert skipped == []


def test_the_members_of_an_archive_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "a.zip", ("z.txt", "last"), ("in/b.md", "# Title\n\ntext"), ("in/", ""), ("in/.hidden.txt", "no"),
        ("__MACOSX/z.txt", "no"), ("empty.txt", ""), ("picture.png", "no"),
    )  # fmt: skip
    documents, skipped = read(path)
    assert [d.source for d in documents] == ["a.zip/in/b.md", "a.zip/z.txt"]
    assert [s.source for s in skipped] == ["a.zip/empty.txt", "a.zip/picture.png"]


def test_names_that_lead_out_of_the_archive_lead_nowhere(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", ("../../up.txt", "one"), ("/etc/root.txt", "two"), ("..\\win\n.txt", "three"))
    documents, _ = read(path)
    assert sorted(d.source for d in documents) == ["a.zip/etc/root.txt", "a.zip/up.txt", "a.zip/win .txt"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


def test_archives_within_archives_are_refused(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("a.txt", "text")
    archive(
        tmp_path / "a.zip", ("inner.zip", inner.getvalue()), ("b.txt.gz", gzip.compress(b"text")), ("c.txt", "text")
    )
    written(tmp_path / "d.zip.gz", gzip.compress(inner.getvalue()))
    written(tmp_path / "e.txt.gz.gz", gzip.compress(gzip.compress(b"text")))
    documents, skipped = read(tmp_path)
    assert [d.source for d in documents] == ["a.zip/c.txt"]
    assert [s.source for s in skipped] == ["a.zip/b.txt.gz", "a.zip/inner.zip", "d.zip.gz", "e.txt.gz.gz"]
    assert {s.reason for s in skipped} == {"is an archive within an archive, which is not opened"}


@pytest.mark.parametrize("name", ["a.txt.gz", "a.jsonl.gz", "a.xml.gz", "a.zip"])
def test_a_bomb_is_stopped_at_the_ratio(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FREE_BYTES", 1_000_000)
    bomb = b"<PubmedArticleSet>" + b"<b/>" * 8_000_000 if ".xml" in name else b"\n" + b" " * 80_000_000
    if name == "a.zip":
        archive(tmp_path / name, ("b.txt", bomb))
    else:
        written(tmp_path / name, gzip.compress(bomb))
    documents, skipped = read(tmp_path)
    assert documents == []
    assert ["unpacks to more than 200 times its size" in s.reason for s in skipped] == [True]


def test_many_members_share_one_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each a bomb below the limit for small files."""
    monkeypatch.setattr(packed, "FREE_BYTES", 2_000_000)
    archive(tmp_path / "a.zip", *((f"{n}.txt", b"a\n" * 500_000) for n in range(9)))
    documents, skipped = read(tmp_path / "a.zip")
    assert len(documents) <= 2
    assert len(documents) + len(skipped) == 9
    assert all("200 times" in s.reason for s in skipped)


def test_damaged_archives_are_named_and_whole_members_read(tmp_path: Path) -> None:
    good = archive(tmp_path / "a.zip", ("a.txt", "good text"), ("b.txt", "bad text"), method=zipfile.ZIP_STORED)
    data = good.read_bytes()
    written(tmp_path / "a.zip", data.replace(b"bad text", b"bat text", 1))
    written(tmp_path / "b.zip", data[:-30])
    written(tmp_path / "c.zip", b"PK\x03\x04 and no more")
    written(tmp_path / "d.txt.gz", b"no gzip at all")
    written(tmp_path / "e.txt.gz", gzip.compress(b"text" * 50)[:-6])
    documents, skipped = read(tmp_path)
    assert [d.text for d in documents] == ["good text"]
    assert [s.source for s in skipped] == ["a.zip/b.txt", "b.zip", "c.zip", "d.txt.gz", "e.txt.gz"]


def test_a_locked_member_is_named(tmp_path: Path) -> None:
    data = bytearray(archive(tmp_path / "a.zip", ("a.txt", "text"), method=zipfile.ZIP_STORED).read_bytes())
    data[6] |= 1  # the flag of encryption, in the member's head and in the list at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    _, skipped = read(written(tmp_path / "a.zip", bytes(data)))
    assert [(s.source, s.reason) for s in skipped] == [("a.zip/a.txt", "is locked with a password")]


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MAX_MEMBERS", 3)
    _, skipped = read(archive(tmp_path / "a.zip", *((f"{n}.txt", "text") for n in range(4))))
    assert [s.reason for s in skipped] == ["holds 4 files; the limit is 3"]
