"""Exports: each format is read back by its own library and holds what the build holds."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import networkx
import pyoxigraph
import pytest
import rdflib
import yaml
from pyoxigraph import RdfFormat

from imagingkg.errors import GraphError, UsageError
from imagingkg.graph.knowledge import KnowledgeGraph
from imagingkg.pipeline import build
from imagingkg.publish.claim_table import CLAIM_COLUMNS
from imagingkg.publish.exports import WRITERS, export
from imagingkg.readings import reading_from_json
from imagingkg.settings import Settings

IKG = "https://w3id.org/imagingkg/vocab/"
HOSTILE_LABEL = '=HYPERLINK("http://x")<script>alert(1)</script>&\x01'
HOSTILE_SENTENCE = "=1+1 says that the accuracy of Evilscan for the segmentation of glioma on MRI was 0.950."
LEXICON = f"""
kind: method
concepts:
  evilscan: {{en: {json.dumps(HOSTILE_LABEL)}, zh: "@恶意\\u0002方法", also: [Evilscan], broader: [cnn]}}
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build whose labels, title and sentence try to be markup, a formula and a control character."""
    folder = tmp_path_factory.mktemp("hostile")
    record = {"id": "h", "title": "=cmd|' /C calc'!A1 <b>bold</b>", "abstract": HOSTILE_SENTENCE, "year": 2024}
    (folder / "h.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    (folder / "l.yaml").write_text(LEXICON, encoding="utf-8")
    build([folder / "h.jsonl"], folder / "output", Settings(lexicon=(str(folder / "l.yaml"),)))
    return folder / "output"


def quads(data: bytes, form: RdfFormat) -> Iterable[pyoxigraph.Quad]:
    return pyoxigraph.parse(data, format=form)


def table(output: Path) -> list[dict[str, str]]:
    text = export(output, "csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_format_gives_something_and_the_same_twice(sample_output: Path) -> None:
    assert len(WRITERS) == 19
    for form in WRITERS:
        data = export(sample_output, form)
        assert len(data) > 1_000
        assert data == export(sample_output, form), form


def test_turtle_and_trig_are_the_files_of_the_build(sample_output: Path) -> None:
    assert export(sample_output, "ttl") == (sample_output / "graph.ttl").read_bytes()
    assert export(sample_output, "trig") == (sample_output / "graph.trig").read_bytes()


def test_n_triples_are_sorted_and_the_triples_of_the_turtle(sample_output: Path) -> None:
    data = export(sample_output, "nt")
    lines = data.splitlines()
    assert lines == sorted(lines)
    counted = json.loads((sample_output / "report.json").read_text(encoding="utf-8"))["triples"]
    assert len(lines) == counted
    ours = {q.triple for q in quads(data, RdfFormat.N_TRIPLES)}
    assert ours == {q.triple for q in quads(export(sample_output, "ttl"), RdfFormat.TURTLE)}


def test_n_quads_are_sorted_and_the_quads_of_the_trig(sample_output: Path) -> None:
    data = export(sample_output, "nq")
    assert data.splitlines() == sorted(data.splitlines())
    ours = set(quads(data, RdfFormat.N_QUADS))
    assert ours == set(quads(export(sample_output, "trig"), RdfFormat.TRIG))
    assert len({q.graph_name for q in ours}) == 3 + 13  # concepts, links, metadata, and a graph a document


def test_rdflib_reads_as_many_n_triples_as_there_are(sample_output: Path) -> None:
    data = export(sample_output, "nt")
    graph = rdflib.Graph().parse(data=data, format="nt")
    assert len(graph) == len(data.splitlines())


def test_numbers_leave_as_they_were_printed(hostile: Path) -> None:
    for form in ("nt", "nq", "ttl", "trig"):
        assert b'"0.950"' in export(hostile, form), form


def test_no_blank_node_is_exported(sample_output: Path) -> None:
    nodes = {type(t) for q in quads(export(sample_output, "nt"), RdfFormat.N_TRIPLES) for t in (q.subject, q.object)}
    assert nodes == {pyoxigraph.NamedNode, pyoxigraph.Literal}


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_networks_are_read_back_with_all_nodes_edges_and_types(sample_output: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"graph.{form}"
    path.write_bytes(export(sample_output, form))
    read: Any = networkx.read_graphml(path, force_multigraph=True) if form == "graphml" else networkx.read_gexf(path)
    ours = KnowledgeGraph.open(sample_output).to_networkx()
    assert set(read.nodes) == set(ours.nodes)
    assert len(ours) > 100
    assert read.is_directed()
    for iri, facts in ours.nodes(data=True):
        found = read.nodes[iri]
        assert all(found[name] == facts[name] for name in ("kind", "claims", "label_en", "label_zh")), iri
        assert isinstance(found["claims"], int)
    asserted = [(u, v, d) for u, v, d in read.edges(data=True) if d["label"] == d["link"]]
    theirs = sorted((u, v, d["label"], d["affirmed"], d["curated"]) for u, v, d in asserted)
    edges = ours.edges(keys=True, data=True)
    assert theirs == sorted((u, v, link, d.get("affirmed", 0), d["curated"]) for u, v, link, d in edges)


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_every_edge_of_a_network_has_a_name_of_its_own(sample_output: Path, form: str) -> None:
    ids = re.findall(rb'<edge [^>]*\bid="([^"]+)"', export(sample_output, form))
    assert len(ids) > 100
    assert len(ids) == len(set(ids))


def test_a_network_carries_no_date(sample_output: Path) -> None:
    assert b"lastmodifieddate" not in export(sample_output, "gexf")


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_markup_and_control_characters_in_a_label_stay_text_in_a_network(
    hostile: Path, tmp_path: Path, form: str
) -> None:
    data = export(hostile, form)
    assert b"<script>" not in data
    path = tmp_path / f"graph.{form}"
    path.write_bytes(data)
    read: Any = networkx.read_graphml(path) if form == "graphml" else networkx.read_gexf(path)
    labels = {facts["label_en"] for _, facts in read.nodes(data=True)}
    assert HOSTILE_LABEL.replace("\x01", "\ufffd") in labels


def test_the_table_has_a_row_for_each_claim_and_statement(sample_output: Path) -> None:
    rows = table(sample_output)
    report = json.loads((sample_output / "report.json").read_text(encoding="utf-8"))
    assert len(rows) == report["claims"] + report["statements"]
    assert tuple(rows[0]) == CLAIM_COLUMNS
    assert len({r["claim"] for r in rows}) == len(rows)
    assert {r["certainty"] for r in rows} == {"affirmed", "hedged", "negated"}


def test_a_row_of_the_table_says_what_the_claim_says(sample_output: Path) -> None:
    row = next(r for r in table(sample_output) if r["task"] == "segmentation" and r["method"] == "nnU-Net")
    assert row["disease"] == "hepatocellular carcinoma"
    assert row["certainty"] == "affirmed"
    assert row["asserted as"] == "primary"
    assert row["best figure"].endswith("0.87 (test)")
    assert "0.81 (external)" in row["figures"]
    assert "180 patients" in row["sample"]
    assert row["year"] == "2023"
    assert row["document"].startswith("Automatic segmentation of hepatocellular carcinoma")
    assert "nnU-Net" in row["quote"]
    reported = next(r for r in table(sample_output) if r["study"].startswith("Silva 2018"))
    assert reported["asserted as"] == "reported"


def test_no_cell_of_the_table_begins_a_formula(hostile: Path, sample_output: Path) -> None:
    cells = [c for output in (hostile, sample_output) for row in table(output) for c in row.values()]
    assert len(cells) > 1_000
    risky = [c for c in cells if c[:1] in "=+-@\t\r" and c[:1]]
    assert risky == []
    assert any("=HYPERLINK" in c for c in cells)
    assert any(c.startswith("'=") for c in cells)


def test_the_table_shows_chinese_in_a_spreadsheet(sample_output: Path) -> None:
    data = export(sample_output, "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    assert "胶质瘤" in data.decode("utf-8-sig")


def test_the_readings_are_read_back(sample_output: Path) -> None:
    lines = export(sample_output, "jsonl").decode("utf-8").splitlines()
    readings = [reading_from_json(line) for line in lines]
    assert len(readings) == 13
    checked = 0
    for reading in readings:
        for claim in reading.claims:
            assert reading.document.text[claim.start : claim.end] == claim.quote
            checked += 1
    assert checked > 60


def test_the_mappings_are_read_back_and_every_prefix_is_declared(sample_output: Path) -> None:
    text = export(sample_output, "sssom").decode("utf-8")
    head = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("#")]
    facts = yaml.safe_load("\n".join(head))
    rows = list(csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t"))
    assert len(rows) > 500
    used = {row[c].partition(":")[0] for row in rows for c in ("subject_id", "predicate_id", "object_id")}
    assert used <= set(facts["curie_map"])
    assert "SNOMEDCT" not in used


def test_an_unknown_format_is_an_error_that_lists_those_known(sample_output: Path) -> None:
    with pytest.raises(UsageError) as caught:
        export(sample_output, "docx")
    assert all(form in caught.value.advice for form in WRITERS)


@pytest.mark.parametrize("form", list(WRITERS))
def test_a_directory_that_is_no_build_is_an_error_in_every_format(tmp_path: Path, form: str) -> None:
    with pytest.raises(GraphError):
        export(tmp_path, form)
    with pytest.raises(GraphError):
        export(tmp_path / "nowhere", form)


def test_a_damaged_graph_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "graph.ttl").write_text("<a> <b> .\n", encoding="utf-8")
    with pytest.raises(GraphError, match=r"graph\.ttl"):
        export(tmp_path, "nt")
