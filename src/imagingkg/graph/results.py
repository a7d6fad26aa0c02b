"""Answers of queries, and how they are written: table, csv, tsv, json, xml, markdown, and turtle for triples.

Text from papers is data in every format: control characters cannot move a terminal's cursor, a cell cannot start a
spreadsheet formula, and markup stays text.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final, Literal
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph
from pyoxigraph import BlankNode, NamedNode, Triple
from rich.cells import cell_len, set_cell_size

from imagingkg.errors import MissingExtra, QueryError
from imagingkg.graph.names import XSD

Term = NamedNode | BlankNode | pyoxigraph.Literal | Triple
Value = str | int | float | Decimal | bool | None
Format = Literal["table", "csv", "tsv", "json", "xml", "markdown", "turtle"]

SHOWN_ROWS: Final = 100
SHOWN_TEXT: Final = 400
"""How much of an answer a notebook shows: rows, and characters of a cell."""
NARROW: Final = 10
"""Where a table would have to cut long columns to fewer characters than this, rows are written as records."""

AT_ONCE: Final = 1000
"""Rows or items that are written as one piece."""
INDENTED: Final = json.JSONEncoder(ensure_ascii=False, indent=1)
"""What writes JSON for people and programs."""

_STRING: Final = XSD + "string"
_SHORT_IRI: Final = re.compile(r"^https?://.*/(?=[^/]+/[^/]+$)")
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>|~$#])")
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[0-9.,]+\s?%?")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Controls, and the marks that reorder or hide text.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a query.

    `rows` hold one term (or None) for each of `columns`. An ASK query has one row with one boolean, in column "answer";
    a CONSTRUCT or DESCRIBE query has its triples, sorted, in columns subject, predicate and object. Iterating gives
    each row as a dict of plain Python values, in the order of the query.
    """

    form: Literal["select", "ask", "construct"]
    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]

    def __iter__(self) -> Iterator[dict[str, Value]]:
        for row in self.rows:
            yield dict(zip(self.columns, map(plain, row), strict=True))

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Results({self.form}, {len(self):,} rows of {', '.join(map(visible, self.columns))})"

    def __str__(self) -> str:
        return render(self, "table")

    def _repr_html_(self) -> str:
        """A table for notebooks: the first SHOWN_ROWS rows and how many more there are; all text is escaped."""
        head = "".join(f"<th>{html.escape(visible(c))}</th>" for c in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_brief(t))}</td>" for t in row) + "</tr>"
            for row in self.rows[:SHOWN_ROWS]
        )
        more = len(self) - SHOWN_ROWS
        rest = f"<p>{more:,} more rows: see to_pandas()</p>" if more > 0 else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"

    def to_pandas(self) -> Any:
        """A pandas DataFrame with one column for each variable, holding plain values. Raises MissingExtra."""
        try:
            import pandas
        except ImportError as error:
            raise MissingExtra("to_pandas", "pandas") from error
        return pandas.DataFrame([list(map(plain, row)) for row in self.rows], columns=list(self.columns))


def plain(term: Term | None) -> Value:
    """A term as a Python value: numbers and booleans by datatype, everything else (IRIs too) as its text."""
    if isinstance(term, pyoxigraph.Literal):
        kind = term.datatype.value.removeprefix(XSD)
        try:
            if kind in ("integer", "int", "long", "nonNegativeInteger", "gYear"):
                return int(term.value)
            if kind == "decimal":
                return Decimal(term.value)
            if kind in ("double", "float"):
                return float(term.value)
        except (ValueError, InvalidOperation):
            return term.value
        if kind == "boolean":
            return term.value in ("true", "1")
    return None if term is None else text_of(term)


def text_of(term: Term | None) -> str:
    """The text of a term: an IRI, the characters of a literal, "" for None."""
    if term is None:
        return ""
    return str(term) if isinstance(term, (Triple, BlankNode)) else term.value


def _brief(term: Term | None) -> str:
    text = visible(text_of(term))
    return text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + "…"


def visible(text: str) -> str:
    """`text` on one line, with characters that a terminal would obey, or that hide or turn text, as U+FFFD."""
    return _UNSEEN.sub("\ufffd", re.sub(r"\s*[\t\n\r]\s*", " ", text))


def render(results: Results, form: Format, *, width: int | None = None) -> str:
    """The answer written in one of the formats, whole: see `render_pieces`."""
    return "".join(render_pieces(results, form, width=width))


def render_pieces(results: Results, form: Format, *, width: int | None = None) -> Iterator[str]:
    """The answer written in one of the formats, piece by piece; ends in a line feed.

    table: columns aligned by the width of characters on a terminal. Where they do not fit the `width` that is given,
    IRIs lose what comes before their kind, long cells are cut, and rows with too many of them become records of a line
    for each column.
    csv: the SPARQL 1.1 form (RFC 4180), but a text that a spreadsheet would run as a formula gets an apostrophe before
    it. tsv, json, xml: the SPARQL 1.1 forms, exact; characters that XML cannot hold are U+FFFD there. markdown: a pipe
    table. turtle: triples only. Raises QueryError for another format.
    """
    texts = (list(map(text_of, row)) for row in results.rows)
    if form == "table":
        return iter((_table(results, list(texts), width),))
    if form == "csv":
        return csv_pieces(results.columns, texts)
    if form == "markdown":
        return iter((markdown_table(results.columns, texts),))
    if form == "tsv":
        return joined(_tsv(results))
    if form == "json":
        return joined(_json(results))
    if form == "xml":
        return joined(_xml(results))
    if form == "turtle":
        return iter((_turtle(results),))
    raise QueryError("format", f"{form!r} is none", "Use table, csv, tsv, json, xml, markdown or turtle")


def joined(texts: Iterator[str]) -> Iterator[str]:
    """The texts in larger pieces, which are quicker to write."""
    while stretch := list(islice(texts, AT_ONCE)):
        yield "".join(stretch)


def json_list(items: Iterable[str], depth: int) -> Iterator[str]:
    """A list of values that are written in JSON already, as `json.dumps` with an indent of 1 writes it at that depth.

    To write a long list whole would take many times its memory.
    """
    yield "["
    margin = "\n" + " " * (depth + 1)
    first = True
    for item in items:
        yield ("" if first else ",") + margin + item.replace("\n", margin)
        first = False
    yield "]" if first else "\n" + " " * depth + "]"


def _table(results: Results, texts: Sequence[Sequence[str]], width: int | None) -> str:
    whole = text_table(results.columns, texts)
    if width is None or max(map(cell_len, whole.split("\n"))) <= width:
        return whole
    briefer = [
        [_SHORT_IRI.sub("", text) if isinstance(term, NamedNode) else text for term, text in zip(*row, strict=True)]
        for row in zip(results.rows, texts, strict=True)
    ]
    natural = _natural([results.columns, *briefer])
    room = width - 2 * (len(natural) - 1)
    if results.rows and max(_fitted(natural, room), default=0) < min(NARROW, max(natural, default=0)):
        return records(results.columns, briefer, width)
    return text_table(results.columns, briefer, width=width)


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, width: int | None = None) -> str:
    """An aligned table for a terminal; Chinese characters count two columns."""
    cells = [[visible(c) for c in row] for row in (columns, *rows)]
    widths = _natural(cells)
    if width is not None:
        widths = _fitted(widths, max(width, 4 * len(widths)) - 2 * (len(widths) - 1))
    lines = ["  ".join(_cell(c, w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    rule = "  ".join("-" * w for w in widths)
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def records(columns: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> str:
    """Each row as lines of a column's name and its text, which goes on below itself; empty cells are left out."""
    names = [visible(c) for c in columns]
    margin = max(map(cell_len, names), default=0) + 2
    lines: list[str] = []
    for row in rows:
        for name, text in zip(names, map(visible, row), strict=True):
            parts = _folded(text, max(width - margin, 8))
            lines += [_cell(name if not n else "", margin) + part for n, part in enumerate(parts)]
        lines.append("")
    return "\n".join(lines) + ("\n" if not lines else "")


def _folded(text: str, room: int) -> list[str]:
    """`text` in lines of at most `room` columns, broken at blanks where there are some."""
    lines = []
    while cell_len(text) > room:
        end = len(set_cell_size(text, room))
        while cell_len(text[:end]) > room:
            end -= 1
        end = text.rfind(" ", room // 2, end + 1) if " " in text[room // 2 : end + 1] else end
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, text] if text else lines


def _natural(cells: Iterable[Sequence[str]]) -> list[int]:
    return [max(1, *map(cell_len, map(visible, column))) for column in zip(*cells, strict=True)]


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """Widths that sum to at most `room`: the widest columns give way first."""
    limit = max(widths, default=0)
    while limit > 2 and sum(min(w, limit) for w in widths) > room:
        limit -= 1
    return [min(w, limit) for w in widths]


def _cell(text: str, width: int) -> str:
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """RFC 4180, lines ending in CR LF; safe to open in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_inert(c) for c in row] for row in rows)
    return out.getvalue()


def csv_pieces(columns: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """As `csv_table`, some rows at a time."""
    yield (head := csv_table(columns, ()))
    while stretch := list(islice(rows, AT_ONCE)):
        yield csv_table(columns, stretch).removeprefix(head)


def _inert(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A pipe table in which nothing is markup."""
    lines = [[_MARKDOWN.sub(r"\\\1", visible(c)) for c in row] for row in (columns, *rows)]
    lines.insert(1, ["---"] * len(columns))
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _tsv(results: Results) -> Iterator[str]:
    yield "\t".join("?" + c for c in results.columns) + "\n"
    for row in results.rows:
        yield "\t".join("" if t is None else str(t).replace("\t", "\\t") for t in row) + "\n"


def _json(results: Results) -> Iterator[str]:
    if results.form == "ask":
        data: dict[str, Any] = {"head": {}, "boolean": plain(results.rows[0][0])}
        yield INDENTED.encode(data) + "\n"
        return
    head = INDENTED.encode({"head": {"vars": list(results.columns)}}).removesuffix("\n}")
    yield f'{head},\n "results": {{\n  "bindings": '
    bindings = (
        {c: _json_term(t) for c, t in zip(results.columns, row, strict=True) if t is not None} for row in results.rows
    )
    yield from json_list(map(INDENTED.encode, bindings), depth=2)
    yield "\n }\n}\n"


def _json_term(term: Term) -> dict[str, Any]:
    if isinstance(term, Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _json_term(part) for name, part in parts.items()}}
    if isinstance(term, pyoxigraph.Literal):
        out = {"type": "literal", "value": term.value}
        if term.language:
            out["xml:lang"] = term.language
        elif term.datatype.value != _STRING:
            out["datatype"] = term.datatype.value
        return out
    return {"type": "uri" if isinstance(term, NamedNode) else "bnode", "value": term.value}


def _xml(results: Results) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">\n'
    if results.form == "ask":
        yield f"<head/>\n<boolean>{text_of(results.rows[0][0])}</boolean>\n</sparql>\n"
        return
    variables = "".join(f"<variable name={quoteattr(c)}/>" for c in results.columns)
    yield f"<head>{variables}</head>\n<results>\n"
    for row in results.rows:
        bound = zip(results.columns, row, strict=True)
        cells = "".join(f"<binding name={quoteattr(c)}>{_xml_term(t)}</binding>" for c, t in bound if t is not None)
        yield f"<result>{cells}</result>\n"
    yield "</results>\n</sparql>\n"


def _xml_term(term: Term) -> str:
    if isinstance(term, Triple):
        parts = (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
        return "<triple>" + "".join(f"<{name}>{_xml_term(part)}</{name}>" for name, part in parts) + "</triple>"
    text = escape(_NOT_XML.sub("\ufffd", term.value), {"\r": "&#13;"})
    if isinstance(term, pyoxigraph.Literal):
        kind = ""
        if term.language:
            kind = f" xml:lang={quoteattr(term.language)}"
        elif term.datatype.value != _STRING:
            kind = f" datatype={quoteattr(term.datatype.value)}"
        return f"<literal{kind}>{text}</literal>"
    return f"<uri>{text}</uri>" if isinstance(term, NamedNode) else f"<bnode>{text}</bnode>"


def _turtle(results: Results) -> str:
    if results.form != "construct":
        raise QueryError("format", "turtle is for CONSTRUCT and DESCRIBE", "Use table, csv, tsv, json, xml or markdown")
    triples = [Triple(s, p, o) for s, p, o in results.rows]  # type: ignore[arg-type]  # a CONSTRUCT row is three terms
    written = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.TURTLE)
    return written.decode("utf-8") if written else ""
