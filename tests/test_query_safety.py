"""A query that reaches out, changes the graph or could crash the parser is refused before it is parsed."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
from pyoxigraph import Store

from imagingkg.errors import QueryError
from imagingkg.graph.query import run_text
from imagingkg.graph.safety import MAX_DEPTH, MAX_LENGTH, MAX_PARTS, check_query

CALL = "SERVICE <http://127.0.0.1:9/> { ?s ?p ?o }"

REACHING_OUT = {
    "plain": f"SELECT * {{ {CALL} }}",
    "any case": "SELECT * { sErViCe <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "silent, without a blank": "SELECT * { SERVICESILENT<http://127.0.0.1:9/>{?s ?p ?o} }",
    "grown together with a name": "PREFIX ex: <http://e/> SELECT * { SERVICEex:x{?s ?p ?o} }",
    "grown together with an empty prefix": "PREFIX : <http://e/> SELECT * { SERVICE:x{?s ?p ?o} }",
    "grown together with a boolean": "SELECT * { ?s ?p trueSERVICE<http://127.0.0.1:9/>{?s ?p ?o} }",
    "grown together with a number": "SELECT * { ?s ?p 1SERVICE<http://127.0.0.1:9/>{?s ?p ?o} }",
    "a variable service": "SELECT * { BIND(<http://127.0.0.1:9/> AS ?u) SERVICE ?u { ?s ?p ?o } }",
    "after a comment": f"SELECT * {{ # a comment\n {CALL} }}",
    "after a string with a hash": f'SELECT * {{ ?s ?p "#" . {CALL} }}',
    "after a string with a quote in it": f'SELECT * {{ ?s ?p "a\\"#" . {CALL} }}',
    "after a long string": f'SELECT * {{ ?s ?p """ " "" # """ . {CALL} }}',
    "after an IRI with a hash": f"SELECT * {{ ?s <http://e/#p> ?o . {CALL} }}",
    "after an escaped hash in a name": f"PREFIX ex: <http://e/> SELECT * {{ ?s ?p ex:a\\#b . {CALL} }}",
    "after a less-than that looks like an IRI": f'SELECT * {{ ?s ?p ?o FILTER(?s<?p#>"""\n) {CALL} #"""\n}}',
    "after both at once": (
        f'PREFIX ex: <http://e/> SELECT * {{ ?s ?p ?o FILTER(?s<ex:a#>"""\n) <http://e/#x> ?q ?z . {CALL} #"""\n}}'
    ),
    "after a quote that an escape would end": f'SELECT * {{ ?s ?p "\\u0022 #" . {CALL} }}',
    "written with an escape": "SELECT * { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "written with a long escape": "SELECT * { \\U00000053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
}


@pytest.mark.parametrize("name", REACHING_OUT)
def test_a_query_that_asks_another_service_is_refused(name: str) -> None:
    with pytest.raises(QueryError, match="SERVICE is not allowed"):
        check_query(REACHING_OUT[name])


def test_wherever_the_parser_reads_a_service_it_is_refused() -> None:
    """Every join of a head, a gap and a tail that pyoxigraph takes for a SERVICE is refused; many are."""
    heads = (
        "", "{}", "?s <a:p>?true", "?s <a:p>*true", "?s ?p 1.", "?s ?p 1.0e5", "?s ?p true", "?s ?p 'a'",
        '?s ?p "x"@en', "?s ?p ex:a", "?s ?p ex:a.", "?s ?p ex:\\#", "?s ?p ex:%41", "?s ?p _:b", "?s ?p []",
        "?s ?p ()", "?s ?p ?o.", "?s ?p ?o;", "?s ?p ?o FILTER(1)", "?s ?p ?o OPTIONAL{}", "?s ?p ?o MINUS{}",
        "BIND(1 AS ?z)", "VALUES ?x {1}",
    )  # fmt: skip
    tails = ("<http://127.0.0.1:9/>{}", " ?x {}", ":x{}", "ex:x{}", "SILENT ?y{}")
    store, seen, wrong = Store(), 0, []
    for head, gap, tail in itertools.product(heads, ("", " ", "\n", "#c\n"), tails):
        start = "PREFIX ex: <http://127.0.0.1:9/> PREFIX : <http://127.0.0.1:9/> SELECT * {" + head + gap
        query = start + "SERVICE" + tail + "}"
        if _parses(store, query) and not _parses(store, start + "SERVICX" + tail + "}"):
            seen += 1
            if not _refused(query):
                wrong.append(query)
    assert seen > 100
    assert wrong == []


def _refused(query: str) -> bool:
    try:
        check_query(query)
    except QueryError:
        return True
    return False


def _parses(store: Store, query: str) -> bool:
    try:
        store.query(query)
    except SyntaxError:
        return False
    except (OSError, RuntimeError):
        return True
    return True


@pytest.mark.parametrize(
    "query",
    [
        'SELECT ?service { ?service ?p "SERVICE" }',
        "SELECT * { ?s ?p 'it\\'s a SERVICE' } # SERVICE, LOAD",
        'SELECT * { ?s ?p """no "SERVICE" here""" }',
        "SELECT * { ?s <http://example.org/service/x> ?load }",
        "PREFIX add: <http://example.org/> SELECT * { ?s add:load add:service-delete }",
        "SELECT * { ?s ?p ?o FILTER(?o < 5 && ?o > 3) }",
        'SELECT * { ?s ?p "insert"@en . ?x ?y _:delete }',
        "ASK { ?s ?p ?o }",
    ],
)
def test_the_word_in_a_text_a_name_or_a_variable_is_no_harm(query: str) -> None:
    check_query(query)
    run_text(Store(), query)


@pytest.mark.parametrize(
    "query",
    [
        "INSERT DATA { <a:a> <a:b> <a:c> }", "DELETE WHERE { ?s ?p ?o }", "LOAD <http://127.0.0.1:9/>", "CLEAR ALL",
        "drop default", "CREATE GRAPH <a:a>", "COPY DEFAULT TO <a:a>", "MOVE DEFAULT TO <a:a>", "ADD DEFAULT TO <a:a>",
        "PREFIX a: <a:> WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)  # fmt: skip
def test_an_update_is_refused(query: str) -> None:
    with pytest.raises(QueryError, match="is not allowed: the graph is read-only"):
        run_text(Store(), query)


def test_what_is_too_long_too_deep_or_too_much_is_refused() -> None:
    with pytest.raises(QueryError, match="characters"):
        check_query(" " * (MAX_LENGTH + 1))
    with pytest.raises(QueryError, match="nests more than"):
        check_query("SELECT * " + "{" * (MAX_DEPTH + 1))
    with pytest.raises(QueryError, match="words and signs"):
        check_query("SELECT * { FILTER(" + "!" * (MAX_PARTS + 1) + "true) }")
    with pytest.raises(QueryError, match="nests more than"):  # brackets hidden where an IRI could be
        check_query("SELECT * { FILTER(" + "1<((((((((((#>\n" * 10)
    check_query("SELECT * " + "{" * MAX_DEPTH + "}" * MAX_DEPTH)


DEEP = {
    "groups": ("SELECT * ", "{", "", "}"),
    "parentheses": ("SELECT * {FILTER", "(", "1", ")"),
    "not": ("SELECT * {FILTER(", "!", "true)}", ""),
    "and": ("SELECT * {FILTER(true", "&&true", ")}", ""),
    "plus": ("SELECT * {FILTER(1", "+1", ")}", ""),
    "optional": ("SELECT * {", "OPTIONAL{}", "}", ""),
    "union": ("SELECT * {{}", "UNION{}", "}", ""),
    "minus": ("SELECT * {", "MINUS{}", "}", ""),
    "filter": ("SELECT * {", "FILTER(1)", "}", ""),
    "exists": ("SELECT * {", "FILTER EXISTS{", "", "}"),
    "select": ("SELECT * {", "SELECT * {", "", "}"),
    "triple terms": ("SELECT * {?s ?p ", "<<(?s ?p ", "?o", ")>>"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEP)
def test_the_largest_query_that_is_let_through_does_not_crash_the_parser(name: str) -> None:
    head, opening, middle, closing = DEEP[name]
    times = 0
    for n in (50, 60, 200, 300, 500, 600, 900, 1900):
        query = head + opening * n + middle + closing * n + ("}" if name in ("parentheses", "exists", "select") else "")
        try:
            check_query(query)
        except QueryError:
            break
        times, largest = n, query
    assert times >= 50
    code = "import pyoxigraph, sys\ntry: pyoxigraph.Store().query(sys.stdin.read())\nexcept SyntaxError: pass"
    done = subprocess.run([sys.executable, "-c", code], input=largest, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
