"""The bridge: what becomes of concepts and readings as triples, and what their nodes are named after."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from graph_samples import PAPER_SENTENCES, PAPER_TEXT, claim_on, paper, review, small_corpus, small_lexicon
from imagingkg.errors import OntologyError, SettingsError
from imagingkg.graph.build import quote_hash, reading_triples, studies_of
from imagingkg.graph.concepts import concept_triples, concepts_needed, unlinked_triples
from imagingkg.graph.layers import corpus, graph_triples, named_graphs
from imagingkg.graph.links import direct_links, links_of
from imagingkg.graph.names import Names, clean, normal_doi, normal_pmid, normal_title
from imagingkg.graph.sources import curie_problem, load_sources
from imagingkg.lexicon import Lexicon
from imagingkg.model import Claim, Document, Mention, Reading, Result, Sample, Study

BASE = "https://w3id.org/imagingkg/"
PREFIXES = {
    "ikg": BASE + "vocab/", "c": BASE + "concept/", "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#", "oa": "http://www.w3.org/ns/oa#",
}  # fmt: skip
RUN = NamedNode(BASE + "run/x")
NAMES = Names()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return small_lexicon(tmp_path_factory.mktemp("lexicon"))


def iri(curie: str) -> str:
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


def shown(term: object) -> str:
    """A term as these tests write it: a CURIE, or a literal with its language or datatype."""
    if isinstance(term, NamedNode):
        for prefix, base in PREFIXES.items():
            if term.value.startswith(base):
                return f"{prefix}:{term.value.removeprefix(base)}"
        return term.value
    assert isinstance(term, Literal)
    if term.language:
        return f"{term.value}@{term.language}"
    kind = term.datatype.value.rpartition("#")[2]
    return term.value if kind == "string" else f"{term.value}^{kind}"


def about(triples: Iterable[Triple], subject: str) -> set[tuple[str, str]]:
    """Predicate and object of every triple of the subject."""
    node = NamedNode(iri(subject) if ":" in subject and not subject.startswith("http") else subject)
    return {(shown(t.predicate), shown(t.object)) for t in triples if t.subject == node}


def of_reading(reading: Reading, **options: bool) -> list[Triple]:
    return list(reading_triples(reading, NAMES, RUN, **options))


def node_of(triples: Iterable[Triple], predicate: str, value: str) -> str:
    """The one subject that has this value."""
    found = {shown(t.subject) for t in triples if shown(t.predicate) == predicate and shown(t.object) == value}
    assert len(found) == 1, (predicate, value, found)
    return found.pop()


# --- concepts


def test_a_modality_has_its_classes_labels_by_script_abbreviations_and_mappings(small: Lexicon) -> None:
    triples = list(concept_triples(small, NAMES, load_sources()))
    assert about(triples, "c:modality/mri") == {
        ("rdf:type", "ikg:Concept"),
        ("rdf:type", "ikg:Modality"),
        ("skos:prefLabel", "MRI@en"),
        ("skos:prefLabel", "磁共振成像@zh"),
        ("skos:altLabel", "magnetic resonance imaging@en"),
        ("skos:altLabel", "MR成像@zh"),
        ("skos:altLabel", "MR@en"),
        ("skos:exactMatch", "http://www.radlex.org/RID/RID10312"),
        ("skos:exactMatch", "http://dicom.nema.org/resources/ontology/DCM#MR"),
    }
    assert ("skos:definition", "Images by X-rays from many sides.@en") in about(triples, "c:modality/ct")
    assert ("skos:definition", "多角度X线成像。@zh") in about(triples, "c:modality/ct")


def test_a_finding_is_written_as_finding_and_as_disease(small: Lexicon) -> None:
    triples = list(concept_triples(small, NAMES, load_sources()))
    classes = {value for name, value in about(triples, "c:disease/lung-nodule") if name == "rdf:type"}
    assert classes == {"ikg:Concept", "ikg:Disease", "ikg:Finding"}
    classes = {value for name, value in about(triples, "c:disease/glioma") if name == "rdf:type"}
    assert classes == {"ikg:Concept", "ikg:Disease"}


def test_curated_relations_become_links(small: Lexicon) -> None:
    triples = {
        (shown(t.subject), shown(t.predicate), shown(t.object)) for t in concept_triples(small, NAMES, load_sources())
    }
    wanted = {
        ("c:disease/low-grade-glioma", "skos:broader", "c:disease/glioma"),
        ("c:disease/glioma", "ikg:locatedIn", "c:anatomy/brain"),
        ("c:anatomy/subfield", "ikg:partOf", "c:anatomy/hippocampus"),
        ("c:modality/pet-ct", "ikg:combines", "c:modality/pet"),
        ("c:modality/pet-ct", "ikg:combines", "c:modality/ct"),
        ("c:biomarker/idh", "ikg:knownMarkerOf", "c:disease/glioma"),
        ("c:method/federated-learning", "ikg:mitigates", "c:challenge/privacy"),
        ("c:metric/auc", "ikg:higherIsBetter", "true^boolean"),
        ("c:metric/error", "ikg:higherIsBetter", "false^boolean"),
        ("c:disease/glioma", "skos:closeMatch", "http://purl.obolibrary.org/obo/HP_0009733"),
        ("c:biomarker/idh", "skos:broadMatch", "http://identifiers.org/hgnc/5382"),
    }
    assert wanted - triples == set()


def test_codes_that_need_a_licence_are_written_only_on_demand(small: Lexicon) -> None:
    snomed = "http://snomed.info/id/393564001"
    without = list(concept_triples(small, NAMES, load_sources()))
    with_codes = list(concept_triples(small, NAMES, load_sources(), licensed_codes=True))
    assert snomed not in {shown(t.object) for t in without}
    assert ("skos:exactMatch", snomed) in about(with_codes, "c:disease/glioma")
    assert len(with_codes) == len(without) + 1


def test_no_label_is_preferred_and_alternative_at_once(small: Lexicon) -> None:
    glioma = replace(small.concepts["disease/glioma"], also=("glioma", "神经胶质瘤"), abbr=("glioma",))
    lexicon = replace(small, concepts={**small.concepts, "disease/glioma": glioma})
    said = about(concept_triples(lexicon, NAMES, load_sources()), "c:disease/glioma")
    assert {value for name, value in said if name == "skos:altLabel"} == {"神经胶质瘤@zh"}


def test_a_malformed_or_unknown_mapping_stops_the_build(small: Lexicon) -> None:
    tried = 0
    for curie in (
        "NOWHERE:1",
        "RADLEX:10312",
        "MONDO:1",
        "HP:00097333",
        "MESH:X1",
        "DOID:",
        "AIO:a/../b",
        "MONDO:٠٠٢١٠٤٢",
    ):
        assert curie_problem(curie, load_sources()) is not None
        broken = replace(small.concepts["disease/glioma"], exact=(curie,))
        lexicon = replace(small, concepts={**small.concepts, "disease/glioma": broken})
        with pytest.raises(OntologyError):
            list(concept_triples(lexicon, NAMES, load_sources()))
        tried += 1
    assert tried == 8


def test_a_name_of_one_document_has_the_form_written_most_and_is_marked(small: Lexicon) -> None:
    forms = ["NovaNet", "Novanet", "NovaNet", "novanet"]
    mentions = tuple(Mention(0, 1, form, "method", "method/new-0a", form) for form in forms)
    tumour = Mention(0, 1, "奇瘤", "disease", "disease/new-0b", "奇瘤")
    readings = [Reading(Document(id="x", text="x"), (*mentions, tumour))]
    triples = list(unlinked_triples(readings, small, NAMES))
    assert about(triples, "c:method/new-0a") == {
        ("rdf:type", "ikg:Concept"),
        ("rdf:type", "ikg:Method"),
        ("skos:prefLabel", "NovaNet@en"),
        ("ikg:unlinked", "true^boolean"),
    }
    assert ("skos:prefLabel", "奇瘤@zh") in about(triples, "c:disease/new-0b")
    assert len(triples) == 8


def test_a_graph_has_the_concepts_named_and_those_it_takes_to_understand_them(small: Lexicon) -> None:
    def needed(*concepts: str) -> set[str]:
        mentions = tuple(Mention(0, 1, "x", c.partition("/")[0], c, "x") for c in concepts)
        return set(concepts_needed([Reading(Document(id="1", text="x"), mentions, ())], small))

    assert needed("modality/mri") == {"modality/mri"}
    assert needed("modality/pet-ct") == {"modality/pet-ct", "modality/pet", "modality/ct"}
    assert needed("anatomy/subfield") == {f"anatomy/{key}" for key in ("subfield", "hippocampus", "brain", "head")}
    above = {"disease/low-grade-glioma", "disease/glioma", "anatomy/brain", "anatomy/head"}
    assert needed("disease/low-grade-glioma") == above | {"biomarker/idh"}
    assert needed("challenge/privacy") == {"challenge/privacy", "method/federated-learning"}
    assert needed("method/new-0a") == set()


def test_a_graph_has_what_only_claims_and_figures_name(small: Lexicon) -> None:
    result = Result("metric/error", "error", 1.0, "1", 0, 1, of_method="method/cnn")
    claim = Claim("", "task/grading", 0, 1, "x", "r", dataset=("dataset/brats",), comparator="method/radiomics",
                  results=(result,))  # fmt: skip
    reading = Reading(Document(id="1", text="x"), (), (claim,))
    found = {
        shown(t.subject) for t in graph_triples(small_corpus(small, reading)) if shown(t.predicate) == "skos:prefLabel"
    }
    assert found == {
        "c:metric/error", "c:method/cnn", "c:method/radiomics", "c:task/grading", "c:dataset/brats",
    }  # fmt: skip


# --- documents and assertions


def test_a_claim_carries_all_that_was_read() -> None:
    reading = paper()
    triples = of_reading(reading)
    claim = node_of(triples, "ikg:task", "c:task/grading")
    said = about(triples, claim)
    document = f"{BASE}document/{reading.document.sha256}"
    fixed = {
        ("rdf:type", "ikg:Claim"),
        ("ikg:task", "c:task/grading"),
        ("ikg:modality", "c:modality/mri"),
        ("ikg:disease", "c:disease/glioma"),
        ("ikg:method", "c:method/cnn"),
        ("ikg:biomarker", "c:biomarker/idh"),
        ("ikg:contextFiller", "c:biomarker/idh"),
        ("ikg:certainty", "ikg:affirmed"),
        ("ikg:assertedAs", "ikg:primary"),
        ("ikg:statedIn", document),
        ("ikg:rule", "verb"),
        ("ikg:comparator", "radiologist"),
        ("ikg:comparison", "better"),
        ("prov:wasGeneratedBy", RUN.value),
    }
    linked = [name for name, _ in said - fixed]
    assert fixed - said == set()
    assert sorted(linked) == ["ikg:evidence", "ikg:result", "ikg:result", "ikg:sample", "ikg:study"]
    assert {v for n, v in said if n == "ikg:study"} == {v for n, v in about(triples, document) if n == "ikg:describes"}


def test_evidence_is_a_web_annotation_of_the_document_by_quote_and_position() -> None:
    triples = of_reading(paper())
    quote = PAPER_SENTENCES[0]
    evidence = node_of(triples, "ikg:quote", quote)
    assert about(triples, evidence) == {
        ("rdf:type", "ikg:Evidence"),
        ("rdf:type", "oa:Annotation"),
        ("ikg:quote", quote),
        ("ikg:quoteHash", quote_hash(quote)),
        ("ikg:start", "0^integer"),
        ("ikg:end", "34^integer"),
        ("oa:hasTarget", evidence + "#target"),
    }
    assert about(triples, evidence + "#target") == {
        ("rdf:type", "oa:SpecificResource"),
        ("oa:hasSource", NAMES.document(paper().document).value),
        ("oa:hasSelector", evidence + "#quote"),
        ("oa:hasSelector", evidence + "#position"),
    }
    assert about(triples, evidence + "#quote") == {("rdf:type", "oa:TextQuoteSelector"), ("oa:exact", quote)}
    assert about(triples, evidence + "#position") == {
        ("rdf:type", "oa:TextPositionSelector"), ("oa:start", "0^integer"), ("oa:end", "34^integer"),
    }  # fmt: skip


def test_the_quote_hash_is_the_sha256_of_its_utf_8_bytes() -> None:
    assert quote_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_figures_keep_the_printed_number_and_gain_a_normalised_one() -> None:
    triples = of_reading(paper())
    assert about(triples, node_of(triples, "ikg:reportedAs", "0.950")) == {
        ("rdf:type", "ikg:Result"),
        ("ikg:metric", "c:metric/auc"),
        ("ikg:value", "0.950^decimal"),
        ("ikg:normalizedValue", "0.950^decimal"),
        ("ikg:lower", "0.9^decimal"),
        ("ikg:normalizedLower", "0.9^decimal"),
        ("ikg:upper", "0.97^decimal"),
        ("ikg:normalizedUpper", "0.97^decimal"),
        ("ikg:reportedAs", "0.950"),
        ("ikg:pValue", "<0.001"),
        ("ikg:split", "test"),
    }
    percent = about(triples, node_of(triples, "ikg:reportedAs", "91 %"))
    assert percent >= {
        ("ikg:value", "91^decimal"), ("ikg:normalizedValue", "0.91^decimal"), ("ikg:unit", "%"),
        ("ikg:split", "external"), ("ikg:ofMethod", "c:method/cnn"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "printed", "unit", "number", "normalized"),
    [
        (91.0, "91%", "%", "91", "0.91"),
        (90.4, r"$90.4\%$", "%", "90.4", "0.904"),
        (5.0, "5‰", "‰", "5", "0.005"),
        (0.1, "point one", "", "0.1", "0.1"),
        (1e-7, "1e-7", "", "0.00000010", "0.00000010"),
        (-0.5, "-0.50", "", "-0.5", "-0.5"),
        (3.0, "3 of 4", "mm", "3", "3"),
        (85.7, "about 85.70 percent", "Percent", "85.70", "0.8570"),
    ],
)
def test_a_figure_is_written_as_a_decimal_on_the_scale_of_its_unit(
    value: float, printed: str, unit: str, number: str, normalized: str
) -> None:
    result = Result("metric/auc", "AUC", value, printed, 0, 3, unit=unit)
    reading = Reading(
        Document(id="x", text="x" * 9), (), (Claim("", "task/grading", 0, 9, "x" * 9, "r", results=(result,)),)
    )
    triples = of_reading(reading)
    said = about(triples, node_of(triples, "rdf:type", "ikg:Result"))
    found = {name: text.partition("^") for name, text in said if name in ("ikg:value", "ikg:normalizedValue")}
    assert {name: kind for name, (_, _, kind) in found.items()} == {
        "ikg:value": "decimal",
        "ikg:normalizedValue": "decimal",
    }
    assert float(found["ikg:value"][0]) == float(number)
    assert float(found["ikg:normalizedValue"][0]) == float(normalized)
    assert "e" not in found["ikg:value"][0].lower()


def test_a_figure_that_is_no_number_has_no_value() -> None:
    for value in (float("nan"), float("inf")):
        result = Result("metric/auc", "AUC", value, "?", 0, 3)
        document = Document(id="x", text="xxx")
        triples = of_reading(Reading(document, (), (Claim("", "task/grading", 0, 3, "xxx", "r", results=(result,)),)))
        assert "ikg:value" not in {shown(t.predicate) for t in triples}


def test_a_statement_has_challenge_and_remedy_and_no_task() -> None:
    triples = of_reading(review())
    said = about(triples, node_of(triples, "ikg:challenge", "c:challenge/privacy"))
    assert {("rdf:type", "ikg:Statement"), ("ikg:remedy", "c:method/federated-learning")} <= said
    assert "ikg:task" not in {name for name, _ in said}


def test_a_document_has_its_bibliography_places_and_mentions() -> None:
    triples = of_reading(paper())
    said = about(triples, NAMES.document(paper().document).value)
    assert said == {
        ("rdf:type", "ikg:Document"),
        ("dcterms:identifier", "a"),
        ("dcterms:title", "Grading of glioma with networks"),
        ("ikg:title", "Grading of glioma with networks"),
        ("dcterms:language", "en"),
        ("dcterms:source", "papers/a.txt"),
        ("dcterms:source", "more/b.txt"),
        ("ikg:sha256", paper().document.sha256),
        ("ikg:authors", "Su C, Jiang J"),
        ("ikg:year", "2019^integer"),
        ("ikg:doi", "10.1000/abc.1"),
        ("ikg:describes", NAMES.own_study(paper().document).value),
        ("ikg:mentions", "c:disease/glioma"),
        ("ikg:mentions", "c:modality/mri"),
        ("ikg:mentions", "c:method/cnn"),
        ("ikg:mentions", "c:method/new-0a1b2c"),
    }


def test_a_comparator_is_a_concept_or_a_word_and_context_is_among_the_fillers() -> None:
    claim = claim_on(
        PAPER_TEXT, PAPER_SENTENCES[0], "task/grading", disease=("disease/glioma",), comparator="method/cnn",
        context=("disease/glioma", "modality/ct"),
    )  # fmt: skip
    said = about(triples := of_reading(replace(paper(), claims=(claim,))), node_of(triples, "rdf:type", "ikg:Claim"))
    assert ("ikg:comparator", "c:method/cnn") in said
    assert {value for name, value in said if name == "ikg:contextFiller"} == {"c:disease/glioma"}


def test_without_quotes_no_sentence_is_written_and_places_and_hashes_stay() -> None:
    triples = of_reading(paper(), quotes=False)
    texts = {t.object.value for t in triples if isinstance(t.object, Literal)}
    assert not any(sentence[:22] in text for sentence in PAPER_SENTENCES for text in texts)
    assert quote_hash(PAPER_SENTENCES[0]) in texts
    evidence = node_of(triples, "ikg:quoteHash", quote_hash(PAPER_SENTENCES[0]))
    assert {("ikg:start", "0^integer"), ("ikg:end", "34^integer")} <= about(triples, evidence)
    assert {shown(t.object) for t in triples} & {"oa:TextQuoteSelector"} == set()


# --- studies


def test_a_paper_and_the_review_that_cites_it_join_by_doi_from_the_reference_list() -> None:
    (cited, study), = studies_of(review().document, review().claims[0], NAMES)  # fmt: skip
    assert cited == NAMES.own_study(paper().document)
    assert study == Study("Su", 2019, "21", doi="https://doi.org/10.1000/abc.1")


def test_each_citation_number_is_a_study_of_its_own_within_its_document() -> None:
    document = review().document
    cited = {NAMES.study(document, Study(citation=str(n))) for n in range(11, 16)}
    assert len(cited) == 5
    assert NAMES.study(replace(document, text="other", sha256=""), Study(citation="11")) not in cited


def test_a_study_is_named_after_doi_else_pmid_else_title_and_year_else_its_document() -> None:
    here, there = Document(id="1", text="one"), Document(id="2", text="two")

    def joined(one: Study, other: Study) -> bool:
        return NAMES.study(here, one) == NAMES.study(there, other)

    title = "Deep learning for glioma grading"
    assert joined(Study(doi="10.1/x", title="A"), Study(doi="https://doi.org/10.1/X", title="B")) is False  # no DOI
    assert joined(Study(doi="10.1000/x", pmid="1"), Study(doi="https://doi.org/10.1000/X", pmid="2"))
    assert joined(Study(pmid="0123", year=1), Study(pmid="PMID: 123", year=2))
    assert joined(Study(title=title, year=2019), Study(title="Deep Learning for Glioma  Grading.", year=2019))
    assert not joined(Study(title=title, year=2019), Study(title=title, year=2020))
    assert not joined(Study(title=title), Study(title=title))
    assert not joined(Study(title="Introduction", year=2019), Study(title="Introduction", year=2019))
    assert joined(
        Study(title="基于影像组学的胶质瘤分级", year=2019), Study(title="基于影像组学的胶质瘤分级", year=2019)
    )
    assert not joined(Study(citation="21"), Study(citation="21"))
    assert not joined(Study(authors="Su", year=2019), Study(authors="Su", year=2019))


def test_a_document_without_any_identity_still_describes_one_study_of_its_own() -> None:
    one, two = Document(id="1", text="one", title="Untitled"), Document(id="2", text="two", title="Untitled")
    assert NAMES.own_study(one) != NAMES.own_study(two)
    assert NAMES.own_study(one) == NAMES.own_study(replace(one, id="other", source="elsewhere"))


def test_reported_work_of_nobody_named_has_an_unknown_study_that_joins_nothing() -> None:
    document = Document(id="x", text="a" * 50)
    first = Claim("", "task/grading", 0, 10, "a" * 10, "r", asserted_as="reported")
    second = replace(first, start=10, end=20)
    nodes = [node for claim in (first, second) for node, _ in studies_of(document, claim, NAMES)]
    assert len(set(nodes)) == 2
    assert NAMES.own_study(document) not in nodes


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/ABC.1", "10.1000/abc.1"), ("https://doi.org/10.1000/ABC.1", "10.1000/abc.1"),
        ("http://dx.doi.org/10.1000/x", "10.1000/x"), ("doi: 10.1000/x.", "10.1000/x"), (" 10.1000/x ", "10.1000/x"),
        ("", ""), ("10.1000/", ""), ("11.1000/x", ""), ("see 10.1000/x", ""), ("10.1000/x y", ""),
    ],
)  # fmt: skip
def test_a_doi_is_bare_and_in_lower_case(text: str, doi: str) -> None:
    assert normal_doi(text) == doi


def test_identifiers_that_are_none_are_not_taken() -> None:
    assert [normal_pmid(t) for t in ("123", "PMID:0123", "PMC123", "", "１２３", "12 3")] == [
        "123",
        "123",
        "",
        "",
        "",
        "",
    ]
    assert normal_title("The Cat") == ""
    assert normal_title("Ｄeep—Learning for GLIOMA grading!") == "deeplearningforgliomagrading"


# --- names


def test_equal_figures_of_two_papers_stay_two_nodes() -> None:
    result, sample = Result("metric/auc", "AUC", 0.9, "0.9", 0, 3), Sample(10, "patients", start=0, end=2)
    claim = Claim("", "task/grading", 0, 9, "x" * 9, "r", results=(result,), sample=(sample,))
    one, two = Document(id="1", text="x" * 9 + "1"), Document(id="2", text="x" * 9 + "2")
    assert NAMES.result(one, result) != NAMES.result(two, result)
    assert NAMES.sample(one, sample, claim) != NAMES.sample(two, sample, claim)
    assert NAMES.claim(one, claim) != NAMES.claim(two, claim)
    assert NAMES.evidence(one, 0, 9) != NAMES.evidence(two, 0, 9)


def test_neither_path_nor_id_nor_rule_names_anything() -> None:
    moved = replace(paper(), document=replace(paper().document, id="z", source="/home/someone/z.txt", sources=()))
    claims = tuple(replace(c, id="other", rule="other rule") for c in moved.claims)
    subjects = {t.subject for t in of_reading(replace(moved, claims=claims))}
    assert subjects == {t.subject for t in of_reading(paper())}


def test_whatever_a_claim_says_names_it() -> None:
    document, claim = paper().document, paper().claims[0]
    others = [
        replace(claim, end=claim.end - 1), replace(claim, task="task/segmentation"), replace(claim, modality=()),
        replace(claim, certainty="hedged"), replace(claim, comparison="worse"), replace(claim, results=()),
        replace(claim, context=()), replace(claim, sample=()), replace(claim, asserted_as="reported"),
        # The same concept in another role is another claim.
        replace(claim, modality=claim.disease, disease=claim.modality),
    ]  # fmt: skip
    assert len({NAMES.claim(document, c) for c in [claim, *others]}) == 11


def test_names_lie_under_the_base_that_was_set_and_a_bad_base_is_refused() -> None:
    names = Names("https://example.org/kg#")
    assert names.concept("modality/mri").value == "https://example.org/kg#concept/modality/mri"
    bad = [
        "",
        "example.org/",
        "https://example.org/kg",
        "https://exa mple.org/",
        "https://e.org/<x>/",
        "file:///x/",
        "https://e.org/\n",
    ]
    for base in bad:
        with pytest.raises(SettingsError):
            Names(base)
    assert len(bad) == 7


def test_hostile_text_becomes_legal_names_and_literals() -> None:
    hostile = 'a\ud800b\x00c\ufffe<>"{}|^`\\ \n\u202e😀'
    assert clean(hostile) == 'a\ufffdb\ufffdc\ufffd<>"{}|^`\\ \n\u202e😀'
    node = NAMES.concept(f"method/{hostile}")
    assert node.value.isascii()
    assert node.value.startswith(BASE + "concept/method/a%EF%BF%BDb")
    document = Document(
        id=hostile, text=hostile, title=hostile, source=hostile, authors=hostile, venue=hostile, lang=hostile
    )
    end = len(hostile)
    claim = Claim(hostile, f"task/{hostile}", 0, end, hostile, hostile, comparator=hostile, studies=(Study(hostile),))
    mentions = (Mention(0, end, hostile, "method", f"method/{hostile}", hostile),)
    triples = of_reading(Reading(document, mentions, (claim, replace(claim, asserted_as="reported"))))
    assert (("ikg:quote", clean(hostile))) in {(shown(t.predicate), shown(t.object)) for t in triples}


# --- direct links


def test_an_affirmed_claim_yields_the_links_of_its_own_fillers_and_no_other() -> None:
    claim = Claim(
        "", "task/grading", 0, 1, "x", "r", modality=("modality/mri",), disease=("disease/glioma",),
        method=("method/cnn", "method/radiomics"), biomarker=("biomarker/idh",), anatomy=("anatomy/brain",),
        dataset=("dataset/brats",),
    )  # fmt: skip
    assert sorted(links_of(claim)) == [
        ("appliedTo", "method/cnn", "disease/glioma"),
        ("appliedTo", "method/radiomics", "disease/glioma"),
        ("images", "modality/mri", "disease/glioma"),
        ("markerOf", "biomarker/idh", "disease/glioma"),
        ("performs", "method/cnn", "task/grading"),
        ("performs", "method/radiomics", "task/grading"),
        ("predicts", "method/cnn", "biomarker/idh"),
        ("predicts", "method/radiomics", "biomarker/idh"),
        ("supportsTask", "modality/mri", "task/grading"),
        ("targets", "task/grading", "disease/glioma"),
        ("usesModality", "method/cnn", "modality/mri"),
        ("usesModality", "method/radiomics", "modality/mri"),
    ]


def test_hedged_negated_and_retracted_claims_statements_and_context_yield_no_link() -> None:
    claim = Claim("", "task/grading", 0, 1, "x", "r", modality=("modality/mri",), disease=("disease/glioma",))
    assert list(links_of(replace(claim, certainty="hedged"))) == []
    assert list(links_of(replace(claim, certainty="negated"))) == []
    assert list(links_of(replace(claim, task=None, challenge=("challenge/privacy",)))) == []
    assert list(links_of(replace(claim, context=("modality/mri",)))) == [("targets", "task/grading", "disease/glioma")]
    assert list(links_of(replace(claim, context=("task/grading",)))) == [("images", "modality/mri", "disease/glioma")]
    good, bad = Document(id="1", text="x"), Document(id="2", text="y", retracted=True)
    assert list(direct_links([Reading(bad, (), (claim,))], NAMES)) == []
    assert len(list(direct_links([Reading(good, (), (claim,)), Reading(bad, (), (claim,))], NAMES))) == 3


def test_two_claims_of_a_paper_are_never_crossed() -> None:
    one = Claim("", "task/grading", 0, 1, "x", "r", modality=("modality/mri",))
    two = Claim("", "task/segmentation", 1, 2, "y", "r", modality=("modality/ct",))
    triples = direct_links([Reading(Document(id="1", text="xy"), (), (one, two))], NAMES)
    assert {(shown(t.subject), shown(t.object)) for t in triples} == {
        ("c:modality/mri", "c:task/grading"), ("c:modality/ct", "c:task/segmentation"),
    }  # fmt: skip


def test_every_direct_link_has_a_claim_behind_it_and_every_such_claim_yields_its_links(small: Lexicon) -> None:
    triples = set(graph_triples(small_corpus(small, *random_readings(40, small))))
    said: dict[NamedNode, dict[str, set[str]]] = {}
    for t in triples:
        said.setdefault(t.subject, {}).setdefault(shown(t.predicate), set()).add(shown(t.object))
    retracted = {shown(s) for s, has in said.items() if has.get("ikg:retracted") == {"true^boolean"}}
    assert retracted
    links = {
        ("ikg:performs", "ikg:method", "ikg:task"), ("ikg:usesModality", "ikg:method", "ikg:modality"),
        ("ikg:appliedTo", "ikg:method", "ikg:disease"), ("ikg:targets", "ikg:task", "ikg:disease"),
        ("ikg:images", "ikg:modality", "ikg:disease"), ("ikg:supportsTask", "ikg:modality", "ikg:task"),
        ("ikg:predicts", "ikg:method", "ikg:biomarker"), ("ikg:markerOf", "ikg:biomarker", "ikg:disease"),
    }  # fmt: skip
    wanted = set()
    for has in said.values():
        affirmed = has.get("rdf:type") == {"ikg:Claim"} and has["ikg:certainty"] == {"ikg:affirmed"}
        if affirmed and not has["ikg:statedIn"] & retracted:
            context = has.get("ikg:contextFiller", set())
            for link, subject, target in links:
                pairs = [(s, o) for s in has.get(subject, set()) - context for o in has.get(target, set()) - context]
                wanted |= {(s, link, o) for s, o in pairs}
    names = {link for link, _, _ in links}
    found = {(shown(t.subject), shown(t.predicate), shown(t.object)) for t in triples if shown(t.predicate) in names}
    assert found == wanted
    assert len(found) > 50


# --- the whole graph


def random_readings(number: int, lexicon: Lexicon) -> list[Reading]:
    rng = random.Random(7)
    ids = {kind: [c for c in lexicon.concepts if c.startswith(kind + "/")] + [f"{kind}/new-{kind}"] for kind in (
        "modality", "task", "disease", "anatomy", "method", "biomarker", "dataset", "metric")}  # fmt: skip

    def some(kind: str, most: int = 2) -> tuple[str, ...]:
        return tuple(rng.sample(ids[kind], rng.randrange(min(most, len(ids[kind])) + 1)))

    readings = []
    for n in range(number):
        text = f"Document {n}: " + "深度学习 grading of 胶质瘤. " * 12
        document = Document(
            id=str(n), text=text, title=f"A long enough title, number {n}", source=f"in#{n}", year=2000 + n % 5,
            retracted=n % 7 == 0, doi=f"10.1000/{n}" if n % 2 else "",
        )  # fmt: skip
        claims = []
        for k in range(rng.randrange(6)):
            start = 10 * k
            roles = {role: some(role) for role in ("modality", "disease", "anatomy", "method", "biomarker", "dataset")}
            fillers = [c for values in roles.values() for c in values]
            claims.append(Claim(
                str(k), rng.choice(ids["task"]), start, start + 9, text[start:start + 9], "r", **roles,
                context=tuple(rng.sample(fillers, len(fillers) // 3)),
                certainty=rng.choice(["affirmed", "affirmed", "hedged", "negated"]),
                asserted_as=rng.choice(["primary", "reported"]),
                results=(Result(rng.choice(ids["metric"]), "M", 0.5, "0.50", start, start + 3),) * rng.randrange(2),
                sample=(Sample(n, "patients"),) * rng.randrange(2),
                studies=(Study("Su", 2019, str(k)),) * rng.randrange(2),
            ))  # fmt: skip
        mentions = tuple(Mention(0, 8, text[:8], kind, rng.choice(ids[kind]), "label") for kind in ids)
        readings.append(Reading(document, mentions, tuple(claims)))
    return readings


def test_no_blank_node_is_written_and_each_triple_comes_once_with_those_of_its_subject(small: Lexicon) -> None:
    triples = list(graph_triples(small_corpus(small, *random_readings(30, small))))
    assert not any(isinstance(term, BlankNode) for t in triples for term in (t.subject, t.object))
    assert len(set(triples)) == len(triples) > 3000
    runs = [
        t.subject
        for before, t in zip([None, *triples], triples, strict=False)
        if before is None or before.subject != t.subject
    ]
    assert len(runs) == len(set(runs)) > 500


def test_the_named_graphs_together_are_the_default_graph(small: Lexicon) -> None:
    whole = small_corpus(small, *random_readings(12, small))
    named = {name.value: triples for name, triples in named_graphs(whole)}
    assert set().union(*(set(t) for t in named.values())) == set(graph_triples(whole))
    documents = {NAMES.document(r.document).value for r in whole.readings}
    assert set(named) == documents | {BASE + "graph/" + name for name in ("concepts", "links", "metadata")}
    assert len(documents) == 12


def test_the_order_of_readings_and_doubles_of_a_text_change_nothing(small: Lexicon) -> None:
    readings = random_readings(20, small)
    double = replace(readings[3], document=replace(readings[3].document, source="z-copy", title="Another title"))
    mixed = [*readings, double]
    random.Random(3).shuffle(mixed)
    assert list(graph_triples(small_corpus(small, *mixed))) == list(graph_triples(small_corpus(small, *readings)))


def test_another_version_or_lexicon_is_another_run(small: Lexicon) -> None:
    assert NAMES.run("1.0", "a") == NAMES.run("1.0", "a")
    assert len({NAMES.run("1.0", "a"), NAMES.run("1.1", "a"), NAMES.run("1.0", "b")}) == 3
    whole = corpus([], small, names=NAMES, sources=load_sources(), version="9.9")
    said = about(graph_triples(whole), NAMES.run("9.9", small.digest).value)
    assert said >= {("rdf:type", "ikg:Run"), ("rdf:type", "prov:Activity"), ("ikg:toolVersion", "9.9"),
                    ("ikg:lexiconDigest", small.digest)}  # fmt: skip


def test_the_rights_in_codes_stand_in_the_graph_that_uses_them(small: Lexicon) -> None:
    said = about(graph_triples(small_corpus(small)), BASE + "graph/concepts")
    rights = [value for name, value in said if name == "dcterms:rights"]
    assert any("RSNA" in text for text in rights)
    assert not any("SNOMED" in text for text in rights)
    licensed = about(graph_triples(small_corpus(small, licensed_codes=True)), BASE + "graph/concepts")
    assert any("SNOMED" in value for name, value in licensed if name == "dcterms:rights")


def test_a_text_without_a_title_goes_by_its_file() -> None:
    document = Document(id="x", text="xxx", source="folder/x.txt")
    said = about(of_reading(Reading(document)), NAMES.document(document).value)
    assert ("dcterms:title", "folder/x.txt") in said
