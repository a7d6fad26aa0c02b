"""CSV and TSV with a line of headings: columns go by the names that databases give them, English and Chinese."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from imagingkg.counting import counted
from imagingkg.errors import InputError
from imagingkg.ingest.assembly import record_document, skipped
from imagingkg.ingest.controls import printable
from imagingkg.ingest.files import Found
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.records import Record, bare_title, doi_in, is_retracted, pmid_in, record_id, year_in
from imagingkg.ingest.text_stream import decoded_lines
from imagingkg.model import Document, Skipped

MAX_COLUMNS: Final = 500
_SHOWN: Final = 8
# Headings without case, spaces and punctuation; of several columns for one field the first in the list counts.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "articletitle", "documenttitle", "papertitle", "ti", "题名", "标题", "篇名", "论文题名",
              "文献标题", "文献题名", "论文标题", "中文题名", "中文标题", "题目"),
    "abstract": ("abstract", "abstractnote", "abstracttext", "ab", "summary", "摘要", "中文摘要", "文摘", "内容摘要"),
    "text": ("text", "fulltext", "body", "正文", "全文"),
    "authors": ("authors", "author", "authorfullnames", "au", "作者", "作者姓名", "全部作者"),
    "year": ("year", "publicationyear", "pubyear", "py", "date", "publicationdate", "yearofpublication", "年", "年份",
             "出版年", "出版年份", "发表年份", "年度", "发表时间", "出版时间", "发表日期"),
    "venue": ("journal", "journalbook", "sourcetitle", "publicationtitle", "journaltitle", "venue", "source", "so",
              "期刊", "刊名", "期刊名称", "来源", "文献来源", "来源期刊"),
    "doi": ("doi", "doilink", "digitalobjectidentifier"),
    "pmid": ("pmid", "pubmedid", "pm"),
    "id": ("id", "key", "recordid", "编号", "序号"),
    "kind": ("documenttype", "publicationtype", "type", "文献类型"),
    "retracted": ("retracted", "撤稿", "是否撤稿"),
}  # fmt: skip
TEXTS: Final = ("title", "abstract", "text")
_NO: Final = frozenset(("", "0", "no", "false", "n", "否"))
_NO_WORD: Final = re.compile(r"[\W_]+")


def read_table(found: Found, tools: RepairTools) -> Iterator[Document | Skipped]:
    """A document for each line. Raises InputError where the headings name neither title, abstract nor text."""
    encoding, lines = decoded_lines(found)
    first = next((line for line in lines if line.strip(" \t\n\ufeff")), "")
    # Untrusted: csv joins lines within quotes, up to its limit for a cell, and a row is refused beyond that.
    rows = csv.reader(chain([first.lstrip("\ufeff")], lines), delimiter=_delimiter(found, first))
    try:
        heads = next(rows, [])
    except csv.Error as error:
        raise InputError(found.source, f"has no line of headings that can be read ({error})", line=1) from error
    places = places_of(heads, found.source)
    count = 0
    while True:
        start = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            count += 1
            yield Skipped(found.source, f"a line cannot be read as cells ({error})", start)
            continue
        if row is None:
            break
        if not any(cell.strip() for cell in row):
            continue
        count += 1
        if len(row) < len(heads) or any(cell.strip() for cell in row[len(heads) :]):
            cells = f"has {counted(len(row), 'cell')} where the headings have {len(heads)}"
            yield Skipped(found.source, f"a line {cells}; it was left out", start)
            continue
        try:
            record = row_record({name: row[place].strip() for name, place in places.items()})
            yield record_document(record, f"{found.source}#{start}", encoding, tools)
        except InputError as error:
            yield skipped(InputError(found.source, f"a line {error.what}", error.advice, line=start))
    if not count:
        yield Skipped(found.source, "holds no line below its headings")


def _delimiter(found: Found, head: str) -> str:
    return "\t" if found.suffix == ".tsv" else max(",;\t", key=head.count)


def places_of(heads: Sequence[str], where: str) -> dict[str, int]:
    """Fields of COLUMNS to the columns under these headings. Raises InputError where none of them holds text."""
    if len(heads) > MAX_COLUMNS:
        raise InputError(where, f"has {len(heads):,} columns; the limit is {MAX_COLUMNS}")
    names = [_NO_WORD.sub("", head).lower() for head in heads]
    places = {
        field: next(names.index(name) for name in wanted if name in names)
        for field, wanted in COLUMNS.items()
        if any(name in names for name in wanted)
    }
    if not any(field in places for field in TEXTS):
        shown = ", ".join(printable(head)[:30] for head in heads[:_SHOWN]) + (", ..." if len(heads) > _SHOWN else "")
        advice = "Name one of its columns title, abstract or text"
        raise InputError(where, f"has no column of titles, abstracts or texts (it has: {shown})", advice, line=1)
    return places


def row_record(cells: Mapping[str, str]) -> Record:
    """The record in a row, its cells by the fields of COLUMNS. Raises InputError for one without any text."""

    def cell(name: str) -> str:
        return cells.get(name, "")

    title = bare_title(printable(cell("title")))
    parts = [title, cell("abstract"), cell("text")]
    if not any(parts):
        raise InputError("", "has neither title, abstract nor text")
    pmid, doi = pmid_in(cell("pmid")), doi_in(cell("doi"))
    return Record(
        id=printable(cell("id")) or record_id(pmid, doi),
        title=title,
        text="\n".join(part for part in parts if part),
        year=year_in(cell("year")),
        doi=doi,
        pmid=pmid,
        authors=", ".join(name for name in map(printable, re.split(r"[;；]", cell("authors"))) if name),
        venue=printable(cell("venue")),
        retracted=cell("retracted").lower() not in _NO or is_retracted(title, [cell("kind")]),
    )
