"""The notebook of docs/ runs from top to bottom, and shows what it says; gap maps and graphs show themselves."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imagingkg.errors import MissingExtra, QueryError
from imagingkg.graph.gap_matrix import SHOWN_COLUMNS, SHOWN_ROWS, Heading
from imagingkg.graph.knowledge import KnowledgeGraph
from small_graph import small_build

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "notebook.ipynb"
# In a process of its own: what a kernel's packages warn of is not ours to mend.
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
print(nbformat.writes(notebook))
"""


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "IPYTHONDIR": "ipython"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(NOTEBOOK)], cwd=tmp_path_factory.mktemp("notebook"), env=environment,
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [cell for cell in json.loads(done.stdout)["cells"] if cell["cell_type"] == "code"]


def shown(cell: dict[str, Any], kind: str) -> str:
    return "".join("".join(o["data"].get(kind, "")) for o in cell["outputs"] if "data" in o)


def test_every_cell_runs_and_shows_something(cells: list[dict[str, Any]]) -> None:
    assert len(cells) == 12
    assert [cell["source"] for cell in cells if not cell["outputs"]] == []
    assert [o for cell in cells for o in cell["outputs"] if o["output_type"] == "error"] == []


def test_graphs_answers_and_gap_maps_show_themselves_as_tables(cells: list[dict[str, Any]]) -> None:
    tables = {"".join(cell["source"]).splitlines()[-1]: shown(cell, "text/html") for cell in cells}
    for last in ("graph", 'graph.query("negated")', "gaps", 'graph.query("tasks", disease="胶质瘤", modality="MRI")'):
        assert "<table>" in tables[last], last
    assert "could not predict" in tables['graph.query("negated")']
    assert "rgba(" in tables["gaps"]


def test_the_notebook_is_kept_without_its_output() -> None:
    kept = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert len(kept["cells"]) > 20
    assert [c for c in kept["cells"] if c["cell_type"] == "code" and (c["outputs"] or c["execution_count"])] == []


# ------------------------------------------------------------------------------------------- What a notebook is shown


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    return KnowledgeGraph.open(small_build(tmp_path_factory.mktemp("build")))


def test_a_gap_map_is_a_frame_with_the_names_of_its_rows_and_columns(graph: KnowledgeGraph) -> None:
    frame = graph.gaps().to_pandas()
    assert (frame.index.name, frame.columns.name) == ("task", "disease")
    assert frame.loc["segmentation", "glioma"] == 2  # c01 and c09
    assert frame.loc["segmentation", "Alzheimer disease"] == 0
    assert graph.gaps().to_pandas(lang="zh").loc["分割", "胶质瘤"] == 2
    best = graph.gaps().to_pandas("best")
    assert best.loc["genotype prediction", "glioma"] == 0.94
    assert math.isnan(best.loc["segmentation", "Alzheimer disease"])
    assert graph.gaps().to_pandas("negated").loc["genotype prediction", "glioblastoma"] == 1


def test_a_value_that_no_cell_has_is_refused_and_pandas_missed_by_name(
    graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(QueryError, match="Use claims, affirmed"):
        graph.gaps().to_pandas("row")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="pandas"):
        graph.gaps().to_pandas()


def test_a_gap_map_shows_its_fullest_part_and_its_labels_stay_text(graph: KnowledgeGraph) -> None:
    matrix = graph.gaps()
    hostile = tuple(Heading(f"http://x/{n}", '<img src=x onerror="a()">', "", 1, 1) for n in range(60))
    html = replace(matrix, rows=hostile, columns=hostile)._repr_html_()
    assert "<img" not in html
    assert html.count('scope="row"') == SHOWN_ROWS
    assert html.count('scope="col"') == SHOWN_COLUMNS
    assert f"{60 - SHOWN_ROWS} more rows and {60 - SHOWN_COLUMNS} more columns" in html
    assert "2 claims in 2 papers: 2 affirmed, 0 hedged, 0 negated" in matrix._repr_html_()


def test_a_graph_shows_what_it_holds(graph: KnowledgeGraph) -> None:
    html = graph._repr_html_()
    assert "<tr><th>claim</th><td>16</td></tr>" in html
    assert "<script" not in html
