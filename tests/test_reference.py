"""The reference pages of the ontology: every term with an anchor, every link with a target, markup only as text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from browser import open_browser
from imagingkg.cli import main
from imagingkg.graph.names import VOCAB, Names
from imagingkg.graph.query import load_queries
from imagingkg.lexicon import Concept, Lexicon
from imagingkg.model import KINDS
from imagingkg.publish.reference import EXAMPLE, reference_pages, write_reference
from imagingkg.publish.reference_terms import pattern_of, read_terms

HOSTILE = '</script><img src=x onerror="alert(1)">'


class Page(HTMLParser):
    """The ids, links and elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if identifier := given.get("id"):
            self.ids.append(identifier)
        if tag == "a":
            self.links.append(str(given["href"]))


@pytest.fixture(scope="module")
def pages(lexicon: Lexicon) -> dict[str, str]:
    return reference_pages(lexicon, names=Names(), version="1.2.3")


def test_every_concept_stands_on_the_page_of_its_kind_under_its_id(pages: dict[str, str], lexicon: Lexicon) -> None:
    assert set(pages) == {"index.html", *(f"{kind}.html" for kind in KINDS)}
    ids = {name: set(Page(text).ids) for name, text in pages.items()}
    missing = [c for c in lexicon.concepts if c.partition("/")[2] not in ids[f"{c.partition('/')[0]}.html"]]
    assert missing == []
    assert len(lexicon.concepts) > 5000


def test_every_class_property_value_and_query_has_an_anchor_and_both_languages(pages: dict[str, str]) -> None:
    ids = Page(pages["index.html"]).ids
    assert len(ids) == len(set(ids))
    terms = read_terms()
    said = (Path(__file__).parents[1] / "ontology" / "imaging.ttl").read_text(encoding="utf-8")
    declared = set(re.findall(r"^ikg:(\w+) a owl:", said, re.MULTILINE))
    assert {term.local for term in terms} == declared
    assert len(declared) > 80
    assert declared <= set(ids)
    assert {f"query-{name}" for name in load_queries()} <= set(ids)
    assert [t.local for t in terms if not (t.en and t.zh and t.definition_en and t.definition_zh)] == []


def test_every_link_within_the_pages_leads_to_an_anchor(pages: dict[str, str]) -> None:
    read = {name: Page(text) for name, text in pages.items()}
    checked = 0
    for name, page in read.items():
        for link in page.links:
            if link.startswith(("http://", "https://")):
                continue
            target, _, anchor = link.partition("#")
            assert (target or name) in read, link
            assert not anchor or unquote(anchor) in read[target or name].ids, (name, link)
            checked += 1
    assert checked > 10_000


def test_a_page_loads_nothing_and_runs_nothing_but_its_search(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        tags = Page(text).tags
        policies = [
            a["content"] for tag, a in tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
        ]
        assert len(policies) == 1
        assert str(policies[0]).startswith("default-src 'none'; ")
        assert "unsafe" not in str(policies[0])
        assert {tag for tag, _ in tags} & {"link", "img", "iframe", "object", "base"} == set()
        scripts = [a.get("type") for tag, a in tags if tag == "script"]
        assert scripts == (["application/json", None] if name == "index.html" else [])
        assert [a for _, a in tags if any(key.startswith("on") or key in ("src", "style") for key in a)] == []


def test_what_terms_are_called_is_never_markup(lexicon: Lexicon) -> None:
    evil = Concept(
        id="modality/evil", kind="modality", finding=False, en=HOSTILE, zh=HOSTILE, also=(HOSTILE,),
        definition_en=HOSTILE, definition_zh=HOSTILE,
    )  # fmt: skip
    small = replace(lexicon, concepts={"modality/evil": evil})
    made = reference_pages(small, names=Names(), version=HOSTILE)
    for text in made.values():
        assert "<img" not in text
        assert [tag for tag, _ in Page(text).tags if tag == "img"] == []
    assert made["index.html"].count("</script>") == 2
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in made["modality.html"]


def test_codes_that_need_a_licence_are_written_only_when_asked_for(lexicon: Lexicon, pages: dict[str, str]) -> None:
    assert "snomed.info" not in "".join(pages.values())
    glioma = replace(lexicon.concepts["disease/glioma"], exact=("SNOMEDCT:393564001", "MONDO:0021042"), broader=())
    small = replace(lexicon, concepts={glioma.id: glioma})
    without = reference_pages(small, names=Names(), version="1")["disease.html"]
    granted = reference_pages(small, names=Names(), version="1", licensed_codes=True)["disease.html"]
    assert ("snomed.info/id/393564001" in without, "snomed.info/id/393564001" in granted) == (False, True)
    assert "http://purl.obolibrary.org/obo/MONDO_0021042" in without


def test_the_example_is_turtle_in_the_terms_of_the_vocabulary(lexicon: Lexicon) -> None:
    terms = {VOCAB + term.local for term in read_terms()}
    used = set()
    concepts = set()
    for quad in parse(EXAMPLE, format=RdfFormat.TURTLE):
        for part in (quad.predicate, quad.object):
            if isinstance(part, NamedNode):
                used |= {part.value} & {p for p in [part.value] if p.startswith(VOCAB)}
                if "/concept/" in part.value:
                    concepts.add(part.value.partition("/concept/")[2])
    assert len(used) > 20
    assert used <= terms
    assert len(concepts) == 5
    assert concepts <= set(lexicon.concepts)
    quote = "The CNN detected lung nodules on CT with an AUC of 0.950 in 300 patients."
    assert f"ikg:end {len(quote)} ." in EXAMPLE


def test_the_line_of_sparql_of_every_term_is_sparql() -> None:
    asked = 0
    for term in read_terms():
        Store().query(f"PREFIX ikg: <{VOCAB}> SELECT * WHERE {{ {pattern_of(term)} }}")
        asked += 1
    assert asked > 80


def test_the_pages_are_the_same_every_time_and_other_files_are_left_alone(
    lexicon: Lexicon, pages: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    names = write_reference(tmp_path, lexicon, names=Names(), version="1.2.3")
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in names} == pages
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_docs_writes_the_pages_and_says_where_they_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["docs", "-o", str(tmp_path / "pages")])
    assert done.exit_code == 0, done.output
    assert "index.html in a browser" in done.output
    assert (tmp_path / "pages" / "modality.html").is_file()
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = CliRunner().invoke(main, ["docs", "-o", str(tmp_path / "file")])
    assert (refused.exit_code, "cannot be written" in refused.output) == (2, True)


def test_a_term_is_found_in_the_browser_by_any_of_its_names(lexicon: Lexicon, tmp_path: Path) -> None:
    write_reference(tmp_path, lexicon, names=Names(), version="1.2.3")
    with open_browser() as browser:
        page = browser.new_page()
        page.command("Page.navigate", url=(tmp_path / "index.html").as_uri())
        page.wait("document.getElementById('search')?.hidden === false")
        page.run("document.querySelector('input').focus()")
        page.type("核磁")
        page.wait("document.querySelectorAll('#found li').length > 0")
        assert page.texts("#found li a")[0] == "MRI"
        page.run("document.querySelector('input').select()")
        page.type("assertedas")
        page.wait("document.querySelector('#found li a')?.textContent === 'asserted as'")
        page.run("document.querySelector('input').select()")
        page.type("<img")
        page.wait("document.getElementById('count').textContent === '0 found'")
        page.command("Page.navigate", url=(tmp_path / "modality.html").as_uri() + "#mri")
        page.wait("document.querySelector('article:target') !== null")
        assert page.run("document.querySelector('article:target h3').firstChild.textContent.trim()") == "MRI"
        assert page.run("document.querySelector('article:target').getBoundingClientRect().top < innerHeight")
        assert page.complaints() == []
        assert [url for url in page.requests() if not url.startswith("file:")] == []
