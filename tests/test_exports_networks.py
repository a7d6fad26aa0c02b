"""Networks of concepts out of a build, read back by networkx, lxml and json with equal attributes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import pytest
from lxml import etree
from pyoxigraph import RdfFormat, parse

from exports_case import IKG, graph_of, said, spo
from imagingkg.graph.knowledge import KnowledgeGraph
from imagingkg.publish.export_networks import concept_network
from imagingkg.publish.exports import export

FORMS = ("graphml", "gexf", "cyjs")
EVIDENCE = ("evidence", "quotes", "figures", "studies", "documents")


@pytest.fixture(params=["sample", "hostile"])
def output(request: pytest.FixtureRequest, sample_output: Path, hostile_output: Path) -> Path:
    return sample_output if request.param == "sample" else hostile_output


def network(output: Path, form: str, folder: Path) -> Any:
    """What networkx reads of an export."""
    path = folder / f"graph.{form}"
    path.write_bytes(export(output, form))
    if form == "graphml":
        return networkx.read_graphml(path, force_multigraph=True)
    if form == "gexf":
        return networkx.read_gexf(path)
    return networkx.cytoscape_graph(json.loads(path.read_text(encoding="utf-8")))


def in_xml(text: str) -> str:
    return re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def read_as(form: str) -> Callable[[Any], Any]:
    """How a value looks after a format: XML lacks some characters, JSON none; numbers and truth stay what they are."""
    return (lambda v: v) if form == "cyjs" else (lambda v: in_xml(v) if isinstance(v, str) else v)


@pytest.mark.parametrize("form", FORMS)
def test_a_network_is_read_back_with_every_node_edge_and_attribute_of_its_type(
    output: Path, tmp_path: Path, form: str
) -> None:
    ours, read, change = concept_network(output), network(output, form, tmp_path), read_as(form)
    assert read.is_directed()
    assert read.is_multigraph()
    assert set(read.nodes) == set(ours.nodes)
    assert len(ours) > 300
    for iri, facts in ours.nodes(data=True):
        assert {name: read.nodes[iri][name] for name in facts} == {name: change(v) for name, v in facts.items()}
        assert all(type(read.nodes[iri][name]) is type(value) for name, value in facts.items())
    edges = {
        str(d.get("id", key)) if form != "graphml" else key: (u, v, d)
        for u, v, key, d in read.edges(keys=True, data=True)
    }
    assert len(edges) == ours.number_of_edges() > 600
    theirs = sorted((u, v, sorted((n, str(d[n])) for n in ("link", "label", *EVIDENCE))) for u, v, d in edges.values())
    wanted = sorted(
        (u, v, sorted((n, str(change(d[n]))) for n in ("link", "label", *EVIDENCE)))
        for u, v, d in ours.edges(data=True)
    )
    assert theirs == wanted
    for _, _, facts in edges.values():
        assert {type(facts[n]) for n in ("affirmed", "hedged", "negated")} == {int}
        assert type(facts["curated"]) is bool


def test_a_network_is_that_of_the_graph_less_what_is_inferred_and_with_what_is_only_doubted_or_denied(
    sample_output: Path,
) -> None:
    ours = KnowledgeGraph.open(sample_output).to_networkx()
    inferred = {
        (s, o, p.removeprefix(IKG))
        for s, p, (o, _) in spo(
            q.triple for q in parse(path=str(sample_output / "inferred.ttl"), format=RdfFormat.TURTLE)
        )
    }
    counted = ("affirmed", "hedged", "negated")
    graph = {
        ends: tuple(d.get(c, 0) for c in counted)
        for *ends_, d in ours.edges(keys=True, data=True)
        if (ends := tuple(ends_)) not in inferred
    }
    assert 600 < len(graph) < ours.number_of_edges()
    exported = {(u, v, d["link"]): d for u, v, d in concept_network(sample_output).edges(data=True)}
    assert {k: tuple(d[c] for c in counted) for k, d in exported.items() if k in graph} == graph
    nodes = {iri: (d["kind"], d["claims"], d["label_en"], d["label_zh"]) for iri, d in ours.nodes(data=True)}
    theirs = concept_network(sample_output).nodes(data=True)
    assert {iri: (d["kind"], d["claims"], d["label_en"], d["label_zh"]) for iri, d in theirs} == nodes
    more = {k: d for k, d in exported.items() if k not in graph}
    assert len(more) > 5
    assert all(d["affirmed"] == 0 and d["hedged"] + d["negated"] > 0 for d in more.values())
    assert all(d["label"] == f"{d['link']} ({d['certainty']})" for d in more.values())
    assert {d["certainty"] for d in more.values()} == {"hedged", "negated"}


@pytest.mark.parametrize("form", FORMS)
def test_an_edge_carries_the_sentences_figures_and_sources_of_its_claims(
    output: Path, tmp_path: Path, form: str
) -> None:
    claims, change = said(graph_of(output)), read_as(form)
    seen = 0
    for _, _, d in network(output, form, tmp_path).edges(data=True):
        for iri in d["evidence"].split():
            claim = claims[iri]
            assert change(f"[{claim.certainty}] {claim.quote}") in d["quotes"]
            assert [f for f in claim.figures if change(f) not in d["figures"]] == []
            assert change(claim.title) in d["documents"]
            for authors, year, doi, pmid in claim.studies:
                assert all(change(part) in d["studies"] for part in (authors, year, doi, pmid))
            assert d[claim.certainty] > 0
            seen += 1
    assert seen > 300


@pytest.mark.parametrize("form", FORMS)
def test_a_node_has_its_name_in_both_languages_and_its_codes(sample_output: Path, tmp_path: Path, form: str) -> None:
    node = network(sample_output, form, tmp_path).nodes["https://w3id.org/imagingkg/concept/disease/glioma"]
    assert (node["label_en"], node["label_zh"], node["kind"]) == ("glioma", "胶质瘤", "disease")
    assert "MONDO:0021042" in node["mappings"].split("\n")


@pytest.mark.parametrize(("form", "space"), [("graphml", "graphml.graphdrawing.org/xmlns"), ("gexf", "gexf.net/1.2")])
def test_a_network_is_well_formed_xml_in_which_texts_are_text(output: Path, form: str, space: str) -> None:
    data = export(output, form)
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, huge_tree=True))
    tags = {etree.QName(e).localname for e in root.iter(etree.Element)}
    assert space in etree.QName(root).namespace
    assert "script" not in tags
    assert tags <= {"graphml", "key", "graph", "node", "edge", "data", "gexf", "meta", "creator", "attributes",
                    "attribute", "nodes", "edges", "attvalues", "attvalue"}  # fmt: skip
    assert b"lastmodifieddate" not in data


def test_gexf_declares_each_attribute_that_it_uses_with_its_type(output: Path) -> None:
    root = etree.fromstring(export(output, "gexf"), etree.XMLParser(huge_tree=True))
    space = {"g": etree.QName(root).namespace}
    for kind in ("node", "edge"):
        declared = {
            a.get("id"): a.get("type") for a in root.iterfind(f".//g:attributes[@class='{kind}']/g:attribute", space)
        }
        assert set(declared.values()) <= {"string", "integer", "long", "boolean"}
        used = root.findall(f".//g:{kind}/g:attvalues/g:attvalue", space)
        assert len(used) > 1_000
        assert {v.get("for") for v in used} <= set(declared)
        assert all(v.get("value").isdigit() for v in used if declared[v.get("for")] in ("integer", "long"))
        assert all(v.get("value") in ("true", "false") for v in used if declared[v.get("for")] == "boolean")
    ids = {n.get("id") for n in root.iterfind(".//g:node", space)}
    edges = root.findall(".//g:edge", space)
    assert {e.get(end) for e in edges for end in ("source", "target")} <= ids
    assert len({e.get("id") for e in edges}) == len(edges)


def test_cytoscape_finds_the_fields_that_it_asks_for(output: Path) -> None:
    data = json.loads(export(output, "cyjs"))
    nodes = [n["data"] for n in data["elements"]["nodes"]]
    edges = [e["data"] for e in data["elements"]["edges"]]
    ids = [n["id"] for n in nodes]
    assert len(ids) == len(set(ids)) > 300
    assert all(n["name"] == n["label_en"] for n in nodes)
    assert {e[end] for e in edges for end in ("source", "target")} <= set(ids)
    assert len({e["id"] for e in edges} | set(ids)) == len(edges) + len(ids)
    assert all(e["interaction"] for e in edges)


def test_a_retracted_paper_ties_nothing(sample_output: Path, tmp_path: Path) -> None:
    output = shutil.copytree(sample_output, tmp_path / "output", ignore=shutil.ignore_patterns("store"))
    document = next(o for _, p, (o, _) in graph_of(output) if p == IKG + "statedIn")
    text = (output / "graph.ttl").read_text(encoding="utf-8")
    name = "document:" + document.rsplit("/", 1)[-1]
    changed = text.replace(f"\n{name} a ikg:Document ;", f"\n{name} a ikg:Document ;\n\tikg:retracted true ;")
    assert changed != text
    (output / "graph.ttl").write_text(changed, encoding="utf-8")
    stated = {s for s, p, (o, _) in graph_of(output) if p == IKG + "statedIn" and o == document}
    affirmed = {s for s in stated if said(graph_of(output))[s].certainty == "affirmed"}
    assert affirmed
    cited = {iri for _, _, d in concept_network(output).edges(data=True) for iri in d["evidence"].split()}
    assert not cited & affirmed
