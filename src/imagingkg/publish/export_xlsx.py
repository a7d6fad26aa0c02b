"""An Excel workbook of the evidence. Every cell is text or an offset; nothing in it is ever computed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from imagingkg.errors import MissingExtra
from imagingkg.publish.claim_table import CLAIM_COLUMNS, NODE_COLUMNS, claim_rows, node_rows
from imagingkg.publish.contents import Contents, read_contents

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

CELL_LIMIT: Final = 32_767
"""The characters that a cell can hold."""
ROW_LIMIT: Final = 1_048_576
STUDY_COLUMNS: Final = ("study", "authors", "year", "title", "doi", "pmid", "citation")
_UNDATED: Final = datetime(1980, 1, 1)  # the first date of a zip file: equal builds give equal bytes
_WIDE: Final = {"quote": 80, "figures": 40, "study": 30, "document": 40, "title": 60, "other names": 40}
_NUMBERS: Final = frozenset(("start", "end"))
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_xlsx(output: Path, out: IO[bytes]) -> None:
    """Sheets Evidence (a row for each claim and statement), Concepts and Studies. Raises MissingExtra."""
    try:
        from xlsxwriter.workbook import Workbook
    except ImportError as error:
        raise MissingExtra("xlsx", "xlsx") from error
    contents = read_contents(output)
    # Rows go to disk as they come; a text is never taken for a formula, a number or an address.
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False,
    }  # fmt: skip
    with tempfile.TemporaryFile() as file:  # an archive that is written to a pipe would differ from one in a file
        with Workbook(file, options) as book:
            book.set_properties({"title": "Evidence", "created": _UNDATED})
            _sheets(book, "Evidence", CLAIM_COLUMNS, claim_rows(contents))
            _sheets(book, "Concepts", NODE_COLUMNS, node_rows(contents))
            _sheets(book, "Studies", STUDY_COLUMNS, _study_rows(contents))
        file.seek(0)
        shutil.copyfileobj(file, out)


def _study_rows(contents: Contents) -> Iterable[Sequence[str]]:
    for iri in sorted(contents.studies):
        study = contents.studies[iri]
        yield study.iri, study.authors, study.year, study.title, study.doi, study.pmid, study.citation


def _sheets(book: Workbook, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A sheet under a row of headings, or several where one is full: "Evidence", "Evidence 2"."""
    bold, text = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
    number, sheet, row = 0, None, ROW_LIMIT
    for cells in rows:
        if sheet is None or row == ROW_LIMIT:
            number += 1
            sheet, row = _sheet(book, name if number == 1 else f"{name} {number}", columns, bold), 1
        for column, cell in enumerate(cells):
            _write(sheet, row, column, cell, text, number=columns[column] in _NUMBERS)
        row += 1
    if sheet is None:
        _sheet(book, name, columns, bold)


def _sheet(book: Workbook, name: str, columns: Sequence[str], bold: Format) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(columns):
        sheet.set_column(column, column, _WIDE.get(title, 16))
        sheet.write_string(0, column, title, bold)
    return sheet


def _write(sheet: Any, row: int, column: int, cell: str, text: Format, *, number: bool) -> None:
    if not cell:
        return
    if number and cell.isdigit():
        sheet.write_number(row, column, int(cell))
    elif cell.startswith(_FORMULA):
        sheet.write_string(row, column, fitted(cell), text)  # stays text when someone edits the cell, too
    else:
        sheet.write_string(row, column, fitted(cell))


def fitted(text: str) -> str:
    """`text`, or as much of it as a cell can hold with a note of how much is missing."""
    if len(text.encode("utf-16-le")) // 2 <= CELL_LIMIT:  # Excel counts as UTF-16 does
        return text
    kept = text.encode("utf-16-le")[: 2 * (CELL_LIMIT - 40)].decode("utf-16-le", "ignore")
    return f"{kept} … [{len(text) - len(kept):,} characters more]"
