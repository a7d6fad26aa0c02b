"""The simple network view: what it links, that it is offline and safe, and that its bytes are always the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from math import hypot
from pathlib import Path
from typing import Any

import pytest

from browser import Browser, open_browser
from explorer_case import corpus, english, hostile, small_lexicon
from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading
from imagingkg.publish.layout import place
from imagingkg.publish.network import KIND_STYLE, links, write_network

sys.path.append(str(Path(__file__).parent / "bench" / "explorer"))

from graphs import made_graph


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return small_lexicon(tmp_path_factory.mktemp("ontology"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def written(path: Path, readings: list[Reading], words: Lexicon, **options: Any) -> str:
    write_network(path, readings, words, **options)
    return path.read_text(encoding="utf-8")


def data_of(page: str) -> dict[str, Any]:
    block = page.partition('<script type="application/json" id="data">')[2].partition("</script>")[0]
    data: dict[str, Any] = json.loads(block)
    return data


def test_links_are_pairs_of_fillers_of_one_affirmed_claim_with_counts() -> None:
    found = links([english()])
    assert found["disease/glioma", "task/segmentation"] == 1
    assert found["disease/glioma", "task/grading"] == 1  # the hedged claim counts not
    assert ("method/u-net", "task/grading") not in found
    assert ("method/svm", "method/u-net") not in found
    assert len(found) == 12


def test_a_retracted_document_links_nothing() -> None:
    reading = english()
    assert links([replace(reading, document=replace(reading.document, retracted=True))]) == {}


def test_the_most_connected_concepts_are_kept(tmp_path: Path, words: Lexicon) -> None:
    data = data_of(written(tmp_path / "n.html", corpus(), words, limit=3))
    ids = {node["id"] for node in data["nodes"]}
    assert "disease/glioma" in ids
    assert len(ids) == 3
    assert {end for edge in data["edges"] for end in (edge["from"], edge["to"])} <= ids


def test_shape_and_colour_tell_the_kind_and_the_label_both_languages(tmp_path: Path, words: Lexicon) -> None:
    nodes = {node["id"]: node for node in data_of(written(tmp_path / "n.html", corpus(), words))["nodes"]}
    styles = {id_: (node["shape"], node["color"]) for id_, node in nodes.items()}
    assert all(style == KIND_STYLE[id_.partition("/")[0]] for id_, style in styles.items())
    assert nodes["disease/glioma"]["label"] == "glioma · 胶质瘤"
    assert len(set(KIND_STYLE.values())) == 9


def test_the_same_readings_in_any_order_give_the_same_bytes(tmp_path: Path, words: Lexicon) -> None:
    one, other = written(tmp_path / "a.html", corpus(), words), written(tmp_path / "b.html", corpus()[::-1], words)
    assert one == other


def test_the_page_names_no_address_to_load_from(tmp_path: Path, words: Lexicon) -> None:
    page = written(tmp_path / "n.html", corpus(), words)
    head = page.partition("<script")[0]
    assert "default-src 'none'" in head
    assert "bootstrap" not in page.lower()
    for tag in ("<link", "src=", "@import", "<img", "<iframe"):
        assert tag not in page.partition("<script")[0] + page.rpartition("</script>")[2]


def test_it_opens_offline_at_once_with_fixed_places(chromium: Browser, tmp_path: Path, words: Lexicon) -> None:
    path = tmp_path / "n.html"
    count = len(data_of(written(path, corpus(), words))["nodes"])
    page = chromium.new_page()
    page.open(path)
    before = page.run("network.getPositions()")
    page.run("new Promise((done) => setTimeout(done, 400))")
    assert page.run("network.getPositions()") == before
    assert len(before) == count == 16
    assert page.run("network.physics.physicsEnabled") is False
    assert page.requests() == []
    assert page.complaints() == []


@pytest.mark.parametrize("zoom", [0.4, 1.0, 3.0])
def test_no_name_is_printed_over_another(chromium: Browser, tmp_path: Path, zoom: float) -> None:
    path = tmp_path / "n.html"
    graph = made_graph(400)
    write_network(path, graph.readings, graph.lexicon)
    page = chromium.new_page()
    page.open(path)
    page.run(f"network.moveTo({{scale: {zoom}, animation: false}}); network.redraw()")
    page.run("new Promise((done) => setTimeout(done, 200))")
    shown = page.run("window.shown")
    assert len(shown) > 10
    assert not [
        (a, b) for n, a in enumerate(shown) for b in shown[:n]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]  # fmt: skip
    assert page.complaints() == []


def test_the_concept_that_is_pointed_at_has_its_name(chromium: Browser, tmp_path: Path, words: Lexicon) -> None:
    path = tmp_path / "n.html"
    written(path, corpus(), words)
    page = chromium.new_page()
    page.open(path)
    page.run("network.moveTo({scale: 0.05, animation: false})")
    page.run("new Promise((done) => setTimeout(done, 100))")
    missing = page.run("network.body.nodeIndices.find((i) => !window.shown.some((name) => name[4] === i))")
    page.run(f"network.moveTo({{position: network.getPosition('{missing}'), scale: 0.3, animation: false}})")
    x, y = page.run(
        f"(() => {{ const p = network.canvasToDOM(network.getPosition('{missing}'));"
        " const b = document.getElementById('network').getBoundingClientRect(); return [p.x + b.x, p.y + b.y]; })()"
    )
    page.move_to(x, y)
    page.wait(f"window.shown[0]?.[4] === '{missing}'")


def test_the_head_says_of_how_many_concepts_and_documents_the_picture_is(tmp_path: Path, words: Lexicon) -> None:
    path = tmp_path / "n.html"
    write_network(path, corpus(), words, limit=5, documents=300_000)
    text = path.read_text(encoding="utf-8")
    assert "The 5 most linked of 16 concepts" in text
    assert "From 3 of 300,000 documents." in text


def test_hostile_names_stay_texts(chromium: Browser, tmp_path: Path, words: Lexicon) -> None:
    path = tmp_path / "n.html"
    bad = hostile()
    affirmed = [replace(c, method=(*c.method, "method/new-href")) for c in bad.claims]
    link = replace(bad.mentions[0], concept="method/new-href", label='<a href="https://example.org">x</a>')
    page_text = written(path, [replace(bad, claims=tuple(affirmed), mentions=(*bad.mentions, link))], words)
    assert "<" not in page_text.partition('id="data">')[2].partition("</script>")[0]
    assert page_text.count("</script>") == 3
    page = chromium.new_page()
    page.open(path)
    page.run("network.selectNodes(network.body.nodeIndices)")
    page.move_to(640, 430)
    page.run("new Promise((done) => setTimeout(done, 300))")
    assert page.count("img, a, iframe") == 0
    assert page.run("document.title") == "imagingkg network"
    assert page.requests() == []
    assert page.complaints() == []


def test_an_empty_corpus_gives_an_empty_network(chromium: Browser, tmp_path: Path, words: Lexicon) -> None:
    path = tmp_path / "n.html"
    assert data_of(written(path, [], words))["nodes"] == []
    page = chromium.new_page()
    page.open(path)
    assert page.complaints() == []


def test_no_two_concepts_of_the_layout_stand_on_one_spot() -> None:
    """Five families of forty diseases, and for each disease a method of its own and one that all share."""
    kinds = [0] * 200 + [3] * 201
    parents = [-1 if n % 40 == 0 else n - n % 40 for n in range(200)] + [-1] * 201
    layout = place(kinds, parents, [(n, 200 + n, 400) for n in range(200)])
    nearest = min(hypot(a[0] - b[0], a[1] - b[1]) for a, b in combinations(layout.spots, 2))
    assert nearest > 8
    assert len(layout.islands) == 6


def test_islands_of_the_layout_do_not_overlap_and_hold_their_family() -> None:
    kinds, parents = [0] * 90, [-1 if n % 30 == 0 else n - n % 30 for n in range(90)]
    layout = place(kinds, parents, [(n,) for n in range(90)])
    circles = {top: (x, y, r) for top, x, y, r in layout.islands}
    assert sorted(circles) == [0, 30, 60]
    for a, b in combinations(circles.values(), 2):
        assert hypot(a[0] - b[0], a[1] - b[1]) >= a[2] + b[2] - 2
    for n, (x, y) in enumerate(layout.spots):
        cx, cy, r = circles[n - n % 30]
        assert hypot(x - cx, y - cy) < r


def test_a_concept_of_one_family_stands_in_its_island_and_a_shared_one_in_the_middle() -> None:
    kinds, parents = [0] * 10 + [3, 3], [-1 if n % 5 == 0 else n - n % 5 for n in range(10)] + [-1, -1]
    layout = place(kinds, parents, [(n, 10 if n < 5 else 11, 11) for n in range(10)])
    own = {top: (x, y, r) for top, x, y, r in layout.islands}
    assert sorted(own) == [-1, 0, 5]
    x, y, r = own[0]
    assert hypot(layout.spots[10][0] - x, layout.spots[10][1] - y) < r
    assert hypot(*layout.spots[11]) < own[-1][2]


def test_lone_families_of_the_layout_share_one_island() -> None:
    kinds, parents = [0] * 12, [-1] * 12
    layout = place(kinds, parents, [(n,) for n in range(12)])
    assert [top for top, *_ in layout.islands] == [-2]
    assert len(set(layout.spots)) == 12
