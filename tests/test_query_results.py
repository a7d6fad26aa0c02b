"""Answers of free SPARQL, and how they are written."""

from __future__ import annotations

import csv
import io
import json
import sys
import xml.etree.ElementTree as ET
from decimal import Decimal

import pyoxigraph as ox
import pytest
from rich.cells import cell_len

from imagingkg.errors import MissingExtra, QueryError
from imagingkg.graph.query import load_queries, run_query, run_text
from imagingkg.graph.results import Format, Results, render, render_pieces
from small_graph import rows, small_store

PREFIXES = "PREFIX ikg: <https://w3id.org/imagingkg/vocab/> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
HOSTILE = '=1+1|<b>"x"\t\x1b[2J\n\u202eend\x00'


@pytest.fixture(scope="module")
def graph() -> ox.Store:
    return small_store()


@pytest.fixture
def hostile() -> Results:
    name = ox.NamedNode("http://example.org/a?b=%3Cc%3E")
    literal = ox.Literal(HOSTILE)
    return Results(
        "select", ("text", "iri", "none"), ((literal, name, None), (ox.Literal("胶质瘤", language="zh"), None, None))
    )


def test_each_form_of_query_is_answered(graph: ox.Store) -> None:
    assert rows(run_text(graph, PREFIXES + "ASK { ?c ikg:certainty ikg:negated }")) == [(True,)]
    built = run_text(graph, PREFIXES + "CONSTRUCT { ?c a ikg:Denial } WHERE { ?c ikg:certainty ikg:negated }")
    assert (built.form, built.columns) == ("construct", ("subject", "predicate", "object"))
    assert [r[0] for r in rows(built)] == ["claim/c05", "claim/c12"]
    described = run_text(graph, "DESCRIBE <https://w3id.org/imagingkg/result/r02>")
    terms = {str(r[1]).rpartition("/")[2].rpartition("#")[2] for r in rows(described)}
    bounds = {"lower", "normalizedLower", "upper", "normalizedUpper"}
    assert terms == {"type", "metric", "value", "normalizedValue", "reportedAs", "split"} | bounds
    assert len(run_text(graph, "SELECT * { ?s ?p ?o } LIMIT 0")) == 0


def test_the_usual_prefixes_need_no_declaration_and_keep_one_that_is_made(graph: ox.Store) -> None:
    """A query without PREFIX lines is answered as with them; a prefix that the query declares means what it says."""
    bare = "ASK { ?c ikg:certainty ikg:negated }"
    assert rows(run_text(graph, bare)) == rows(run_text(graph, PREFIXES + bare)) == [(True,)]
    assert rows(run_text(graph, "PREFIX ikg: <https://example.org/> " + bare)) == [(False,)]


def test_the_default_graph_counts_a_triple_once_and_the_named_graphs_stand_beside_it(graph: ox.Store) -> None:
    count = PREFIXES + "SELECT (COUNT(*) AS ?n) { %s }"
    assert rows(run_text(graph, count % "?c a ikg:Claim")) == [(16,)]
    assert rows(run_text(graph, count % "?p ikg:partOf ?w")) == [(1,)]  # in graph.ttl and in inferred.ttl
    assert rows(run_text(graph, count % "GRAPH ?g { ?c a ikg:Claim }")) == [(2,)]


@pytest.mark.parametrize("query", ["SELECT", "SELECT * { ?s ?p }", "", "hello", "SELECT * { ?s foo:bar ?o }"])
def test_what_is_no_sparql_is_refused_with_the_place(graph: ox.Store, query: str) -> None:
    with pytest.raises(QueryError, match="is not SPARQL"):
        run_text(graph, query)


def test_rows_are_dicts_of_python_values(graph: ox.Store) -> None:
    query = (
        'SELECT ("a" AS ?text) (1 AS ?int) (0.50 AS ?dec) (1e1 AS ?dbl) (true AS ?bool) '
        "(<a:b> AS ?iri) (?x AS ?none) {}"
    )
    (row,) = run_text(graph, query)
    assert row == {"text": "a", "int": 1, "dec": Decimal("0.5"), "dbl": 10.0, "bool": True, "iri": "a:b", "none": None}


def test_a_table_is_aligned_by_the_width_of_characters(graph: ox.Store) -> None:
    found = run_text(graph, PREFIXES + "SELECT ?l (1 AS ?n) { ?d a ikg:Anatomy ; skos:prefLabel ?l } ORDER BY ?l")
    lines = render(found, "table").splitlines()
    # A Chinese character takes two columns: 11 columns for the longest name, "hippocampus".
    assert lines == [
        "l            n",
        "-----------  -",
        "brain        1",
        "hippocampus  1",
        "海马         1",
        "脑           1",
    ]


def test_a_table_fits_the_terminal_and_its_text_cannot_command_it(hostile: Results) -> None:
    text = render(hostile, "table", width=30)
    assert "…" in text
    assert not any(c in text for c in "\x1b\x00\u202e\t")
    assert len(text.splitlines()) == 4


def test_every_named_question_fits_the_terminal_that_it_is_asked_on(graph: ox.Store) -> None:
    checked = 0
    for name, query in load_queries().items():
        answer = run_query(graph, query, {p.name: "a review of" for p in query.parameters if p.name == "paper"})
        for width in (40, 60, 80, 120, 200):
            lines = render(answer, "table", width=width).splitlines()
            assert max(map(cell_len, lines)) <= width, (name, width)
            checked += 1
    assert checked == 28 * 5


def test_rows_too_wide_for_a_table_are_written_as_records_with_nothing_cut() -> None:
    quote = "一二三四五六七八九十" * 4
    claim = ox.NamedNode("https://w3id.org/imagingkg/claim/0a1b")
    row = (*(ox.Literal(f"{c} said something here") for c in "abcdef"), None, ox.Literal(quote), claim)
    lines = render(Results("select", tuple("abcdefghi"), (row,)), "table", width=50).splitlines()
    assert lines[:6] == [f"{c}  {c} said something here" for c in "abcdef"]
    assert [line[3:] for line in lines[6:-1]] == [quote[:23], quote[23:]]  # 47 columns hold 23 characters of two
    assert lines[6][:3] == "h  "
    assert lines[-1] == "i  claim/0a1b"


def test_an_answer_without_rows_is_its_columns() -> None:
    empty = Results("select", ("a_rather_long_name", "another_long_name", "third"), ())
    # 20 columns, 4 of them between the names: 5 for each.
    assert render(empty, "table", width=20).splitlines()[0].split() == ["a_ra…", "anot…", "third"]


def test_csv_is_that_of_the_standard_and_starts_no_formula(hostile: Results) -> None:
    text = render(hostile, "csv")
    assert text.startswith("text,iri,none\r\n")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read[1] == ["'" + HOSTILE, "http://example.org/a?b=%3Cc%3E", ""]
    assert read[2] == ["胶质瘤", "", ""]
    numbers = Results("select", ("n",), tuple((ox.Literal(t),) for t in ("-0.5", "+12 %", "@x", "-x", "3")))
    assert render(numbers, "csv").split("\r\n")[1:-1] == ["-0.5", "+12 %", "'@x", "'-x", "3"]


@pytest.mark.parametrize(("form", "standard"), [("tsv", "TSV"), ("json", "JSON"), ("xml", "XML")])
def test_the_exact_formats_are_read_back_as_they_were(graph: ox.Store, form: Format, standard: str) -> None:
    query = (
        PREFIXES + 'SELECT ?s ?l ("a\tb\\n\\"c\\" <&>" AS ?t) (0.5 AS ?n) ?none '
        "{ ?s a ikg:Modality ; skos:prefLabel ?l } ORDER BY ?l"
    )
    found = run_text(graph, query)
    again = ox.parse_query_results(render(found, form), getattr(ox.QueryResultsFormat, standard))
    assert isinstance(again, ox.QuerySolutions)
    assert tuple(v.value for v in again.variables) == found.columns
    assert [tuple(s) for s in again] == list(found.rows)
    assert len(found) == 10


@pytest.mark.parametrize(("form", "standard"), [("json", "JSON"), ("xml", "XML")])
def test_a_boolean_is_read_back(graph: ox.Store, form: Format, standard: str) -> None:
    answer = run_text(graph, "ASK { <a:a> ?p ?o }")
    assert bool(ox.parse_query_results(render(answer, form), getattr(ox.QueryResultsFormat, standard))) is False


def test_xml_holds_what_xml_cannot_hold_as_a_mark(hostile: Results) -> None:
    root = ET.fromstring(render(hostile, "xml"))  # noqa: S314 (our own text)
    texts = [e.text or "" for e in root.iter("{http://www.w3.org/2005/sparql-results#}literal")]
    assert texts[0] == HOSTILE.replace("\x1b", "\ufffd").replace("\x00", "\ufffd")


def test_json_and_markdown_keep_markup_as_text(hostile: Results) -> None:
    bindings = json.loads(render(hostile, "json"))["results"]["bindings"]
    assert bindings[0]["text"] == {"type": "literal", "value": HOSTILE}
    assert bindings[1] == {"text": {"type": "literal", "value": "胶质瘤", "xml:lang": "zh"}}
    markdown = render(hostile, "markdown").splitlines()
    assert len(markdown) == 4
    assert "\\<b\\>" in markdown[2]
    assert markdown[2].replace("\\|", "").count("|") == 4


def test_an_answer_in_pieces_is_the_answer(hostile: Results) -> None:
    many = Results("select", ("n",), tuple((ox.Literal(str(n)),) for n in range(2500)))
    told = [hostile, many, Results("select", ("a", "b"), ()), Results("ask", ("answer",), ((ox.Literal(True),),))]
    for results in told:
        text = "".join(render_pieces(results, "json"))
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
        assert len(list(csv.reader(io.StringIO(render(results, "csv"), newline="")))) == len(results) + 1
    assert len(told) == 4
    assert [len(piece.splitlines()) for piece in render_pieces(many, "tsv")] == [1000, 1000, 501]
    assert [len(piece.split()) for piece in render_pieces(many, "csv")] == [1, 1000, 1000, 500]


def test_a_notebook_shows_a_table_in_which_markup_is_text(hostile: Results) -> None:
    shown = hostile._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown
    assert "<td>胶质瘤</td>" in shown


def test_a_notebook_shows_a_hundred_rows_and_says_how_many_more_there_are() -> None:
    many = Results("select", ("n",), tuple((ox.Literal(str(n) + "x" * 1000),) for n in range(1234)))
    shown = many._repr_html_()
    assert shown.count("<td>") == 100
    assert "1,134 more rows" in shown
    assert len(shown) < 100 * 500
    assert "more rows" not in Results("select", ("n",), many.rows[:100])._repr_html_()


def test_triples_are_written_as_turtle_in_one_order(graph: ox.Store) -> None:
    query = PREFIXES + "CONSTRUCT { ?c ikg:task ?t } WHERE { ?c ikg:task ?t }"
    text = render(run_text(graph, query), "turtle")
    assert len(list(ox.parse(text, format=ox.RdfFormat.TURTLE))) == 16
    assert text == render(run_text(graph, query), "turtle")
    with pytest.raises(QueryError, match="turtle is for CONSTRUCT"):
        render(run_text(graph, "ASK {}"), "turtle")
    with pytest.raises(QueryError, match="'pdf' is none"):
        render(run_text(graph, "ASK {}"), "pdf")  # type: ignore[arg-type]


def test_pandas_gets_a_column_for_each_variable_and_its_absence_is_said(
    graph: ox.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run_text(graph, PREFIXES + "SELECT ?n ?none { ?s a ikg:Sample ; ikg:value ?n } ORDER BY ?n")
    frame = found.to_pandas()
    assert list(frame.columns) == ["n", "none"]
    assert list(frame["n"]) == [120, 285, 2303]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"imagingkg\[pandas\]"):
        found.to_pandas()
