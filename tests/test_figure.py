"""Figures from the command line: SVG that stands alone, says what the graph says, and never changes by itself."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from explorer_case import chinese, corpus, english, hostile, review, small_lexicon
from imagingkg.cli import main
from imagingkg.errors import QueryError
from imagingkg.graph import layers
from imagingkg.graph.names import Names
from imagingkg.graph.sources import load_sources
from imagingkg.graph.write import write_graph, write_triples
from imagingkg.model import Reading
from imagingkg.publish.figure import FIGURES, Style, figure
from imagingkg.publish.svg import SHAPES, THEMES, fitted, width_of

SVG = "{http://www.w3.org/2000/svg}"


def built(directory: Path, readings: Sequence[Reading]) -> Path:
    """A build's graph files of these readings."""
    words = small_lexicon(directory / "ontology")
    whole = layers.corpus(readings, words, names=Names(), sources=load_sources(), version="test")
    output = directory / "output"
    output.mkdir()
    write_graph(output, whole)
    write_triples(output / "inferred.ttl", "none", [], layers.turtle_prefixes(whole))
    return output


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("graph"), corpus())


def texts(svg: str) -> list[str]:
    # The file is our own; ElementTree reads no external entity.
    return [e.text or "" for e in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


@pytest.mark.parametrize("theme", sorted(THEMES))
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_is_an_svg_that_needs_nothing_else(output: Path, name: str, lang: str, theme: str) -> None:
    svg = figure(output, name, Style(lang=lang, theme=theme))
    root = ET.fromstring(svg)  # noqa: S314
    assert root.tag == f"{SVG}svg"
    assert {e.tag for e in root.iter()} <= {f"{SVG}{t}" for t in ALLOWED}
    assert "url(" not in svg
    assert "href" not in svg
    assert THEMES[theme]["bg"] in svg


ALLOWED = ("svg", "title", "rect", "text", "circle", "polygon", "path", "line")


def test_the_gap_map_counts_each_pair(output: Path) -> None:
    shown = Counter(texts(figure(output, "gaps")))
    # The claims on glioma: segmentation 1, grading 3, prediction 1; brain tumour and neoplasm hold the same.
    assert {"glioma", "brain tumour", "neoplasm", "lung nodule", "grading", "segmentation"} <= shown.keys()
    assert shown["3"] >= 3
    assert "emphysema" not in shown


def test_the_gap_map_takes_other_rows_and_columns(output: Path) -> None:
    shown = texts(figure(output, "gaps", Style(rows="method", columns="modality", lang="zh")))
    assert {"深度学习", "磁共振成像", "证据空白图: 方法 × 成像方式"} <= set(shown)


def test_the_timeline_has_a_lane_for_each_task_and_says_what_is_left_out(output: Path) -> None:
    shown = texts(figure(output, "timeline"))
    assert {"All tasks", "grading", "detection", "segmentation", "prediction"} <= set(shown)
    assert {str(year) for year in range(2017, 2021)} <= set(shown)
    assert not any("without a year" in text for text in shown)


def test_a_claim_without_a_year_is_counted_as_left_out(tmp_path: Path) -> None:
    reading = english()
    undated = Reading(type(reading.document)(id="n", text=reading.document.text, source="n"), (), reading.claims)
    shown = texts(figure(built(tmp_path, [undated, chinese()]), "timeline"))
    assert "3 claims without a year are left out" in shown


def test_the_network_names_its_concepts_and_has_a_mark_for_each(output: Path) -> None:
    svg = figure(output, "network", Style(lang="zh"))
    shown = texts(svg)
    assert {"胶质瘤", "肺结节", "分级"} <= set(shown)
    count = int(next(text for text in shown if "个概念" in text).partition(" ")[0])
    marks = [e for e in ET.fromstring(svg).iter() if e.tag in (f"{SVG}polygon", f"{SVG}circle")]  # noqa: S314
    kinds = sum(text in {"疾病", "任务", "成像方式", "方法", "生物标志物", "挑战"} for text in shown)
    assert len(marks) == count + kinds  # and one a kind in the legend


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_figure_is_the_same_for_the_same_readings_in_any_order(tmp_path: Path, name: str) -> None:
    first = built(tmp_path / "a", [english(), chinese(), review()])
    second = built(tmp_path / "b", [review(), english(), chinese()])
    assert figure(first, name) == figure(second, name)


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_graph_without_claims_says_so(tmp_path: Path, name: str) -> None:
    assert texts(figure(built(tmp_path, []), name)) == ["No claims in this graph"]


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_hostile_labels_stay_text_and_fit(tmp_path: Path, name: str) -> None:
    svg = figure(built(tmp_path, [hostile(), *corpus()]), name)
    root = ET.fromstring(svg)  # noqa: S314
    assert {e.tag for e in root.iter()} <= {f"{SVG}{t}" for t in ALLOWED}
    assert "\u202e" not in svg
    assert max(map(len, texts(svg))) < 120


def test_an_unknown_figure_language_or_theme_is_named(output: Path) -> None:
    with pytest.raises(QueryError, match="'pie'"):
        figure(output, "pie")
    with pytest.raises(QueryError, match="'fr'"):
        Style(lang="fr")
    with pytest.raises(QueryError, match="'sepia'"):
        Style(theme="sepia")


def test_the_command_writes_the_file_and_tells_a_mistake(output: Path, tmp_path: Path) -> None:
    path = tmp_path / "gaps.svg"
    run = CliRunner().invoke(main, ["figure", "gaps", "-o", str(path), "--graph", str(output), "--lang", "zh"])
    assert run.exit_code == 0, run.output
    assert path.read_text(encoding="utf-8") == figure(output, "gaps", Style(lang="zh"))
    wrong = CliRunner().invoke(main, ["figure", "pie", "-o", str(path), "--graph", str(output)])
    assert wrong.exit_code == 2
    assert "gaps, network, timeline" in wrong.output


def test_a_text_is_cut_to_its_room() -> None:
    assert fitted("glioma", 12, 1000) == "glioma"
    cut = fitted("磁共振成像与计算机断层扫描", 12, 60)
    assert cut.endswith("…")
    assert width_of(cut, 12) <= 60


def test_every_kind_has_a_shape_and_a_colour_in_every_theme() -> None:
    assert len(SHAPES) == 9
    for theme in THEMES.values():
        assert SHAPES.keys() <= theme.keys()
    assert THEMES["light"].keys() == THEMES["dark"].keys()
