"""Folders are walked in order, every obstacle is named once, and no input stops the others."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path
from typing import IO, Any

import pytest

from imagingkg.ingest.files import find_files
from imagingkg.ingest.read import READERS, read_sources
from imagingkg.lexicon import Lexicon
from imagingkg.model import Document, Skipped

NO_NAMES = Lexicon({}, {}, {}, frozenset(), "")


def read(*sources: Path) -> tuple[list[Document], list[Skipped]]:
    items = list(read_sources(sources, lexicon=NO_NAMES))
    return [i for i in items if isinstance(i, Document)], [i for i in items if isinstance(i, Skipped)]


def write(path: Path, text: str = "胸部CT检查。") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_is_read_in_the_order_of_relative_paths(tmp_path: Path) -> None:
    names = ["b.txt", "a/z.txt", "a/b/c.md", "a-b.txt", "c/Ä.TXT", "c/d.jsonl"]
    for name in random.sample(names, len(names)):
        write(tmp_path / name, '{"text": "CT"}' if name.endswith("jsonl") else name)
    write(tmp_path / ".hidden.txt")
    write(tmp_path / ".git" / "x.txt")
    documents, skipped = read(tmp_path)
    assert [d.source for d in documents] == ["a/b/c.md", "a/z.txt", "a-b.txt", "b.txt", "c/d.jsonl#1", "c/Ä.TXT"]
    assert skipped == []
    assert all(d.id == d.source and d.sources == (d.source,) for d in documents)


def test_a_file_given_directly_goes_by_its_name(tmp_path: Path) -> None:
    documents, _ = read(write(tmp_path / "deep" / "down" / "a.txt"))
    assert [d.source for d in documents] == ["a.txt"]


def test_a_missing_source_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    missing = tmp_path / "none.txt"
    documents, skipped = read(missing, write(tmp_path / "a.txt"))
    assert len(documents) == 1
    assert skipped == [Skipped(str(missing), "does not exist")]


def test_links_do_not_make_endless_or_double_reading(tmp_path: Path) -> None:
    """A loop, a second name of a folder and a dead link are refused by name; each file is read once."""
    root = tmp_path / "root"
    write(root / "z" / "a.txt")
    (root / "z" / "up").symlink_to(root)
    (root / "again").symlink_to(root / "z")
    (root / "dead.txt").symlink_to(root / "gone.txt")
    outside = write(tmp_path / "outside" / "b.txt").parent
    (root / "linked").symlink_to(outside)
    documents, skipped = read(root)
    assert [d.source for d in documents] == ["linked/b.txt", "z/a.txt"]
    assert [(s.source, s.reason) for s in skipped] == [
        ("again", "is a link to a folder that is read already"),
        ("dead.txt", "is a link to nothing"),
        ("z/up", "is a link to a folder that is read already"),
    ]


def test_a_link_to_itself_is_named(tmp_path: Path) -> None:
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    documents, skipped = read(tmp_path)
    assert documents == []
    assert [s.source for s in skipped] == ["self.txt"]


def test_pipes_sockets_and_devices_are_named_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    monkeypatch.chdir(tmp_path)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock.txt")
        (tmp_path / "null.txt").symlink_to("/dev/null")
        documents, skipped = read(tmp_path, Path("/dev/null"))
    assert documents == []
    assert [(s.source, s.reason) for s in skipped] == [
        ("null.txt", "is a device, not a file"),
        ("pipe.txt", "is a named pipe, not a file"),
        ("sock.txt", "is a socket, not a file"),
        ("null", "is a device, not a file"),
    ]


def test_files_of_unknown_kind_are_named_once_each(tmp_path: Path) -> None:
    for name in ("a.odt", "b.png", "LICENSE"):
        write(tmp_path / name)
    documents, skipped = read(tmp_path)
    assert documents == []
    assert [s.source for s in skipped] == ["LICENSE", "a.odt", "b.png"]
    assert ".odt" in skipped[1].reason
    assert ".jsonl" in skipped[1].reason


def test_what_cannot_be_text_is_named_and_the_rest_survives(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    write(tmp_path / "blank.md", " \n\t\n")
    (tmp_path / "binary.txt").write_bytes(b"\x00\x01\x02\x03" * 50)
    (tmp_path / "torn.txt").write_bytes("好\n坏的一行".encode() + b"\xe4")
    write(tmp_path / "good.txt")
    documents, skipped = read(tmp_path)
    assert [d.source for d in documents] == ["good.txt"]
    assert [(s.source, s.line) for s in skipped] == [
        ("binary.txt", 1), ("blank.md", None), ("empty.txt", None), ("torn.txt", 2),
    ]  # fmt: skip


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert [s.reason for s in read(tmp_path / "folder")[1]] == ["is a folder without files to read"]


def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "b.txt")
    real = Path.open

    def refuse(path: Path, *args: Any, **options: Any) -> IO[Any]:
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)  # the superuser may read everything: no mode bits would refuse him
    documents, skipped = read(tmp_path)
    assert [d.source for d in documents] == ["b.txt"]
    assert skipped == [Skipped("a.txt", "cannot be read: Permission denied")]


def test_enormous_lines_and_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagingkg.ingest.prose.MAX_LINE_BYTES", 1000)
    monkeypatch.setattr("imagingkg.ingest.json_lines.MAX_LINE_BYTES", 1000)
    monkeypatch.setattr("imagingkg.ingest.files.MAX_BYTES", 5000)
    write(tmp_path / "line.txt", "short\n" + "x" * 1001)
    write(tmp_path / "file.txt", "x\n" * 2501)
    write(tmp_path / "records.jsonl", '{"text": "CT"}\n{"text": "' + "x" * 2500 + '"}\n{"text": "MRI"}\n')
    documents, skipped = read(tmp_path)
    assert [d.source for d in documents] == ["records.jsonl#1", "records.jsonl#3"]
    assert [(s.source, s.line) for s in skipped] == [("file.txt", None), ("line.txt", 2), ("records.jsonl", 2)]


def test_names_that_are_no_unicode_are_read(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        with open(path, "wb") as file:  # noqa: PTH123 (a name that is no text)
            file.write(b"chest CT")
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    documents, skipped = read(tmp_path)
    assert [d.source for d in documents] == ["caf\ufffd.txt"]
    assert skipped == []


def test_every_reader_stands_in_the_table() -> None:
    assert sorted(READERS) == [
        ".bib", ".csv", ".docx", ".enw", ".htm", ".html", ".json-lines", ".jsonl", ".markdown", ".md", ".nbib",
        ".ndjson", ".net", ".nxml", ".parquet", ".pdf", ".ris", ".tsv", ".txt", ".xhtml", ".xml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "intro\n\n## Methods of *ours* ##\n\ntext", "Methods of *ours*"),
        ("a.md", "no heading\n\ntext", ""),
        ("a.txt", "肺结节检出研究\n目的：评价CT。", "肺结节检出研究"),
        ("a.txt", "A first sentence.\nAnother one.", ""),
        ("a.txt", "just one line", ""),
    ],
)
def test_the_title_is_the_heading_or_the_first_line(tmp_path: Path, name: str, text: str, title: str) -> None:
    documents, _ = read(write(tmp_path / name, text))
    assert [(d.title, d.text) for d in documents] == [(title, text)]


def test_what_a_build_wrote_into_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A paper.", encoding="utf-8")
    for name, marker in (("output", ".imagingkg"), ("output.cache", ".imagingkg-cache")):
        (tmp_path / name).mkdir()
        (tmp_path / name / marker).write_text('{"entries": []}', encoding="utf-8")
        (tmp_path / name / "claims.jsonl").write_text("{}\n", encoding="utf-8")
    assert [found.source for found in find_files(tmp_path)] == ["a.txt"]
