"""JSON Lines: characters as they stand, every broken line named with its number, the rest read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagingkg.ingest.read import read_sources
from imagingkg.lexicon import Lexicon, read_lexicon
from imagingkg.model import Document, Skipped, Study

NO_NAMES = Lexicon({}, {}, {}, frozenset(), "")


def write(path: Path, *lines: object) -> Path:
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(written), encoding="utf-8")
    return path


def read(path: Path, *lines: object) -> list[Document | Skipped]:
    return list(read_sources([write(path, *lines)], lexicon=NO_NAMES))


def one(path: Path, **record: object) -> Document:
    (document,) = read(path, record)
    assert isinstance(document, Document), document
    return document


@pytest.fixture(scope="module")
def shipped() -> Lexicon:
    """The shipped lexicon, as far as it can be read: its own faults are the business of other tests."""
    return read_lexicon()[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "export.jsonl"


def test_all_fields_are_taken_and_unknown_ones_ignored(path: Path) -> None:
    document = one(
        path, id="p1", title="Grading", abstract="We grade.", year="2019", doi="10.1/x", pmid=123, lang="en-GB",
        authors=["Su C", {"family": "Lee", "given": "E"}], journal="Radiology", retracted=True, mesh=["x"],
        references=[{"number": 7, "authors": "Silva M", "year": 2018, "title": "Nodules", "doi": None, "pmid": "9"}],
    )  # fmt: skip
    assert document.id == "p1"
    assert document.text == "Grading\nWe grade."
    assert (document.title, document.year, document.doi, document.pmid) == ("Grading", 2019, "10.1/x", "123")
    assert (document.lang, document.authors, document.venue) == ("en", "Su C, Lee E", "Radiology")
    assert document.retracted
    assert document.source == "export.jsonl#1"
    assert document.references == (Study("Silva M", 2018, "7", "", "9", "Nodules"),)


def test_characters_stay_as_they_stand(path: Path) -> None:
    title, abstract = " Ａ $90.4\\%$ &gt; é ", "  e\u0301 “x” １２３\n\n<b>\u2028"
    document = one(path, title=title, abstract=abstract)
    assert document.text == title + "\n" + abstract
    assert document.repairs == ()
    assert document.raw is None


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"text": "full"}, "full"),
        ({"title": "T", "text": "full"}, "T\nfull"),
        ({"title": "T", "text": "T\nfull"}, "T\nfull"),
        ({"title": "T", "abstract": "A", "text": ""}, "T\nA"),
        ({"title": "T", "abstract": "A", "text": "body"}, "T\nA\nbody"),
        ({"title": "", "abstract": "A"}, "A"),
        ({"title": None, "abstract": "A"}, "A"),
        ({"title": "A", "abstract": "A study"}, "A\nA study"),
    ],
)
def test_title_abstract_and_text_make_the_document(path: Path, record: dict[str, object], text: str) -> None:
    assert one(path, **record).text == text


def test_a_record_without_id_goes_by_file_and_line(path: Path) -> None:
    documents = read(path, {"text": "a"}, "", {"id": 5, "text": "b"}, {"id": " ", "text": "c"})
    assert [d.id for d in documents if isinstance(d, Document)] == ["export.jsonl#1", "5", "export.jsonl#4"]


def test_the_language_is_told_where_the_record_does_not(path: Path) -> None:
    assert one(path, text="肺结节的CT检出").lang == "zh"
    assert one(path, text="Detection of nodules in the lung").lang == "en"
    assert one(path, text="Detection of nodules in the lung", lang="de").lang == "other"


BROKEN = [
    ('{"text": "a"', "is not JSON"),
    ("[1, 2]", "is a JSON list, not an object"),
    ("null", "is a JSON null, not an object"),
    ('"text"', "is a JSON text, not an object"),
    ("{}", "has neither abstract nor text"),
    ('{"title": "T"}', "has neither abstract nor text"),
    ('{"text": "  "}', "has neither abstract nor text"),
    ('{"text": 7}', "text is a JSON number, not a text"),
    ('{"abstract": ["a"]}', "abstract is a JSON list, not a text"),
    ('{"text": "a", "title": {"x": 1}}', "title is a JSON object, not a text"),
    ('{"text": "a", "year": "MMXX"}', "year is 'MMXX', not four digits"),
    ('{"text": "a", "year": true}', "year is 'True', not four digits"),
    ('{"text": "a", "year": 20199}', "year is '20199', not four digits"),
    ('{"text": "a", "retracted": "yes"}', "retracted is a JSON text, not true or false"),
    ('{"text": "a", "references": ["x"]}', "references is not a list of objects"),
    ('{"text": "a", "authors": [1]}', "authors holds a JSON number, not a name"),
    ("[" * 100_000, "is not JSON that can be read"),
    ('{"text": "a", "year": ' + "9" * 5000 + "}", "is not JSON that can be read"),
]


def test_each_broken_line_is_named_and_the_others_are_read(path: Path) -> None:
    good = {"text": "CT"}
    lines = [line for broken, _ in BROKEN for line in (good, broken)]
    items = read(path, *lines)
    assert len(items) == 36
    for number, (item, (_, reason)) in enumerate(zip(items[1::2], BROKEN, strict=True), 1):
        assert isinstance(item, Skipped)
        assert (item.source, item.line) == ("export.jsonl", 2 * number)
        assert item.reason.startswith(reason)
    assert all(isinstance(item, Document) for item in items[::2])


@pytest.mark.parametrize(
    ("line", "column"),
    [('{"title": "A"', 14), ('{"title": "A" 3}', 15), ('{"title": "肺" 3}', 15), ('{"title":\r "A" 3}', 16), ("{", 2)],
)
def test_the_column_of_a_fault_counts_from_the_start_of_its_line(path: Path, line: str, column: int) -> None:
    good = '{"abstract": "A chest CT."}'
    for lines in ([good, line, good], [good, line]):
        (fault,) = (item for item in read(path, *lines) if isinstance(item, Skipped))
        assert fault.line == 2
        assert fault.reason.endswith(f"at column {column}")


def test_a_line_in_another_encoding_is_named_or_read_alone(path: Path) -> None:
    lines = [json.dumps({"text": t}, ensure_ascii=False) for t in ("肺结节的检出", "胶质瘤的分级研究", "好")]
    path.write_bytes(lines[0].encode() + b"\n" + lines[1].encode("gb18030") + b"\n" + lines[2].encode() + b"\xff\n{")
    items = list(read_sources([path], lexicon=NO_NAMES))
    assert [i.encoding if isinstance(i, Document) else i.line for i in items] == ["utf-8", "gb18030", 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_files_with_a_byte_order_mark_are_read(path: Path, encoding: str) -> None:
    path.write_text('{"text": "肺"}\r\n\r\n{"text": "肝\u2028"}\r\n', encoding=encoding, newline="")
    items = list(read_sources([path], lexicon=NO_NAMES))
    assert [i.text for i in items if isinstance(i, Document)] == ["肺", "肝\u2028"]
    assert [i.source for i in items] == ["export.jsonl#1", "export.jsonl#3"]


def test_half_a_surrogate_pair_stops_nothing(path: Path) -> None:
    (document,) = read(path, r'{"id": "\udc00", "title": "\ud83dA", "text": "B\ud83d\ude00\ud800"}')
    assert isinstance(document, Document)
    assert document.text == "\ufffdA\nB\U0001f600\ufffd"
    assert document.title == "\ufffdA"
    assert document.id == "\ufffd"
    assert [(r.start, r.raw, r.table) for r in document.repairs] == [
        (0, "\\ud83d", "control"),
        (5, "\\ud800", "control"),
    ]
    assert document.raw == "\\ud83dA\nB\U0001f600\\ud800"


def test_a_damaged_record_is_restored_with_its_title(path: Path, shipped: Lexicon) -> None:
    """The evidence of the whole text serves its title too, and the line break between them stays."""
    title, abstract = "78检查的价值#附&!0例", '在&40例患者中!灵敏度为4&R!特异度为)!R)!?$*"（）'
    (document,) = read_sources([write(path, {"title": title, "abstract": abstract})], lexicon=shipped)
    assert isinstance(document, Document)
    assert document.text == "CT检查的价值、附216例\n在286例患者中，灵敏度为82%，特异度为91%[1-3]。（）"
    assert document.title == "CT检查的价值、附216例"
    assert document.raw == title + "\n" + abstract
    assert {r.table for r in document.repairs} == {"founder-a"}


def test_a_file_without_records_is_named(path: Path) -> None:
    assert read(path, "", "  ") == [Skipped("export.jsonl", "holds no record")]


@pytest.mark.parametrize(
    ("name", "count", "lang"),
    [("gold/dev-input.jsonl", 50, "en"), ("gold/dev_zh-input.jsonl", 30, "zh"), ("data/abstracts.jsonl", 2962, "en")],
)
def test_real_records_pass_through_untouched(shared: Path, shipped: Lexicon, name: str, count: int, lang: str) -> None:
    """Title, line break, abstract, byte for byte, with the shipped lexicon and without one repair."""
    records = [json.loads(line) for line in (shared / name).read_text(encoding="utf-8").splitlines()]
    documents = list(read_sources([shared / name], lexicon=shipped))
    assert len(documents) == len(records) == count
    for record, document in zip(records, documents, strict=True):
        assert isinstance(document, Document)
        assert document.text == record["title"] + "\n" + record["abstract"]
        assert (document.id, document.title, document.lang) == (record["id"], record["title"], lang)
        assert document.repairs == ()
        assert document.raw is None
