"""The shipped ontology is sound: terms labelled, shapes and rules right, every mapping well-formed and verified."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from imagingkg.errors import OntologyError
from imagingkg.graph.build import ROLE
from imagingkg.graph.concepts import CLASS_OF, RELATIONS
from imagingkg.graph.links import LINKS
from imagingkg.graph.names import RDFS, SKOS, TYPE, VOCAB
from imagingkg.graph.reason import load_rules
from imagingkg.graph.shapes import load_shapes
from imagingkg.graph.sources import curie_problem, load_sources
from imagingkg.lexicon import Lexicon, read_lexicon
from imagingkg.ontology_files import ontology_dir

OWL = "http://www.w3.org/2002/07/owl#"
LABEL, DEFINITION, SUB_CLASS = NamedNode(RDFS + "label"), NamedNode(SKOS + "definition"), NamedNode(RDFS + "subClassOf")
DOMAIN, RANGE = NamedNode("https://schema.org/domainIncludes"), NamedNode("https://schema.org/rangeIncludes")
# The vocabulary as the design states it: other programs ask for these names.
CLASSES = re.findall(
    r"\w+",
    """Concept Modality Task Disease Finding Anatomy Method Biomarker Metric Dataset Challenge Assertion Claim Statement
    Evidence Document Study Result Sample""",
)
PROPERTIES = re.findall(
    r"\w+",
    """task modality disease anatomy method biomarker dataset challenge remedy contextFiller evidence quote start end
    certainty assertedAs statedIn study authors year citation doi pmid title describes rule result metric value
    reportedAs unit normalizedValue lower upper pValue split ofMethod sample comparator comparison mentions partOf
    locatedIn knownMarkerOf combines mitigates higherIsBetter unlinked performs usesModality appliedTo targets images
    supportsTask predicts markerOf""",
)
INDIVIDUALS = ("affirmed", "hedged", "negated", "primary", "reported")
PREFIXES = re.findall(r"\w+", "MONDO DOID NCIT HP UBERON STATO OBI AIO HGNC MESH UMLS DICOM RADLEX ICD11F SNOMEDCT")


@pytest.fixture(scope="module")
def vocabulary() -> list[Triple]:
    return [q.triple for q in parse(path=str(ontology_dir() / "imaging.ttl"), format=RdfFormat.TURTLE)]


@pytest.fixture(scope="module")
def shipped() -> Lexicon:
    return read_lexicon()[0]


def ours(term: object) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(VOCAB) and term.value != VOCAB


def terms(vocabulary: list[Triple]) -> set[str]:
    return {t.subject.value.removeprefix(VOCAB) for t in vocabulary if ours(t.subject)}


def of_type(vocabulary: list[Triple], *kinds: str) -> set[str]:
    wanted = {NamedNode(OWL + kind) for kind in kinds}
    return {t.subject.value.removeprefix(VOCAB) for t in vocabulary if t.predicate == TYPE and t.object in wanted}


def test_every_term_of_the_design_is_in_the_vocabulary(vocabulary: list[Triple]) -> None:
    assert len(CLASSES) == 19
    assert len(PROPERTIES) == 56
    assert set(CLASSES) - of_type(vocabulary, "Class") == set()
    assert set(PROPERTIES) - (terms(vocabulary) - of_type(vocabulary, "Class", "NamedIndividual")) == set()
    assert set(INDIVIDUALS) == of_type(vocabulary, "NamedIndividual")


def test_every_term_has_one_label_and_one_definition_in_english_and_in_chinese(vocabulary: list[Triple]) -> None:
    names = terms(vocabulary)
    assert len(names) > 85
    for predicate in (LABEL, DEFINITION):
        said = sorted((t.subject.value.removeprefix(VOCAB), t.object.language) for t in vocabulary
                      if t.predicate == predicate and isinstance(t.object, Literal))  # fmt: skip
        assert said == sorted((name, language) for name in names for language in ("en", "zh"))
    texts = [t.object.value for t in vocabulary if isinstance(t.object, Literal) and t.object.language == "zh"]
    assert [t for t in texts if not re.search(r"[\u4e00-\u9fff]", t)] == ["DOI", "PMID"]


def test_every_property_says_where_it_may_stand_in_a_way_that_infers_nothing(vocabulary: list[Triple]) -> None:
    properties = terms(vocabulary) - of_type(vocabulary, "Class", "NamedIndividual")
    for predicate in (DOMAIN, RANGE):
        assert {t.subject.value.removeprefix(VOCAB) for t in vocabulary if t.predicate == predicate} == properties
    used = {t.object for t in vocabulary if t.predicate in (DOMAIN, RANGE) and ours(t.object)}
    assert {term.value.removeprefix(VOCAB) for term in used} <= of_type(vocabulary, "Class")
    assert {t.predicate.value for t in vocabulary} & {RDFS + "domain", RDFS + "range"} == set()


def test_classes_stand_below_those_of_the_design(vocabulary: list[Triple]) -> None:
    below = {(t.subject.value.removeprefix(VOCAB), t.object.value) for t in vocabulary if t.predicate == SUB_CLASS}
    wanted = {(kind, VOCAB + "Concept") for kind in CLASSES[1:11] if kind != "Finding"} | {
        ("Finding", VOCAB + "Disease"), ("Concept", SKOS + "Concept"), ("Claim", VOCAB + "Assertion"),
        ("Statement", VOCAB + "Assertion"), ("Evidence", "http://www.w3.org/ns/oa#Annotation"),
    }  # fmt: skip
    assert len(wanted) == 14
    assert wanted - below == set()


def test_whatever_the_program_writes_is_in_the_vocabulary(vocabulary: list[Triple]) -> None:
    names = terms(vocabulary)
    written = {node.value for node in [*ROLE.values(), *RELATIONS.values(), *CLASS_OF.values()]}
    assert {iri.removeprefix(VOCAB) for iri in written if iri.startswith(VOCAB)} - names == set()
    assert {name for name, _, _ in LINKS} - names == set()
    home = ontology_dir()
    files = [*home.glob("rules/*.rq"), *home.glob("queries/*.rq"), home / "shapes.ttl"]
    used = {(f.name, name) for f in files for name in re.findall(r"\bikg:(\w+)", f.read_text(encoding="utf-8"))}
    assert {(file, name) for file, name in used if name not in names} == set()
    assert len(files) >= 5


def test_alignments_point_to_identifiers_that_were_verified(shared: Path, vocabulary: list[Triple]) -> None:
    text = (shared / "identifiers.md").read_text(encoding="utf-8")
    iris = {t.object.value for t in vocabulary if isinstance(t.object, NamedNode)}
    codes = {iri.rpartition("/")[2] for iri in iris if "purl.obolibrary.org" in iri or "radlex.org" in iri}
    assert len(codes) >= 10
    assert [code for code in sorted(codes) if code.rpartition("_")[2] not in text] == []
    mls = {t.object.value.partition("#")[2] for t in vocabulary if "ns/mls#" in str(t.object)}
    assert mls == {"EvaluationMeasure", "ModelEvaluation", "Dataset"}
    assert all(name in text for name in mls)


def test_every_shape_targets_a_class_of_the_vocabulary_and_no_class_is_left_out(vocabulary: list[Triple]) -> None:
    targets = {target.removeprefix(VOCAB) for shape in load_shapes() for target in shape.targets}
    classes = of_type(vocabulary, "Class")
    assert targets <= classes
    # An assertion is checked as claim or statement; the two others are classes of the vocabulary's own individuals.
    assert classes - targets == {"Assertion", "Certainty", "AssertionMode"}


def test_every_property_of_a_shape_is_known(vocabulary: list[Triple]) -> None:
    paths = [part.path for shape in load_shapes() for parts in (shape.properties, *shape.any_of) for part in parts]
    assert len(paths) > 90
    assert {p.removeprefix(VOCAB) for p in paths if p.startswith(VOCAB)} - terms(vocabulary) == set()


def test_every_rule_parses_constructs_and_says_why() -> None:
    rules = load_rules()
    assert [rule.name for rule in rules] == ["broader", "class-membership", "location", "part-whole"]
    assert all(len(rule.why) > 40 for rule in rules)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("CONSTRUCT { ?a ?b ?c } WHERE { ?a ?b ?c }", "does not say why"),
        ("# Why:  \nCONSTRUCT { ?a ?b ?c } WHERE { ?a ?b ?c }", "does not say why"),
        ("# Why: to try.\nSELECT * WHERE { ?a ?b ?c }", "CONSTRUCT"),
        ("# Why: to try.\nCONSTRUCT { ?a ?b ?c WHERE", "no SPARQL"),
    ],
)
def test_a_bad_rule_is_refused_by_name(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "bad.rq").write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError, match=problem) as caught:
        load_rules(tmp_path)
    assert caught.value.where == "bad.rq"


def test_every_mapping_of_a_concept_is_of_a_known_vocabulary_and_well_formed(shipped: Lexicon) -> None:
    sources = load_sources()
    curies = [(c.id, curie) for c in shipped.concepts.values() for curie in (*c.exact, *c.close, *c.broad)]
    assert len(curies) > 300
    assert [(where, problem) for where, curie in curies if (problem := curie_problem(curie, sources))] == []


def test_a_concept_is_mapped_to_a_code_in_one_way_only(shipped: Lexicon) -> None:
    twice = [(c.id, curie) for c in shipped.concepts.values() for curie in {*c.exact, *c.close, *c.broad}
             if [*c.exact, *c.close, *c.broad].count(curie) > 1]  # fmt: skip
    assert len(shipped.concepts) > 900
    assert twice == []


def test_two_concepts_are_never_exactly_the_same_code(shipped: Lexicon) -> None:
    """DICOM aside: its CID 29 has one code for all of MRI, which sequences share."""
    owners: dict[str, list[str]] = {}
    for concept in shipped.concepts.values():
        for curie in concept.exact:
            owners.setdefault(curie, []).append(concept.id)
    assert len(owners) > 100
    assert {curie: ids for curie, ids in owners.items() if len(ids) > 1 and not curie.startswith("DICOM:")} == {}


def test_sources_name_version_licence_and_an_iri_base_of_their_own() -> None:
    sources = load_sources()
    assert sorted(sources) == sorted(PREFIXES)
    assert [name for name, s in sources.items() if s.licensed] == ["SNOMEDCT"]
    assert "Radiological Society of North America" in sources["RADLEX"].rights
    assert len({s.base for s in sources.values()}) == len(sources)
    assert all(re.match(r"https?://\S+[/_#]\Z", s.base) for s in sources.values())
    assert all(re.match(r"https?://\S+\Z", s.licence) and s.version and s.name for s in sources.values())


@pytest.mark.parametrize(
    ("curie", "right"),
    [
        ("RADLEX:RID10321", True), ("NCIT:C3059", True), ("HGNC:5382", True), ("MESH:D005910", True),
        ("AIO:RandomForest", True), ("ICD11F:1234567", True), ("UMLS:C0017638", True), ("DICOM:CT", True),
        ("MONDO:0021042", True), ("RADLEX:10321", False), ("NCIT:3059", False), ("mondo:0021042", False),
        ("MONDO:0021042 ", False), ("MONDO", False),
    ],
)  # fmt: skip
def test_a_code_has_the_form_of_its_vocabulary(curie: str, right: bool) -> None:
    assert (curie_problem(curie, load_sources()) is None) == right


@pytest.mark.parametrize(
    "text",
    [
        "X: {name: a, base: b, local: c, version: d}", "X: {name: a, base: b, local: '(', version: d, licence: e}",
        "X: {name: a, base: b, local: c, version: d, licence: e, color: red}", "X: [1]", "- a",
        "X: {name: a, base: b, local: c, version: 1.4, licence: e}",
        "X: {name: a, base: b, local: c, version: d, licence: e, licensed: 'yes'}",
    ],
)  # fmt: skip
def test_a_bad_sources_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "sources.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError):
        load_sources(tmp_path / "sources.yaml")
