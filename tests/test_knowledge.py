"""KnowledgeGraph: a built graph in Python, and the ways out of it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

import imagingkg
from imagingkg.errors import GraphError, QueryError
from imagingkg.graph.knowledge import KnowledgeGraph
from small_graph import BASE, DATA, rows, short, small_build


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    return KnowledgeGraph.open(small_build(tmp_path_factory.mktemp("build")))


def test_the_front_door_opens_a_build_by_its_name(tmp_path: Path) -> None:
    opened = imagingkg.KnowledgeGraph.open(str(small_build(tmp_path)))
    assert repr(opened).startswith("KnowledgeGraph(")
    with pytest.raises(GraphError):
        imagingkg.KnowledgeGraph.open(tmp_path / "nowhere")


def test_a_question_goes_by_name_or_as_sparql(graph: KnowledgeGraph) -> None:
    assert rows(graph.query("hedged-only")) == [("grading", "meningioma", 1)]
    assert list(graph.query("ASK { ?s ?p ?o }")) == [{"answer": True}]
    assert len(graph.query("SELECT*{?s<https://w3id.org/imagingkg/vocab/combines>?o}")) == 2
    assert len(graph.queries) == 28
    with pytest.raises(QueryError, match="parameters go with a named query only"):
        graph.query("ASK { ?s ?p ?o }", disease="glioma")
    with pytest.raises(QueryError, match="SERVICE"):
        graph.query("ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")


def test_claims_are_found_by_label_certainty_source_and_year(graph: KnowledgeGraph) -> None:
    def found(**asked: str | int) -> list[str]:
        return [c.iri.rsplit("/", 1)[-1] for c in graph.claims(**asked)]  # type: ignore[arg-type]

    assert len(found()) == 19  # 16 claims and 3 statements
    assert found(disease="脑膜瘤") == ["c10", "c11"]
    assert found(disease="glioma", certainty="hedged") == ["c04", "c16"]
    assert found(asserted_as="reported", modality="MRI") == ["c09", "c10", "c16"]
    assert found(remedy="federated learning") == ["t01"]
    assert found(task="classification", since=2021) == ["c11", "c13"]


def test_a_claim_has_all_that_the_graph_says_of_it(graph: KnowledgeGraph) -> None:
    (claim,) = graph.claims(disease="meningioma", task="segmentation")
    assert short(claim.iri) == "claim/c10"
    assert {role: [short(f) for f in fillers] for role, fillers in claim.fillers.items()} == {
        "task": ["concept/task/segmentation"],
        "modality": ["concept/modality/mri", "concept/modality/pet-ct"],
        "disease": ["concept/disease/meningioma"],
        "method": ["concept/method/cnn"],
    }
    assert {short(f) for f in claim.context} == {"concept/modality/mri"}
    assert (claim.certainty, claim.asserted_as, claim.retracted) == ("affirmed", "reported", False)
    assert (claim.start, claim.end, claim.years) == (400, 467, (2018,))
    assert claim.quote == "Author X [7] outlined meningiomas on PET-CT with a CNN (Dice 87 %)."
    (figure,) = claim.figures
    assert (figure.reported, str(figure.normalized), figure.split) == ("87 %", "0.87", "unspecified")


def test_the_graph_counts_itself(graph: KnowledgeGraph) -> None:
    described = graph.describe()
    assert (described["claim"], described["statement"], described["document"], described["disease"]) == (16, 3, 12, 7)
    files = (ox.parse(path=str(DATA / name)) for name in ("small.ttl", "small-inferred.ttl"))
    assert described["triples"] == len({str(quad) for file in files for quad in file})


def test_gaps_are_those_of_the_matrix(graph: KnowledgeGraph) -> None:
    matrix = graph.gaps("modality", "disease", where={"task": "segmentation"}, max_columns=1)
    assert [h.en for h in matrix.columns] == ["brain tumour"]
    assert [len(c.claims) for c in matrix.cells] == [3, 1]  # MRI: c01, c09, c10; PET-CT: c10


def test_rdflib_gets_every_triple_with_its_literals_as_written(graph: KnowledgeGraph) -> None:
    normalized = rdflib.NORMALIZE_LITERALS
    found = graph.to_rdflib()
    assert rdflib.NORMALIZE_LITERALS is normalized
    assert len(found) == graph.describe()["triples"]
    vocabulary = rdflib.Namespace("https://w3id.org/imagingkg/vocab/")
    assert str(found.value(rdflib.URIRef(BASE + "result/r02"), vocabulary["lower"])) == "0.90"
    labels = found.objects(rdflib.URIRef(BASE + "concept/disease/glioma"), rdflib.SKOS.prefLabel)
    assert {(str(label), label.language) for label in labels} == {("glioma", "en"), ("胶质瘤", "zh")}  # type: ignore[attr-defined]
    asked = found.query("SELECT (COUNT(*) AS ?n) { ?c a ikg:Claim }")
    assert [int(row[0]) for row in asked] == [16]  # type: ignore[index]
    assert len(graph.to_rdflib(inferred=False)) == len(set(map(str, ox.parse(path=str(DATA / "small.ttl")))))


def test_networkx_gets_concepts_and_links_with_the_claims_behind_them(graph: KnowledgeGraph) -> None:
    network = graph.to_networkx()
    glioma, unet, mri = (f"{BASE}concept/{name}" for name in ("disease/glioma", "method/unet", "modality/mri"))
    assert network.nodes[glioma] == {"kind": "disease", "claims": 6, "label_en": "glioma", "label_zh": "胶质瘤"}
    # c01 of its own paper and c09 of the review.
    assert network[unet][glioma]["appliedTo"] == {"affirmed": 2, "hedged": 0, "negated": 0, "curated": False}
    # MRI images glioma: c01, c02, c03, c09 affirm (c13 is retracted), c16 doubts.
    assert network[mri][glioma]["images"] == {"affirmed": 4, "hedged": 1, "negated": 0, "curated": False}
    gbm, mgmt = f"{BASE}concept/disease/glioblastoma", f"{BASE}concept/biomarker/mgmt"
    # The lexicon knows it, c06 affirms it, c04 doubts it, c05 denies it.
    assert network[mgmt][gbm]["markerOf"] == {"affirmed": 1, "hedged": 1, "negated": 1, "curated": False}
    assert network[mgmt][gbm]["knownMarkerOf"] == {"curated": True}
    assert network[gbm][glioma]["broader"] == {"curated": True}
    assert f"{BASE}concept/task/registration" not in network  # no claim, no link


def test_every_direct_link_of_the_network_has_an_affirmed_claim_behind_it(graph: KnowledgeGraph) -> None:
    links = list(graph.to_networkx(curated=False).edges(keys=True, data=True))
    assert len(links) == 45  # methods 26, tasks 7, modalities 10, biomarkers 2
    assert [link for link in links if link[3]["affirmed"] < 1] == []


def test_pandas_gets_a_frame(graph: KnowledgeGraph) -> None:
    frame = graph.to_pandas("claims-by-year")
    assert list(frame.columns) == ["year", "claims", "affirmed", "hedged", "negated"]
    assert int(frame["claims"].sum()) == 16
    assert len(graph.to_pandas("tasks", disease="GBM")) == 1
