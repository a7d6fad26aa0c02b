"""The checks of a build and pyshacl say the same of good graphs and of bad ones; verify finds what was changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from graph_samples import PAPER_SENTENCES, atlas, paper, review, small_corpus, small_lexicon
from imagingkg.errors import GraphError, OntologyError, UsageError
from imagingkg.graph.build import quote_hash
from imagingkg.graph.issues import Issue
from imagingkg.graph.layers import graph_triples
from imagingkg.graph.names import ikg
from imagingkg.graph.shapes import load_shapes
from imagingkg.graph.validate import check_files, check_full, check_stream
from imagingkg.graph.verify import verify
from imagingkg.graph.write import write_graph, write_triples
from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading
from imagingkg.readings import reading_to_json

SKOS = "http://www.w3.org/2004/02/skos/core#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
PREF, ALT, BROADER = (NamedNode(SKOS + name) for name in ("prefLabel", "altLabel", "broader"))
GENERATED = NamedNode("http://www.w3.org/ns/prov#wasGeneratedBy")
LANGUAGE = NamedNode("http://purl.org/dc/terms/language")
EXACT = NamedNode(SKOS + "exactMatch")
TARGET = NamedNode("http://www.w3.org/ns/oa#hasTarget")
XSD = "http://www.w3.org/2001/XMLSchema#"

Graph = list[Triple]
Change = Callable[[Graph], Graph]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return small_lexicon(tmp_path_factory.mktemp("lexicon"))


@pytest.fixture(scope="module")
def good(small: Lexicon) -> Graph:
    return list(graph_triples(small_corpus(small)))


def concept(local: str) -> NamedNode:
    return NamedNode(f"https://w3id.org/imagingkg/concept/{local}")


def first(graph: Graph, class_name: str) -> NamedNode:
    """The first node of a class."""
    return next(t.subject for t in graph if t.predicate == TYPE and t.object == ikg(class_name))


def having(predicate: NamedNode, value: NamedNode | Literal | None = None) -> Callable[[Graph], NamedNode]:
    """The first node with the property (and this value of it)."""
    return lambda graph: next(t.subject for t in graph if t.predicate == predicate and value in (None, t.object))


Where = str | NamedNode | Callable[[Graph], NamedNode]


def found(graph: Graph, where: Where) -> NamedNode:
    """The node meant: itself, the first of a class, or the first with a property."""
    if isinstance(where, NamedNode):
        return where
    return first(graph, where) if isinstance(where, str) else where(graph)


def without(predicate: NamedNode, *, of: Where) -> Change:
    """Take away every value of a property."""

    def change(graph: Graph) -> Graph:
        node = found(graph, of)
        return [t for t in graph if not (t.subject == node and t.predicate == predicate)]

    return change


def added(predicate: NamedNode, value: NamedNode | Literal, *, to: Where) -> Change:
    """Add a value to a property."""
    return lambda graph: [*graph, Triple(found(graph, to), predicate, value)]


def changed(predicate: NamedNode, value: NamedNode | Literal, *, of: Where) -> Change:
    """Put another value in the place of all that a property has."""

    def change(graph: Graph) -> Graph:
        node = found(graph, of)
        return added(predicate, value, to=node)(without(predicate, of=node)(graph))

    return change


def typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


def as_blank_node(class_name: str) -> Change:
    """The first node of a class loses its name."""

    def change(graph: Graph) -> Graph:
        node, blank = first(graph, class_name), BlankNode("b0")
        return [
            Triple(blank if t.subject == node else t.subject, t.predicate, blank if t.object == node else t.object)
            for t in graph
        ]

    return change


MRI, GLIOMA, AUC = concept("modality/mri"), concept("disease/glioma"), concept("metric/auc")
NOVANET, NODULE = concept("method/new-0a1b2c"), concept("disease/lung-nodule")
AFFIRMED = having(ikg("certainty"), ikg("affirmed"))
ON_GRADING = having(ikg("task"), concept("task/grading"))
AT_THE_START = having(ikg("start"), typed("0", "integer"))
CITED = having(ikg("citation"), Literal("21"))
ELSEWHERE = NamedNode("https://example.org/x")
BROKEN: dict[str, tuple[str, Change]] = {
    # what is wrong: (the shape that must say so, the change that makes it so)
    "a concept without a Chinese label": ("Concept", changed(PREF, Literal("MRI", language="en"), of=MRI)),
    "a concept without labels": ("Concept", without(PREF, of=MRI)),
    "two preferred labels in a language": ("Concept", added(PREF, Literal("NMR", language="en"), to=MRI)),
    "a label in a third language": ("Concept", added(ALT, Literal("IRM", language="fr"), to=MRI)),
    "a label without a language": ("Concept", added(ALT, Literal("NMR"), to=MRI)),
    "a label both preferred and alternative": ("Concept", added(ALT, Literal("MRI", language="en"), to=MRI)),
    "a broader concept that is none": ("Concept", added(BROADER, ELSEWHERE, to=MRI)),
    "a mapping to a text": ("Concept", added(EXACT, Literal("RID10312"), to=MRI)),
    "an unlinked name with the mark as a text": ("Concept", changed(ikg("unlinked"), Literal("true"), of=NOVANET)),
    "a modality that is no concept": ("Modality", changed(TYPE, ikg("Modality"), of=MRI)),
    "a modality combined with a disease": ("Modality", added(ikg("combines"), GLIOMA, to=MRI)),
    "a task aimed at a modality": ("Task", added(ikg("targets"), MRI, to=concept("task/grading"))),
    "a disease located in a disease": ("Disease", added(ikg("locatedIn"), GLIOMA, to=GLIOMA)),
    "a finding that is not written as a disease": ("Finding", changed(TYPE, ikg("Finding"), of=NODULE)),
    "anatomy that is part of a disease": ("Anatomy", added(ikg("partOf"), GLIOMA, to=concept("anatomy/brain"))),
    "a method that performs a disease": ("Method", added(ikg("performs"), GLIOMA, to=concept("method/cnn"))),
    "a biomarker that marks a modality": ("Biomarker", added(ikg("markerOf"), MRI, to=concept("biomarker/idh"))),
    "a metric that does not say which way is better": ("Metric", without(ikg("higherIsBetter"), of=AUC)),
    "a metric with both ways better": ("Metric", added(ikg("higherIsBetter"), Literal(False), to=AUC)),
    "a dataset that is no concept": ("Dataset", changed(TYPE, ikg("Dataset"), of=concept("dataset/brats"))),
    "a challenge that is no concept": ("Challenge", changed(TYPE, ikg("Challenge"), of=concept("challenge/privacy"))),
    "a claim without evidence": ("Assertion", without(ikg("evidence"), of="Claim")),
    "a claim of two certainties": ("Assertion", added(ikg("certainty"), ikg("hedged"), to=AFFIRMED)),
    "a certainty of our own making": ("Assertion", changed(ikg("certainty"), ikg("probably"), of="Claim")),
    "a claim that is neither primary nor reported": ("Assertion", without(ikg("assertedAs"), of="Claim")),
    "a statement stated nowhere": ("Assertion", without(ikg("statedIn"), of="Statement")),
    "a claim of no study": ("Assertion", without(ikg("study"), of="Claim")),
    "a claim of no rule": ("Assertion", without(ikg("rule"), of="Claim")),
    "a claim of no run": ("Assertion", without(GENERATED, of="Claim")),
    "a claim without a name": ("Assertion", as_blank_node("Claim")),
    "a claim without a task": ("Claim", without(ikg("task"), of="Claim")),
    "a claim of two tasks": ("Claim", added(ikg("task"), concept("task/segmentation"), to=ON_GRADING)),
    "a modality in the place of a disease": ("Claim", added(ikg("disease"), MRI, to="Claim")),
    "a claim with a challenge": ("Claim", added(ikg("challenge"), concept("challenge/privacy"), to="Claim")),
    "a comparison of our own making": ("Claim", changed(ikg("comparison"), Literal("superb"), of="Claim")),
    "a statement without a challenge": ("Statement", without(ikg("challenge"), of="Statement")),
    "a statement with a task": ("Statement", added(ikg("task"), concept("task/grading"), to="Statement")),
    "evidence without a start": ("Evidence", without(ikg("start"), of="Evidence")),
    "evidence that ends where it starts": ("Evidence", changed(ikg("end"), typed("0", "integer"), of=AT_THE_START)),
    "evidence before the text": ("Evidence", changed(ikg("start"), typed("-1", "integer"), of="Evidence")),
    "a start that is no number": ("Evidence", changed(ikg("start"), Literal("0"), of="Evidence")),
    "evidence of two quotes": ("Evidence", added(ikg("quote"), Literal("another"), to="Evidence")),
    "a hash that is none": ("Evidence", changed(ikg("quoteHash"), Literal("abc"), of="Evidence")),
    "evidence without a target": ("Evidence", without(TARGET, of="Evidence")),
    "a document without a hash": ("Document", without(ikg("sha256"), of="Document")),
    "a document in no language": ("Document", without(LANGUAGE, of="Document")),
    "a document that mentions what is no concept": ("Document", added(ikg("mentions"), ELSEWHERE, to="Document")),
    "a study whose DOI is none": ("Study", changed(ikg("doi"), Literal("see the paper"), of=CITED)),
    "a year that is a text": ("Study", added(ikg("year"), Literal("2019"), to="Study")),
    "a result without a metric": ("Result", without(ikg("metric"), of="Result")),
    "a result of a method as metric": ("Result", changed(ikg("metric"), concept("method/cnn"), of="Result")),
    "a value as a text": ("Result", changed(ikg("value"), Literal("0.9"), of="Result")),
    "an interval upside down": ("Result", changed(ikg("upper"), typed("0.1", "decimal"), of=having(ikg("lower")))),
    "a split of our own making": ("Result", changed(ikg("split"), Literal("holdout"), of="Result")),
    "a sample of a fraction": ("Sample", changed(ikg("value"), typed("1.5", "decimal"), of="Sample")),
    "a sample below zero": ("Sample", changed(ikg("value"), typed("-3", "integer"), of="Sample")),
    "a sample of nothing": ("Sample", without(ikg("unit"), of="Sample")),
    "a run without a version": ("Run", without(ikg("toolVersion"), of="Run")),
}  # fmt: skip


def grouped(triples: Iterable[Triple]) -> Graph:
    """The triples with those of a subject together, as the checks of a build want them."""
    return sorted(set(triples), key=lambda t: str(t.subject))


def places(issues: Iterable[Issue]) -> set[tuple[str, str]]:
    return {(issue.focus.removeprefix("_:"), issue.path) for issue in issues}


def test_a_graph_that_we_build_conforms_both_ways(tmp_path: Path, small: Lexicon, good: Graph) -> None:
    assert list(check_stream(good)) == []
    write_graph(tmp_path, small_corpus(small))
    assert check_files(tmp_path / "graph.ttl") == []
    assert check_full(tmp_path / "graph.ttl") == []
    write_graph(tmp_path, small_corpus(small, quotes=False))
    assert check_files(tmp_path / "graph.ttl") == check_full(tmp_path / "graph.ttl") == []


@pytest.mark.parametrize("wrong", BROKEN)
def test_what_is_wrong_is_found_alike_by_the_checks_of_a_build_and_by_pyshacl(
    tmp_path: Path, good: Graph, wrong: str
) -> None:
    shape, change = BROKEN[wrong]
    broken = grouped(change(good))
    assert set(broken) != set(good)
    ours = list(check_stream(broken))
    write_triples(tmp_path / "broken.ttl", "Broken", broken, {})
    assert places(check_full(tmp_path / "broken.ttl")) == places(ours) != set()
    alone = [s for s in load_shapes() if s.name.endswith("/" + shape)]
    assert len(alone) == 1
    assert list(check_stream(broken, alone)) != [], f"the shape {shape} does not see it"


def test_every_shape_has_an_example_that_breaks_it() -> None:
    names = {s.name.rpartition("/")[2] for s in load_shapes()}
    assert names == {shape for shape, _ in BROKEN.values()}
    assert len(names) == 20


def test_an_issue_names_node_property_and_problem(good: Graph) -> None:
    broken = grouped(without(ikg("task"), of=having(ikg("task"), concept("task/grading")))(good))
    (issue,) = check_stream(broken)
    assert issue.path == ikg("task").value
    assert issue.message == "has 0 values, at least 1 must be"
    assert str(issue) == f"{issue.focus} {issue.path}: {issue.message}"
    assert re.fullmatch(r"https://w3id\.org/imagingkg/claim/[0-9a-f]{24}", issue.focus)


def test_a_decimal_with_an_exponent_is_none_though_pyshacl_lets_it_pass(good: Graph) -> None:
    for text in ("9e-1", "NaN", "", "1,5", " 1", "\u0661"):
        broken = grouped(changed(ikg("value"), typed(text, "decimal"), of="Result")(good))
        assert [issue.path for issue in check_stream(broken)] == [ikg("value").value], text


def test_a_place_that_is_no_number_is_an_issue_and_no_crash(good: Graph) -> None:
    for text in ("NaN", "1e999999999", "-Infinity", ""):
        broken = grouped(changed(ikg("start"), typed(text, "integer"), of="Evidence")(good))
        issues = list(check_stream(broken))
        assert {issue.path for issue in issues} == {ikg("start").value}, text
        assert len(issues) == 3


def test_every_node_that_points_to_one_of_the_wrong_class_is_named(good: Graph) -> None:
    broken = grouped(without(TYPE, of=GLIOMA)(good))
    pointing = {t.subject.value for t in good if t.object == GLIOMA and t.predicate != ikg("contextFiller")}
    assert {issue.focus for issue in check_stream(broken)} == pointing
    assert len(pointing) > 5


def test_a_file_in_any_order_is_checked(tmp_path: Path, good: Graph) -> None:
    mixed = sorted(good, key=lambda t: str(t.predicate))
    (tmp_path / "mixed.nt").write_text("".join(f"{t} .\n" for t in mixed), encoding="utf-8")
    assert check_files(tmp_path / "mixed.nt") == []
    with pytest.raises(GraphError, match="comes twice"):
        list(check_stream(mixed))


def test_files_are_checked_together(tmp_path: Path, good: Graph) -> None:
    claims = {t for t in good if "/claim/" in t.subject.value}
    write_triples(tmp_path / "a.ttl", "x", claims, {})
    write_triples(tmp_path / "b.ttl", "x", set(good) - claims, {})
    assert check_files(tmp_path / "a.ttl") != []
    assert check_files(tmp_path / "a.ttl", tmp_path / "b.ttl") == []
    assert check_full(tmp_path / "a.ttl", tmp_path / "b.ttl") == []


def test_a_graph_too_large_for_pyshacl_is_said_to_be(tmp_path: Path, good: Graph) -> None:
    write_triples(tmp_path / "a.ttl", "x", good, {})
    with pytest.raises(UsageError, match="triples"):
        check_full(tmp_path / "a.ttl", limit=100)


def test_what_is_no_turtle_is_an_error_and_no_issue(tmp_path: Path) -> None:
    texts = ["<a> <b", "\x00\xff", "<?xml version='1.0'?><x/>"]
    for text in texts:
        (tmp_path / "x.ttl").write_text(text, encoding="latin-1")
        for check in (check_files, check_full):
            with pytest.raises(GraphError):
                check(tmp_path / "x.ttl")
    with pytest.raises(GraphError):
        check_files(tmp_path / "missing.ttl")
    assert len(texts) == 3


def test_a_graph_of_no_vocabulary_of_ours_has_no_issue(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text("<http://a> <http://b> [ <http://c> 'd' ] .", encoding="utf-8")
    assert check_files(tmp_path / "x.ttl") == check_full(tmp_path / "x.ttl") == []


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        ("sh:targetClass ikg:Claim ; sh:closed true", "sh:closed"),
        ("sh:targetClass ikg:Claim ; sh:property [ sh:path ikg:task ; sh:maxLength 3 ]", "sh:maxLength"),
        ("sh:targetClass ikg:Claim ; sh:property [ sh:path ( ikg:task ikg:task ) ]", "where an IRI must"),
        ("sh:targetClass ikg:Claim ; sh:nodeKind sh:Literal", "nodeKind"),
        ("sh:property [ sh:path ikg:task ; sh:minCount 1 ]", "targetClass"),
        ("sh:targetClass ikg:Claim ; sh:property [ sh:path ikg:task, ikg:method ]", "at most 1"),
        ("sh:targetClass ikg:Claim ; sh:or ikg:task", "is no list"),
        ("sh:targetClass", "no Turtle"),
    ],
)  # fmt: skip
def test_a_constraint_that_a_build_would_pass_over_is_refused(tmp_path: Path, shape: str, problem: str) -> None:
    prefixes = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ikg: <https://w3id.org/imagingkg/vocab/> .\n"
    (tmp_path / "shapes.ttl").write_text(f"{prefixes}<http://x> a sh:NodeShape ; {shape} .", encoding="utf-8")
    with pytest.raises(OntologyError, match=problem):
        load_shapes(tmp_path / "shapes.ttl")


# --- verify


def output(directory: Path, lexicon: Lexicon, *readings: Reading, quotes: bool = True) -> Path:
    directory.mkdir(exist_ok=True)
    write_graph(directory, small_corpus(lexicon, *readings, quotes=quotes))
    lines = [reading_to_json(r, quotes=quotes) + "\n" for r in readings or (paper(), review(), atlas(lexicon))]
    (directory / "claims.jsonl").write_text("".join(lines), encoding="utf-8")
    return directory


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_quote_of_a_build_is_found_in_its_text(tmp_path: Path, small: Lexicon) -> None:
    assert verify(output(tmp_path, small)) == []


def test_without_quotes_verify_warns_once_and_finds_nothing_wrong(tmp_path: Path, small: Lexicon) -> None:
    (issue,) = verify(output(tmp_path, small, quotes=False))
    assert issue.severity == "warning"
    assert "3 documents" in issue.message


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("graph.ttl", "Grading of glioma on MRI", "Grading of glioma in MRI", "the text says"),
        ("graph.ttl", "ikg:start 0 ", "ikg:start 1 ", "name is not that"),
        ("graph.ttl", quote_hash(PAPER_SENTENCES[0]), "0" * 64, "not the hash"),
        ("claims.jsonl", "glioma on MRI by a CNN.", "glioma in MRI by a CNN.", "hash is not that of the text"),
        ("claims.jsonl", '"text": "CNN"', '"text": "GAN"', "says"),
        ("claims.jsonl", '"text": "CNN"', '"text": "GAN"', "the text"),
        ("claims.jsonl", '"start": 73', '"start": 74', "has no evidence in graph.ttl"),
        ("claims.jsonl", '"end": 33', '"end": 3333', "no place in a text"),
        ("claims.jsonl", '{"claims"', '{"claim"', "is no reading"),
        ("claims.jsonl", '{"claims"', "claims", "is no reading"),
    ],
)  # fmt: skip
def test_what_was_changed_after_a_build_is_found(
    tmp_path: Path, small: Lexicon, file: str, old: str, new: str, told: str
) -> None:
    edit(output(tmp_path, small, paper()) / file, old, new)
    assert any(told in issue.message for issue in verify(tmp_path)), verify(tmp_path)


def test_lone_surrogates_and_nul_in_a_text_are_no_mistake_of_its_quotes(tmp_path: Path, small: Lexicon) -> None:
    text = "\ud800 grading \x00 glioma"
    document = replace(paper().document, text=text, sha256="")
    claim = replace(paper().claims[0], start=0, end=len(text), quote=text, results=(), sample=())
    write_graph(tmp_path, small_corpus(small, reading := Reading(document, (), (claim,))))
    line = reading_to_json(reading) + "\n"
    (tmp_path / "claims.jsonl").write_text(line, encoding="utf-8", errors="surrogatepass")
    assert verify(tmp_path) == []


def test_an_unfinished_output_is_an_error(tmp_path: Path, small: Lexicon) -> None:
    for name in ("claims.jsonl", "graph.ttl"):
        (output(tmp_path / "out", small) / name).unlink()
        with pytest.raises(GraphError, match=name):
            verify(tmp_path / "out")
    with pytest.raises(GraphError):
        verify(tmp_path / "nowhere")
