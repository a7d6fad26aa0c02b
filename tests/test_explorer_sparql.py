"""The SPARQL panel: each named question has the same answer in the page as on the command line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, Page, open_browser
from explorer_case import corpus as small_corpus
from explorer_case import hostile, small_lexicon
from imagingkg.errors import QueryError
from imagingkg.graph.gaps import gaps
from imagingkg.graph.query import load_queries, run_named, run_text
from imagingkg.graph.results import text_of
from imagingkg.graph.store import open_store
from imagingkg.lexicon import load_lexicon
from imagingkg.pipeline import build
from imagingkg.publish.explorer import write_explorer
from imagingkg.settings import Settings
from test_explorer_access import violations, watched
from test_figure import built

READY = "document.documentElement.dataset.sparql === 'ready'"
ANSWERED = "!document.querySelector('.answers').hasAttribute('aria-busy')"


@pytest.fixture(scope="module")
def output(sample_output: Path) -> Path:
    """A build of the sample corpus; only read here."""
    return sample_output


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def opened(chromium: Browser, output: Path) -> Page:
    page = watched(chromium)
    page.open(output / "graph.html", "view=sparql")
    page.wait(READY)
    return page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    """The opened panel; after each test nothing was asked of the network and nothing complained."""
    yield opened
    assert opened.requests() == []
    assert opened.complaints() == []


def choose(page: Page, name: str) -> None:
    page.run(f"location.hash = 'view=sparql&ask={name}'")
    page.wait(f"document.querySelector('#question')?.value === '{name}'")
    page.wait(ANSWERED)


def tell(page: Page, parameter: str, value: str) -> None:
    field = f"document.querySelector('#ask-{parameter}')"
    page.run(f"{field}.value = {value!r}; {field}.dispatchEvent(new Event('change'))")
    page.wait(ANSWERED)


def write(page: Page, text: str, *, wait: bool = True) -> None:
    """Replaces the text of the editor, as a reader would, and runs it by Ctrl-Enter."""
    page.run("document.querySelector('.query').shadowRoot.querySelector('.cm-content').focus()")
    for name, code in (("a", 65), ("Enter", 13)):
        if name == "Enter":
            page.type(text)
        for kind in ("rawKeyDown", "keyUp"):
            page.command("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, modifiers=2)
    if wait:
        page.wait(ANSWERED)


def answer(page: Page) -> list[list[str]]:
    """Header and rows as they are copied; a text that a sheet would run as a formula comes without its apostrophe."""
    page.run("window.copied = []; document.execCommand = () => window.copied.push(document.activeElement.value)")
    page.run("document.querySelector('#answer-csv').click()")
    rows = list(csv.reader(io.StringIO(page.run("window.copied[0]"))))
    return [[cell.removeprefix("'") for cell in row] for row in rows]


@pytest.mark.parametrize("name", sorted(load_queries()))
def test_each_named_question_has_the_rows_of_the_command_line(page: Page, output: Path, name: str) -> None:
    store = open_store(output)
    given = {}
    if name == "claims-of-paper":
        (source,) = run_text(store, "SELECT ?s { ?d <http://purl.org/dc/terms/source> ?s } ORDER BY ?s LIMIT 1").rows[0]
        given["paper"] = text_of(source)
    choose(page, name)
    for parameter, value in given.items():
        tell(page, parameter, value)
    if page.count(".say.wrong"):  # a default that this corpus knows nothing of: both say so
        with pytest.raises(QueryError, match="is called"):
            run_named(store, name, **given)
        return
    results = run_named(store, name, **given)
    got = answer(page)
    wanted = [[text_of(term).removeprefix("'") for term in row] for row in results.rows]
    assert got[0] == list(results.columns)
    assert sorted(got[1:]) == sorted(wanted)
    assert page.count(".say.wrong") == 0


def test_the_map_counts_as_gaps_does(chromium: Browser, output: Path) -> None:
    matrix = gaps(open_store(output), rows="disease", columns="task")
    names = {heading.iri: heading.en.lower() for heading in (*matrix.rows, *matrix.columns)}
    wanted = {f"{names[c.row]}, {names[c.column]}": len(c.claims) for c in matrix.cells}
    page = chromium.new_page()
    page.open(output / "graph.html", "open=*")
    said = page.run("[...document.querySelectorAll('td .cell')].map((e) => e.getAttribute('aria-label'))")
    found = [re.fullmatch(r"(.*): (\d+) claims?\b.*", label) for label in said]
    got = {f[1].lower(): int(f[2]) for f in found if f}
    assert len(got) > 50
    assert got == {pair: wanted.get(pair) for pair in got}


def test_a_question_is_told_its_parameters_by_any_label(page: Page, output: Path) -> None:
    choose(page, "methods")
    counts = set()
    for label in ("分割", "Detection", "task/classification"):
        tell(page, "task", label)
        results = run_named(open_store(output), "methods", task=label)
        assert sorted(answer(page)[1:]) == sorted([text_of(t) for t in row] for row in results.rows)
        counts.add(len(results.rows))
    assert len(counts) > 1


def test_what_a_question_is_told_by_default_is_in_the_readers_language(chromium: Browser, output: Path) -> None:
    page = chromium.new_page()
    page.open(output / "graph.html", "view=sparql&ask=methods&lang=en")
    page.wait(READY)
    said = {}
    for lang in ("en", "zh"):
        page.run(f"location.hash = 'view=sparql&ask=methods&lang={lang}'")
        page.wait(f"document.documentElement.lang === '{lang}'")
        page.wait(ANSWERED)
        said[lang] = page.run("document.querySelector('#ask-task').value")
        assert page.count(".say.wrong") == 0
    assert said == {"en": "segmentation", "zh": "分割"}


def test_a_name_that_nothing_bears_is_said(page: Page) -> None:
    choose(page, "claims-of-paper")
    tell(page, "paper", "no such paper")
    assert page.text(".say.wrong") == "Paper: nothing here is called “no such paper”."


def test_a_query_of_ones_own_runs_from_the_editor_and_leads_back_to_graph_and_evidence(page: Page) -> None:
    choose(page, "overview")
    write(
        page,
        "PREFIX ikg: <https://w3id.org/imagingkg/vocab/> SELECT ?claim ?task ?quote ?document WHERE "
        "{ ?claim ikg:task ?task ; ikg:statedIn ?document ; ikg:evidence/ikg:quote ?quote } ORDER BY ?quote LIMIT 3",
    )
    assert page.texts(".answer th") == ["claim", "task", "quote", "document"]
    assert page.count(".answer tbody tr") == 3
    sentence = page.text(".answer tbody td:nth-child(3) button")
    page.click(".answer tbody td:nth-child(1) button")
    assert page.texts(".panel .card blockquote") == [sentence]
    page.click(".answer tbody td:nth-child(2) button")
    assert page.count(".panel h2 .glyph") == 1
    page.click(".answer tbody td:nth-child(4) button")
    assert "sel=doc:" in page.run("decodeURIComponent(location.hash)")
    page.click(".panel .ph .btn")
    assert page.count(".answer tbody tr") == 3


def test_a_slash_in_the_editor_is_typed_and_does_not_search(page: Page) -> None:
    choose(page, "overview")
    page.run("document.querySelector('.query').shadowRoot.querySelector('.cm-content').focus()")
    page.key("/")
    assert page.run("document.activeElement.className") == "query own"


@pytest.mark.parametrize(
    "text", ["SELECT nonsense", "INSERT DATA { <a:a> <a:b> 1 }", "ASK { SERVICE <http://x.org/> { } }"]
)
def test_what_is_no_question_to_this_graph_is_said_and_asks_no_network(page: Page, text: str) -> None:
    choose(page, "overview")
    write(page, text)
    assert page.count(".say.wrong") == 1
    assert page.count(".answer tr") == 0


ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
"""A question whose answer nobody lives to see."""


def test_a_question_without_end_holds_nothing_up_and_can_be_stopped(page: Page) -> None:
    choose(page, "overview")
    write(page, ENDLESS, wait=False)
    assert page.text("#run") == "Stop"
    page.click("#tab-map")
    assert page.count(".map td .cell") > 0
    page.click("#tab-sparql")
    assert page.text("#run") == "Stop"
    page.click("#run")
    page.wait(ANSWERED)
    assert page.text(".say.wrong") == "Stopped."
    choose(page, "best-figures")
    assert page.count(".answer tbody tr") > 0


def test_a_question_that_takes_too_long_is_ended_with_a_word_and_the_next_is_answered(
    chromium: Browser, output: Path
) -> None:
    page = chromium.new_page()
    page.command("Page.addScriptToEvaluateOnNewDocument", source=HURRY)
    page.open(output / "graph.html", "view=sparql&ask=overview")
    page.wait(READY)
    page.wait(ANSWERED)
    write(page, ENDLESS)
    assert page.text(".say.wrong").startswith("Stopped: no answer within 20 seconds.")
    choose(page, "best-figures")
    assert page.count(".answer tbody tr") > 0
    assert page.requests() == []
    assert page.complaints() == []


HURRY = """
(() => { const later = window.setTimeout;
  window.setTimeout = (done, ms, ...rest) => later(done, ms === 20000 ? 2000 : ms, ...rest); })()
"""
"""Twenty seconds pass in two."""


def test_an_answer_of_very_many_rows_is_cut_and_says_so(page: Page) -> None:
    choose(page, "overview")
    write(page, "SELECT ?a ?b { { SELECT ?a { ?a ?p ?o } LIMIT 200 } { SELECT ?b { ?b ?q ?r } LIMIT 200 } }")
    assert page.text(".ask .say").startswith("40,000 rows in ")
    assert page.text(".ask .say").endswith("; the first 20,000 are here")


def test_ask_and_construct_are_answered(page: Page) -> None:
    choose(page, "overview")
    write(page, "ASK { ?s ?p ?o }")
    assert answer(page) == [["answer"], ["true"]]
    write(page, "CONSTRUCT { ?s a ?o } WHERE { ?s a ?o } LIMIT 2")
    assert answer(page)[0] == ["subject", "predicate", "object"]
    assert len(answer(page)) == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_axe_core_finds_nothing_serious_in_the_panel(page: Page, lang: str, theme: str) -> None:
    page.run(f"location.hash = 'view=sparql&ask=best-figures&lang={lang}&theme={theme}'")
    page.wait(f"document.documentElement.lang === '{lang}' && document.documentElement.dataset.theme === '{theme}'")
    page.wait("document.querySelector('.answer tbody tr')")
    assert violations(page) == []


def test_hostile_texts_stay_texts_in_answers(chromium: Browser, tmp_path: Path) -> None:
    readings = [hostile(), *small_corpus()]
    graph = built(tmp_path, readings)
    words = load_lexicon(directory=tmp_path / "ontology")
    write_explorer(graph / "graph.html", readings, words, turtle=[graph / "graph.ttl"])
    page = chromium.new_page()
    page.open(graph / "graph.html", "view=sparql&ask=overview")
    page.wait(READY)
    write(page, "SELECT ?s ?o WHERE { ?s ?p ?o FILTER(CONTAINS(STR(?o), 'owned')) }")
    assert page.count(".answer tbody tr") > 3
    assert page.count(".answer img, .answer script") == 0
    assert "owned" not in page.run("document.title")
    assert page.run("document.querySelector('.answers').innerText.includes('\\u202e')") is False
    assert page.requests() == []
    assert page.complaints() == []


def test_the_engine_is_loaded_only_when_the_panel_opens(chromium: Browser, output: Path) -> None:
    page = chromium.new_page()
    page.open(output / "graph.html")
    assert page.run("document.readyState") in ("interactive", "complete")
    assert page.run("typeof window.imagingkgPanel") == "undefined"
    page.key("4")
    page.wait(READY)
    assert page.complaints() == []


def test_the_filters_fit_their_line_after_the_panel_was_opened_first(chromium: Browser, output: Path) -> None:
    page = chromium.new_page()
    page.resize(1024, 768)
    page.open(output / "graph.html", "view=sparql")
    page.click("#tab-map")
    cut = "(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)(document.querySelector('.filters'))"
    assert page.run(cut) == 0


def test_without_the_panel_the_page_is_small_and_its_policy_allows_no_webassembly(tmp_path: Path) -> None:
    target = tmp_path / "output"
    build([], target, Settings(sparql=False))
    text = (target / "graph.html").read_text(encoding="utf-8")
    assert "wasm" not in text[: text.index("<title>")]
    assert 'id="panel-program"' not in text
    assert len(text) < 400_000


def test_the_code_of_the_page_is_at_most_300_kilobytes(tmp_path: Path) -> None:
    write_explorer(tmp_path / "graph.html", [], small_lexicon(tmp_path / "ontology"))
    assert (tmp_path / "graph.html").stat().st_size <= 300_000


def test_equal_readings_make_equal_pages_with_a_panel(tmp_path: Path, output: Path) -> None:
    words = small_lexicon(tmp_path / "ontology")
    pages = []
    for name, readings in (("a", small_corpus()), ("b", small_corpus()[::-1])):
        write_explorer(tmp_path / name, readings, words, turtle=[output / "graph.ttl"])
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]
    assert b"'wasm-unsafe-eval'" in pages[0]
