"""Word files and web pages: the text that a reader sees, and nothing that is run, fetched or hidden."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from imagingkg.ingest import packed, web
from imagingkg.model import Document
from readers_case import read, written

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def docx(body: str, *, namespace: str = W, before: str = "", **members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        text = f'{before}<w:document xmlns:w="{namespace}" xmlns:mc="urn:mc"><w:body>{body}</w:body></w:document>'
        archive.writestr("word/document.xml", text)
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def p(*runs: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{''.join(runs)}</w:p>"


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def one(path: Path, data: bytes | str) -> Document:
    (document,), skipped = read(written(path, data))
    assert skipped == []
    return document


RAISED = '<w:vertAlign w:val="superscript"/>'
BODY = (
    p(r("Grading of "), r("gliomas"), style="Title")
    + p(r("In 10"), r("5", RAISED), r(" scans"), "<w:r><w:tab/></w:r>", r("of MRI."))
    + p("<w:del>" + "<w:r><w:delText>gone</w:delText></w:r>" + "</w:del>", "<w:ins>" + r("New text.") + "</w:ins>")
    + p("<w:r><w:instrText>HYPERLINK evil</w:instrText></w:r>", "<w:hyperlink>" + r("A link.") + "</w:hyperlink>")
    + "<w:tbl><w:tr><w:tc>" + p(r("Reader")) + "</w:tc><w:tc>" + p(r("AUC")) + "</w:tc></w:tr>"
    + "<w:tr><w:tc>" + p(r("Network")) + "</w:tc><w:tc>" + p(r("0.93")) + "</w:tc></w:tr></w:tbl>"
    + p("<w:r><mc:AlternateContent>"
        "<mc:Choice><w:txbxContent>" + p(r("In a box.")) + "</w:txbxContent></mc:Choice>"
        "<mc:Fallback><w:txbxContent>" + p(r("In a box.")) + "</w:txbxContent></mc:Fallback>"
        "</mc:AlternateContent></w:r>")
    + "<w:sdt><w:sdtContent>" + p(r("In a field.")) + "</w:sdtContent></w:sdt><w:sectPr/>"
)  # fmt: skip
LINES = ["Grading of gliomas", "In 10⁵ scans of MRI.", "New text.", "A link.", "Reader | AUC", "Network | 0.93",
         "In a box.", "In a field."]  # fmt: skip


@pytest.mark.parametrize("namespace", [W, STRICT])
def test_word_gives_paragraphs_tables_and_boxes_as_lines(tmp_path: Path, namespace: str) -> None:
    document = one(tmp_path / "a.docx", docx(BODY, namespace=namespace))
    assert document.text.split("\n") == LINES
    assert document.title == "Grading of gliomas"


def test_word_without_a_title_style_has_its_first_line_as_title(tmp_path: Path) -> None:
    document = one(tmp_path / "a.docx", docx(p(r("胶质瘤分级研究")) + p(r("目的：评价MRI的价值。"))))
    assert (document.title, document.lang) == ("胶质瘤分级研究", "zh")


BOMB = "<!DOCTYPE a [<!ENTITY a0 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)
) + "]>"  # fmt: skip
HOSTILE_WORD = {
    "no zip": (b"not a zip", "is no zip archive"),
    "locked": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "is locked with a password"),
    "other zip": (b"", "is no Word file"),
    "bomb": (docx(p(r("&a11;")), before=BOMB), "breaks off or is damaged"),
    "cut": (docx(BODY)[:-40], "is no zip archive"),
    "empty": (docx(p()), "holds no text"),
    "deep": (docx("<w:sdt>" * 5000), "breaks off or is damaged"),
}


@pytest.mark.parametrize("name", HOSTILE_WORD)
def test_a_hostile_word_file_is_one_line_in_the_report(tmp_path: Path, name: str) -> None:
    data, reason = HOSTILE_WORD[name]
    if name == "other zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.txt", "text")
        data = file.getvalue()
    documents, skipped = read(written(tmp_path / "a.docx", data))
    assert documents == []
    assert [reason in s.reason for s in skipped] == [True]


def test_a_word_file_that_grows_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FREE_BYTES", 100_000)
    documents, skipped = read(written(tmp_path / "a.docx", docx("<w:p/>" * 2_000_000)))
    assert documents == []
    assert ["200 times its size" in s.reason for s in skipped] == [True]


PAGE = """<?xml version="1.0" encoding="gb2312"?><!DOCTYPE html>
<html><head><title>A site - A paper</title><meta charset="gb2312">
<meta name="citation_title" content="Grading of gliomas"><meta name="citation_author" content="Example, Anna">
<meta name="citation_author" content="Other, Carl"><meta name="citation_doi" content="doi:10.9999/invented.95">
<meta name="citation_publication_date" content="2021/03/01"><meta name="citation_journal_title" content="Invented">
<script>alert("We trained a network")</script><style>p {color: red}</style></head>
<body><nav>Home <a href="x">Search</a></nav>
<h1>Grading of gliomas</h1><p>We <b>graded</b>
gliomas in 10<sup>3</sup> scans&nbsp;of MRI.<br>Second&lt;line<p hidden>Not shown<ul><li>one<li>two</ul>
<table><tr><th>Reader</th><th>AUC</th></tr><tr><td>Network</td><td>0.93</td></tr></table>
<noscript>No</noscript><footer>Imprint</footer></body></html>
"""


def test_a_web_page_gives_what_it_shows_and_what_its_head_says(tmp_path: Path) -> None:
    document = one(tmp_path / "a.html", PAGE)
    assert document.text.split("\n") == [
        "Grading of gliomas", "We graded gliomas in 10³ scans\u00a0of MRI.", "Second<line", "one", "two",
        "Reader | AUC", "Network | 0.93",
    ]  # fmt: skip
    assert (document.title, document.doi, document.year) == ("Grading of gliomas", "10.9999/invented.95", 2021)
    assert (document.authors, document.venue) == ("Example Anna, Other Carl", "Invented")


def test_the_article_of_a_page_is_read_and_not_what_is_around_it(tmp_path: Path) -> None:
    text = "We graded gliomas on MRI. " * 10
    page = f"<html><title>Paper</title><div>Advertisement</div><article><p>{text}</p></article></html>"
    assert one(tmp_path / "a.htm", page).text == f"Paper\n{text.strip()}"


def test_a_page_in_gb18030_is_read(tmp_path: Path) -> None:
    page = "<html><head><title>胶质瘤分级</title></head><body><p>目的：评价MRI对胶质瘤分级的价值。</p></body></html>"
    document = one(tmp_path / "a.html", page.encode("gb18030"))
    assert document.text == "胶质瘤分级\n目的：评价MRI对胶质瘤分级的价值。"
    assert document.encoding == "gb18030"


@pytest.mark.parametrize(
    "page",
    ["<div>" * 200_000, "<script>only()</script>", "<html></html>", "<!-- " + "x" * 1000, "\x00\x01\x02" * 300],
)
def test_a_hostile_page_is_one_line_in_the_report(tmp_path: Path, page: str) -> None:
    documents, skipped = read(written(tmp_path / "a.html", page))
    assert documents == []
    assert len(skipped) == 1


def test_deep_pages_keep_their_text_or_are_reported(tmp_path: Path) -> None:
    documents, skipped = read(written(tmp_path / "a.html", "<div>" * 2000 + "A chest CT." + "</div>" * 2000))
    assert len(documents) + len(skipped) == 1


def test_an_entity_of_a_page_reads_no_file(tmp_path: Path) -> None:
    secret = written(tmp_path / "secret.txt", "a secret of the machine")
    page = f"<!DOCTYPE html [<!ENTITY e SYSTEM '{secret.as_uri()}'>]><html><body><p>x &e; y</p></body></html>"
    documents, _ = read(written(tmp_path / "a.xhtml", page))
    assert all("secret" not in d.text or "secret.txt" in d.text for d in documents)
    assert all("of the machine" not in d.text for d in documents)


def test_a_page_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_HTML_BYTES", 1000)
    _, skipped = read(written(tmp_path / "a.html", "<p>text</p>" * 100))
    assert [s.reason for s in skipped] == ["has 1,100 bytes; the limit for web pages is 1,000"]
