"""The explorer for everyone: axe-core, the checker of Deque Systems, finds nothing serious in any view."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import Browser, Page, open_browser
from explorer_case import corpus, small_lexicon
from imagingkg.publish.explorer import write_explorer

AXE = Path(__file__).parent / "vendor" / "axe.min.js.gz"

VIEWS = {
    "map": "",
    "map with evidence": "sel=disease/glioma",
    "map with an empty pair": "sel=disease/lung-disease+task/segmentation",
    "concepts by kind": "view=graph",
    "concept in focus": "view=graph&focus=disease/glioma&sel=disease/glioma",
    "whole network": "view=graph&whole=network",
    "table": "view=table&sel=claim:none",
    "table with evidence": "view=table&sel=disease/glioma",
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    path = tmp_path_factory.mktemp("page")
    write_explorer(path / "graph.html", corpus(), small_lexicon(path / "ontology"))
    with open_browser() as browser:
        page = watched(browser)
        page.open(path / "graph.html")
        yield page


def watched(browser: Browser) -> Page:
    """A tab in which every document brings axe-core along, past the page's policy."""
    page = browser.new_page()
    source = gzip.decompress(AXE.read_bytes()).decode("utf-8")
    page.command("Page.addScriptToEvaluateOnNewDocument", source=source)
    return page


def violations(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with the element."""
    found: list[dict[str, Any]] = page.run(
        "axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map("
        "(v) => ({id: v.id, impact: v.impact, where: v.nodes.map((n) => n.html.slice(0, 200))})))"
    )
    return [f"{v['id']}: {v['where']}" for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_serious_is_found_in_any_view(page: Page, view: str, lang: str, theme: str) -> None:
    page.run(f"location.hash = {f'{VIEWS[view]}&lang={lang}&theme={theme}'!r}")
    page.wait(f"document.documentElement.lang === '{lang}' && document.documentElement.dataset.theme === '{theme}'")
    assert violations(page) == []


def test_the_checker_sees_what_is_wrong(page: Page) -> None:
    page.run("document.body.append(document.createElement('button'))")
    try:
        assert [v.split(":")[0] for v in violations(page)] == ["button-name"]
    finally:
        page.run("document.body.lastChild.remove()")
