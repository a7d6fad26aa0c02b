"""PDF: lines in the order of reading, mended as any text is; what a file does to its reader is reported, no more."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from imagingkg.ingest import pdf as pdf_reader
from imagingkg.model import Document
from pdf_case import At, pdf
from readers_case import read, written

LEFT = """
Nodules of the lung are easily missed on
radiographs of the chest. We trained a net-
work on scans of the chest and compared it
with two radiologists in all of the cases that
were seen at one centre. The area under the
curve was 0.91 in the whole of the patients.
""".strip().split("\n")
RIGHT = """
The second column begins with a sentence of
its own, and it goes on until the end of the
page. No reader of the paper would go from
the left column into the right one in the mid-
dle of a line. The network found more of the
nodules than either of the radiologists did.
""".strip().split("\n")


def column(x: float, lines: list[str], top: float = 700) -> list[At]:
    return [At(x, top - 12 * n, line) for n, line in enumerate(lines)]


def one(path: Path, data: bytes) -> Document:
    (document,), skipped = read(written(path, data))
    assert skipped == []
    return document


def two_columns() -> list[At]:
    title = At(80, 760, "A network reads radiographs of the chest", 16)
    across = At(
        50, 620, "This line goes from one side of the page to the other and stands between the two parts of it all."
    )
    below = column(50, ["Below it, left."] * 1, 600) + column(310, ["Below it, right."], 600)
    # Drawn across, as many programs do: first line left, first line right, second line left, ...
    drawn = [line for pair in zip(column(50, LEFT), column(310, RIGHT), strict=True) for line in pair]
    return [title, *drawn, across, *below]


@pytest.mark.parametrize("packed", [True, False])
def test_two_columns_are_read_one_after_the_other(tmp_path: Path, packed: bool) -> None:
    document = one(tmp_path / "a.pdf", pdf([two_columns()], packed=packed))
    text = document.text
    parts = [
        "Nodules of the lung",
        "curve was 0.91",
        "The second column",
        "than either",
        "This line goes",
        "Below it, left",
        "Below it, right",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert document.title == "A network reads radiographs of the chest"
    assert text.startswith(document.title)


def test_lines_are_joined_and_hyphens_undone_as_repairs(tmp_path: Path) -> None:
    document = one(tmp_path / "a.pdf", pdf([two_columns()]))
    assert "We trained a network on scans of the chest and compared it with two radiologists" in document.text
    assert "in the middle of a line." in document.text
    assert {repair.table for repair in document.repairs} == {"wrap"}
    assert document.raw is not None
    assert "net-\nwork" in document.raw


def test_one_column_stays_in_one_piece(tmp_path: Path) -> None:
    lines = [f"{left} {right}"[:88] for left, right in zip(LEFT, RIGHT, strict=True)]
    document = one(tmp_path / "a.pdf", pdf([column(50, lines)]))
    assert document.text.replace("\n", " ").startswith(lines[0])
    assert document.text.index(lines[5][:40]) > document.text.index(lines[4][:40])


def test_running_heads_feet_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    def page(number: int) -> list[At]:
        body = column(50, [f"Page {number} says this in line {n} of its own text." for n in range(8)])
        return [
            At(50, 810, "Journal of Invented Imaging", 8),
            *body,
            At(50, 60, f"Example et al. {number}", 8),
            At(290, 30, f"- {number} -", 8),
        ]

    document = one(tmp_path / "a.pdf", pdf([page(n) for n in range(1, 6)]))
    for gone in ("Journal of Invented", "Example et al", "- 3 -"):
        assert gone not in document.text
    assert all(f"Page {n} says this in line {k} of" in document.text for n in range(1, 6) for k in range(8))


def test_captions_at_the_top_of_pages_stay(tmp_path: Path) -> None:
    pages = [[At(50, 800, "Table 1"), *column(50, LEFT)], [At(50, 800, "Table 2"), *column(50, RIGHT)]]
    document = one(tmp_path / "a.pdf", pdf(pages))
    assert "Table 1" in document.text
    assert "Table 2" in document.text


def test_chinese_is_read_and_its_title_told_by_its_size(tmp_path: Path) -> None:
    lines = [
        "肺结节在胸部平片上容易被遗漏，本研究评价深度学习",
        "网络检出肺结节的价值，并与两名放射科医师比较，结果",
        "显示网络的敏感度高于医师，特异度相当，具有应用价值。",
    ]
    document = one(tmp_path / "a.pdf", pdf([[At(100, 780, "深度学习检出肺结节", 20), *column(50, lines)]]))
    assert (document.title, document.lang) == ("深度学习检出肺结节", "zh")
    assert "本研究评价深度学习网络检出肺结节的价值" in document.text


def test_the_doi_on_the_first_page_is_taken_if_it_is_the_only_one(tmp_path: Path) -> None:
    lines = [At(50, 780, "https://doi.org/10.9999/invented.91"), *column(50, LEFT)]
    assert one(tmp_path / "a.pdf", pdf([lines])).doi == "10.9999/invented.91"
    assert one(tmp_path / "b.pdf", pdf([[*lines, At(50, 300, "doi: 10.9999/cited")]])).doi == ""


def test_a_scanned_file_is_said_to_be_one(tmp_path: Path) -> None:
    documents, skipped = read(written(tmp_path / "a.pdf", pdf([[], []])))
    assert documents == []
    assert ["has no text layer on its 2 pages" in s.reason for s in skipped] == [True]


def test_a_scanned_page_among_others_is_named(tmp_path: Path) -> None:
    documents, skipped = read(written(tmp_path / "a.pdf", pdf([column(50, LEFT), [], column(50, RIGHT)])))
    assert len(documents) == 1
    assert [s.reason for s in skipped] == ["no text layer on 1 of 3 pages (2)"]


ENCRYPTED = "/Encrypt << /Filter /Standard /V 1 /R 2 /O <{0}> /U <{0}> /P -4 >> /ID [<{0}> <{0}>]".format("ab" * 32)
BOMB = zlib.compress(zlib.compress(b"\0" * 400_000_000))
HOSTILE = {
    "encrypted": (pdf([column(50, LEFT)], trailer=ENCRYPTED), "is encrypted"),
    "no PDF": (b"This is only a text.", "is a broken PDF file"),
    "cut": (pdf([column(50, LEFT)] * 3)[:900], ""),
    "loop of pages": (pdf([column(50, LEFT)]).replace(b"/Kids [7 0 R]", b"/Kids [2 0 R]"), ""),
    "bomb": (
        pdf([column(50, LEFT)])
        .replace(b"/Length", b"/Filter [/FlateDecode /FlateDecode] /Length")
        .replace(b"BT /F1", BOMB, 1),
        "",
    ),
    "deep": (pdf([column(50, LEFT)], extra=b"[" * 200_000), ""),
    "noise": (b"%PDF-1.7\n" + bytes(range(256)) * 400, "is a broken PDF file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_reported_and_the_next_is_read(tmp_path: Path, name: str) -> None:
    data, reason = HOSTILE[name]
    written(tmp_path / "a.pdf", data)
    written(tmp_path / "b.txt", "A chest CT.")
    documents, skipped = read(tmp_path)
    assert documents[-1].source == "b.txt"
    assert len(documents) == 2 or (skipped and skipped[0].source == "a.pdf")
    assert all(reason in s.reason for s in skipped)
    if reason:
        assert len(documents) == 1


def test_a_bomb_of_text_stops_at_the_limit_of_memory_or_size(tmp_path: Path) -> None:
    """Three hundred megabytes of content behind three hundred kilobytes."""
    documents, skipped = read(
        written(tmp_path / "a.pdf", pdf([column(50, LEFT)], packed=True, extra=b" " * 300_000_000))
    )
    assert len(documents) + len(skipped) >= 1


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_reader, "SECONDS", 0.01)
    documents, skipped = read(written(tmp_path / "a.pdf", pdf([column(50, LEFT)])))
    assert documents == []
    assert ["takes longer than" in s.reason for s in skipped] == [True]


def test_a_child_that_is_killed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killer = written(tmp_path / "suicide.py", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.syspath_prepend(str(killer.parent))
    monkeypatch.setenv("PYTHONPATH", str(killer.parent))
    monkeypatch.setattr(pdf_reader, "_CHILD", "suicide")
    documents, skipped = read(written(tmp_path / "a.pdf", pdf([column(50, LEFT)])))
    assert documents == []
    assert ["more memory or time" in s.reason for s in skipped] == [True]
