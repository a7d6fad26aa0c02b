"""Terminologies of others join the lexicon: OBO, tables, SKOS and OWL are read, merged, counted; a mistake is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingkg.errors import OntologyError
from imagingkg.extract.reading import extract, prepare
from imagingkg.graph.concepts import concept_triples
from imagingkg.graph.names import Names
from imagingkg.graph.sources import load_sources
from imagingkg.graph.terminology import read_rdf
from imagingkg.graph.validate import check_full, check_stream
from imagingkg.graph.write import write_triples
from imagingkg.lexicon import Lexicon
from imagingkg.lexicon_files import READERS, curie_reader, open_lexicon, read_files
from imagingkg.lexicon_formats import read_obo, read_table
from imagingkg.lint import lint
from imagingkg.model import Document
from imagingkg.ontology_files import ontology_dir
from imagingkg.publish.sssom import mapping_rows
from imagingkg.terminology import Joined, Term

OURS = """\
kind: disease
concepts:
  cancer: {en: cancer, zh: 癌症, also: [malignancy]}
  lung-cancer: {en: lung cancer, zh: 肺癌, also: [carcinoma of the lung], broader: [cancer], exact: [DOID:1324]}
  brain-tumour: {en: brain tumour, zh: 脑肿瘤}
  oedema: {en: oedema, zh: 水肿, exact: [DOID:77]}
  crohn: {en: Crohn's disease, zh: 克罗恩病, also: [regional enteritis]}
ambiguous:
  mass: [{is: disease/brain-tumour, near: [brain]}, {is: null}]
"""
ORGANS = """\
kind: anatomy
concepts:
  lung: {en: lung, zh: 肺}
"""
HEAD = "format-version: 1.2\nontology: test\n\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small ontology: five diseases, one organ, one form that is no name."""
    directory = tmp_path / "ontology"
    (directory / "concepts").mkdir(parents=True)
    (directory / "concepts" / "diseases.yaml").write_text(OURS, encoding="utf-8")
    (directory / "concepts" / "organs.yaml").write_text(ORGANS, encoding="utf-8")
    (directory / "not_names.yaml").write_text("[case]\n", encoding="utf-8")
    shutil.copy(ontology_dir() / "sources.yaml", directory)
    return directory


Opener = Callable[..., tuple[Lexicon, Joined]]


@pytest.fixture
def join(root: Path, tmp_path: Path) -> Opener:
    """Write a file and open the small lexicon with it."""

    def opened(text: str, name: str = "terms.obo", kind: str = "") -> tuple[Lexicon, Joined]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        result = open_lexicon([f"{path}={kind}" if kind else path], directory=root)
        return result.lexicon, result.joined[0]

    return opened


def term(id_: str, name: str, *lines: str) -> str:
    return "\n".join(["[Term]", f"id: {id_}", f"name: {name}", *lines, "", ""])


def owner(lexicon: Lexicon, form: str) -> set[str]:
    return {name.concept for name in lexicon.names.get(form, ())}


# ---------------------------------------------------------------------------------------------------- Reading OBO


def test_an_obo_stanza_gives_name_exact_synonyms_parents_and_references(tmp_path: Path) -> None:
    path = tmp_path / "a.obo"
    text = HEAD + term(
        "DOID:1", "small \\\"cell\\\" tumor", 'def: "Grows \\"fast\\"." [url:x\\:y]',
        'synonym: "SCT" EXACT OMO:0003012 []', 'synonym: "tiny tumor" EXACT [PMID:1] {source="x"}',
        'synonym: "tumor" BROAD []', 'synonym: "thing" RELATED []', 'synonym: "no scope" []',
        'exact_synonym: "old style" []', "xref: NCI:C1 {a=\"b\"}", 'xref: MESH:D1 "quoted"',
        "is_a: DOID:2 {is_inferred=\"true\"} ! cancer", "relationship: part_of X:1 ! y", "comment: [SN].",
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")
    assert read_obo(path).terms == (
        Term(
            id="DOID:1", en='small "cell" tumor', also=("tiny tumor", "old style"), abbr=("SCT",), broader=("DOID:2",),
            near=("NCI:C1", "MESH:D1"), definition='Grows "fast".', line=4,
        ),
    )  # fmt: skip


def test_obsolete_and_nameless_terms_are_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.obo"
    nameless = "[Term]\nid: DOID:3\n\n"
    gone = term("DOID:2", "b", "is_obsolete: true ! since 2020")
    path.write_text(HEAD + term("DOID:1", "a") + gone + nameless + "[Typedef]\nid: part_of\nname: p\n", "utf-8")
    read = read_obo(path)
    assert ([t.id for t in read.terms], read.obsolete, read.unnamed) == (["DOID:1"], 1, 1)


BROKEN_OBO = {
    "a line without a tag": ("[Term]\nid: DOID:1\nname: a\nthis is not a tag\n", 7),
    "a header that does not end": ("[Term\nid: DOID:1\n", 4),
    "a synonym without quotes": ("[Term]\nid: DOID:1\nname: a\nsynonym: b EXACT []\n", 7),
    "a quote that does not end": ('[Term]\nid: DOID:1\nname: a\nsynonym: "b EXACT []\n', 7),
    "a term without an id": ("[Term]\nname: a\n\n[Term]\nid: DOID:1\nname: b\n", 4),
    "an empty id": ("[Term]\nid:\nname: a\n", 5),
    "an id twice": ("[Term]\nid: DOID:1\nname: a\n\n[Term]\nid: DOID:1\nname: b\n", 8),
    "a definition without quotes": ("[Term]\nid: DOID:1\nname: a\ndef: words\n", 7),
}


@pytest.mark.parametrize("case", BROKEN_OBO)
def test_a_broken_obo_line_is_named_with_file_and_line(tmp_path: Path, case: str) -> None:
    assert len(BROKEN_OBO) == 8
    text, line = BROKEN_OBO[case]
    path = tmp_path / "broken.obo"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(OntologyError) as caught:
        read_obo(path)
    assert caught.value.where == f"{path}:{line}"
    assert caught.value.exit_code == 2


def test_a_text_that_is_no_obo_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.obo"
    path.write_text(HEAD, encoding="utf-8")
    with pytest.raises(OntologyError, match="has no \\[Term\\]"):
        read_obo(path)
    path.write_bytes(b"[Term]\nid: X:1\nname: \xff\n")
    with pytest.raises(OntologyError, match="not UTF-8") as caught:
        read_obo(path)
    assert caught.value.where == f"{path}:3"


@given(st.text(max_size=200))
def test_any_text_is_read_as_obo_or_refused_with_a_place(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.obo"
    path.write_bytes(("[Term]\nid: A:1\nname: a\n" + text).encode("utf-8", "surrogatepass"))
    place = ""
    try:
        terms = read_obo(path).terms
    except OntologyError as error:
        terms, place = (), error.where
    assert terms or place.startswith(f"{path}:") or "is_obsolete" in text


# -------------------------------------------------------------------------------------------------- Reading tables


def test_a_csv_table_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        'ID,Preferred Label,中文,Synonyms,Parents,kind,remark\r\n'
        'X:1,"tumor, benign",良性瘤,one|two ,X:2|X:3,finding,ignored\r\n\r\n'
        "X:2,cancer,,,,,\r\n",
        encoding="utf-8-sig",
    )
    assert read_table(path).terms == (
        Term(
            id="X:1", en="tumor, benign", zh="良性瘤", also=("one", "two"), broader=("X:2", "X:3"), kind="finding",
            line=2,
        ),
        Term(id="X:2", en="cancer", line=4),
    )  # fmt: skip


def test_a_second_row_of_an_id_gives_it_a_further_name(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('id\tlabel\nU:4\tnose\nU:5\t5" lens\nU:4\tolfactory organ\n', encoding="utf-8")
    read = {t.id: t for t in read_table(path).terms}
    assert (read["U:4"].en, read["U:4"].also, read["U:5"].en) == ("nose", ("olfactory organ",), '5" lens')


def test_a_table_of_translations_gives_both_labels_and_leaves_definitions_out(tmp_path: Path) -> None:
    path = tmp_path / "hp.babelon.tsv"
    path.write_text(
        "source_language\ttranslation_language\tsubject_id\tpredicate_id\tsource_value\ttranslation_value\n"
        "en\tzh\tHP:1\trdfs:label\tSeizure\t癫痫发作\n"
        "en\tzh\tHP:1\tIAO:0000115\tA long story\t长故事\n"
        "en\tfr\tHP:2\trdfs:label\tComa\tComa\n",
        encoding="utf-8",
    )
    assert [(t.id, t.en, t.zh, t.also) for t in read_table(path).terms] == [
        ("HP:1", "Seizure", "癫痫发作", ()), ("HP:2", "Coma", "", ()),
    ]  # fmt: skip


BROKEN_TABLES = {
    "no header": ("X:1,cancer\n", 1),
    "no label column": ("id,kind\nX:1,disease\n", 1),
    "a row without id": ("id,label\nX:1,a\n,b\n", 3),
    "an unknown kind": ("id,label,kind\nX:1,a,animal\n", 2),
    "a quote that does not end": ('id,label\nX:1,"a\n', 2),
}


@pytest.mark.parametrize("case", BROKEN_TABLES)
def test_a_broken_table_is_named_with_file_and_line(tmp_path: Path, case: str) -> None:
    assert len(BROKEN_TABLES) == 5
    text, line = BROKEN_TABLES[case]
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError) as caught:
        read_table(path)
    assert caught.value.where == f"{path}:{line}"


# ------------------------------------------------------------------------------------------------------ Reading RDF

SKOS_TTL = """\
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix x: <https://example.org/t/> .
x:scheme a skos:ConceptScheme ; skos:prefLabel "not a term" .
x:b a skos:Concept ; skos:prefLabel "wrist pain"@en, "腕痛"@zh, "douleur"@fr ; skos:altLabel "carpalgia"@en ;
    skos:broader x:a, [] ; skos:exactMatch <http://purl.obolibrary.org/obo/DOID_1324> ; skos:definition "It hurts."@en .
x:a a skos:Concept ; skos:prefLabel "pain" .
x:old a skos:Concept ; skos:prefLabel "old"@en ; owl:deprecated true .
x:none a skos:Concept ; skos:prefLabel "rien"@fr .
"""
OWL_XML = """\
<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#"
  xmlns:owl="http://www.w3.org/2002/07/owl#" xmlns:o="http://www.geneontology.org/formats/oboInOwl#">
  <owl:Class rdf:about="http://purl.obolibrary.org/obo/DOID_900">
    <rdfs:label>nail  disease</rdfs:label>
    <o:hasExactSynonym>onychopathy</o:hasExactSynonym>
    <o:hasDbXref>NCI:C900</o:hasDbXref>
    <rdfs:subClassOf rdf:resource="http://purl.obolibrary.org/obo/DOID_4"/>
    <rdfs:subClassOf><owl:Restriction/></rdfs:subClassOf>
  </owl:Class>
</rdf:RDF>
"""


def test_skos_in_turtle_gives_labels_by_language_and_the_hierarchy(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text(SKOS_TTL, encoding="utf-8")
    read = read_rdf(path)
    x = "https://example.org/t/"
    assert read.terms == (
        Term(id=x + "a", en="pain"),
        Term(
            id=x + "b", en="wrist pain", zh="腕痛", also=("carpalgia",), broader=(x + "a",),
            same=("http://purl.obolibrary.org/obo/DOID_1324",), definition="It hurts.",
        ),
    )  # fmt: skip
    assert (read.obsolete, read.unnamed) == (1, 1)


@pytest.mark.parametrize("name", ["a.owl", "a.rdf", "a.xml"])
def test_owl_in_rdf_xml_gives_classes_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(OWL_XML, encoding="utf-8")
    assert read_rdf(path).terms == (
        Term(
            id="http://purl.obolibrary.org/obo/DOID_900", en="nail disease", also=("onychopathy",),
            broader=("http://purl.obolibrary.org/obo/DOID_4",), near=("NCI:C900",),
        ),
    )  # fmt: skip


def test_an_owl_file_may_be_turtle(tmp_path: Path) -> None:
    path = tmp_path / "a.owl"
    path.write_text(SKOS_TTL, encoding="utf-8")
    assert len(read_rdf(path).terms) == 2


@pytest.mark.parametrize(
    ("text", "name"),
    [("<http://a> <http://b> .\n", "a.ttl"), ("<?xml version='1.0'?>\n<rdf:RDF>\n<x\n", "a.rdf")],
    ids=["Turtle", "RDF/XML"],
)
def test_broken_rdf_is_refused_by_name(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError) as caught:
        read_rdf(path)
    assert caught.value.where.startswith(str(path))
    assert "neither Turtle nor RDF/XML" in caught.value.what


def test_entities_may_shorten_names_and_not_build_on_one_another(tmp_path: Path) -> None:
    path = tmp_path / "a.owl"
    head = '<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [<!ENTITY obo "http://purl.obolibrary.org/obo/">%s]>'
    body = OWL_XML.partition("\n")[2].replace("http://purl.obolibrary.org/obo/DOID_900", "&obo;DOID_900")
    path.write_text(head % "" + body, encoding="utf-8")
    assert read_rdf(path).terms[0].id == "http://purl.obolibrary.org/obo/DOID_900"
    path.write_text(head % '<!ENTITY more "&obo;&obo;">' + body, encoding="utf-8")
    with pytest.raises(OntologyError, match="entities by entities"):
        read_rdf(path)


def test_a_graph_without_concepts_is_no_terminology(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("<http://a> <http://b> <http://c> .\n", encoding="utf-8")
    with pytest.raises(OntologyError, match="no named owl:Class or skos:Concept"):
        read_rdf(path)


def test_every_reader_says_that_a_missing_file_is_missing(tmp_path: Path) -> None:
    assert len(READERS) == 9
    for suffix, reader in READERS.items():
        with pytest.raises(OntologyError, match="No such file"):
            reader(tmp_path / f"absent{suffix}")


# ---------------------------------------------------------------------------------------------------------- Joining


def test_a_term_with_an_id_that_we_map_is_merged_and_its_synonyms_become_forms(join: Opener) -> None:
    text = HEAD + term("DOID:1324", "lung malignant tumor", 'synonym: "pulmonary cancer" EXACT []')
    lexicon, joined = join(text)
    assert (joined.added, joined.merged) == (0, 1)
    assert "disease/doid-1324" not in lexicon.concepts
    assert owner(lexicon, "pulmonary cancer") == owner(lexicon, "pulmonary cancers") == {"disease/lung-cancer"}
    assert owner(lexicon, "lung malignant tumour") == {"disease/lung-cancer"}
    assert lexicon.concepts["disease/lung-cancer"].exact == ("DOID:1324",)


@pytest.mark.parametrize("label", ["Brain Tumor", "brain tumours", "脑肿瘤", "BRAIN-TUMOUR"])
def test_a_term_with_the_normal_form_of_our_label_is_merged_as_an_exact_match(join: Opener, label: str) -> None:
    lexicon, joined = join(HEAD + term("DOID:1319", label))
    assert joined.merged == 1
    assert lexicon.concepts["disease/brain-tumour"].exact == ("DOID:1319",)


def test_a_label_that_is_only_our_synonym_gives_a_close_match_and_no_forms(join: Opener) -> None:
    lexicon, joined = join(HEAD + term("DOID:8778", "regional enteritis", 'synonym: "ileitis terminalis" EXACT []'))
    crohn = lexicon.concepts["disease/crohn"]
    assert joined.merged == 1
    assert (crohn.exact, crohn.close) == ((), ("DOID:8778",))
    assert owner(lexicon, "ileitis terminalis") == set()


def test_an_equal_label_does_not_outweigh_an_id_that_was_curated(join: Opener) -> None:
    lexicon, _ = join(HEAD + term("DOID:99", "edema"))
    oedema = lexicon.concepts["disease/oedema"]
    assert (oedema.exact, oedema.close) == (("DOID:77",), ("DOID:99",))


def test_a_label_of_another_kind_is_another_thing(join: Opener) -> None:
    lexicon, joined = join(HEAD + term("DOID:5", "lung"))
    assert joined.added == 1
    assert owner(lexicon, "lung") == {"anatomy/lung"}
    assert joined.forms_left_out == 1


def test_a_new_term_keeps_its_own_id_and_stands_below_what_we_have(join: Opener) -> None:
    text = HEAD + term("DOID:1324", "lung cancer") + term(
        "DOID:3908", "lung non-small cell carcinoma", 'synonym: "NSCLC" EXACT OMO:0003012 []', "is_a: DOID:1324",
        "is_a: DOID:404 ! not in this slim", "xref: NCI:C2926", "xref: UMLS_CUI:C0007131", "xref: GARD:1",
        "xref: SNOMEDCT_US_2025_09_01:254637007",
    )  # fmt: skip
    lexicon, joined = join(text)
    concept = lexicon.concepts["disease/doid-3908"]
    assert (concept.kind, concept.finding, concept.en, concept.zh) == (
        "disease", False, "lung non-small cell carcinoma", "lung non-small cell carcinoma",
    )  # fmt: skip
    assert concept.exact == ("DOID:3908",)
    assert concept.close == ("NCIT:C2926", "SNOMEDCT:254637007", "UMLS:C0007131")
    assert concept.broader == ("disease/lung-cancer",)
    assert lexicon.ancestors(concept.id) == {"disease/lung-cancer", "disease/cancer"}
    assert joined.parents_left_out == 1
    assert [(n.concept, n.exact) for n in lexicon.names["nsclc"]] == [(concept.id, "NSCLC")]
    assert concept.source == "terms.obo:8"
    assert concept.terminology == "terms.obo"


def test_a_form_that_another_concept_has_is_left_out_and_counted(join: Opener) -> None:
    taken = ("malignancy", "brain tumors", "mass", "case", "x", "12")  # ours, a plural of ours, ambiguous, no names
    synonyms = [f'synonym: "{s}" EXACT []' for s in (*taken, "new one")]
    lexicon, joined = join(HEAD + term("DOID:6", "strange disease", *synonyms))
    assert joined.forms_left_out == 6
    assert lexicon.concepts["disease/doid-6"].also == ("new one",)
    assert owner(lexicon, "malignancy") == {"disease/cancer"}
    assert owner(lexicon, "mass") == {""}
    assert owner(lexicon, "case") == set()


def test_of_two_terms_with_one_synonym_the_smaller_id_has_it_in_any_order(join: Opener) -> None:
    one, two = (term(f"DOID:{n}", f"disease {n}", 'synonym: "shared" EXACT []') for n in (7001, 7002))
    for text in (one + two, two + one):
        lexicon, _ = join(HEAD + text)
        assert owner(lexicon, "shared") == {"disease/doid-7001"}


def test_a_label_beats_a_synonym_of_a_smaller_id(join: Opener) -> None:
    lexicon, _ = join(HEAD + term("DOID:7001", "a pox", 'synonym: "b pox" EXACT []') + term("DOID:7002", "b pox"))
    assert owner(lexicon, "b pox") == {"disease/doid-7002"}


def test_a_cycle_is_a_mistake_that_names_file_and_line(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.obo"
    path.write_text(HEAD + term("DOID:1", "a pox", "is_a: DOID:2") + term("DOID:2", "b pox", "is_a: DOID:1"), "utf-8")
    with pytest.raises(OntologyError, match="above itself") as caught:
        open_lexicon([path], directory=root)
    assert "c.obo:4: disease/doid-1" in str(caught.value)
    _, problems = read_files([path], directory=root)
    assert [(p.file, p.entry) for p in problems] == [("c.obo:4", "disease/doid-1"), ("c.obo:9", "disease/doid-2")]


def test_ids_that_give_one_concept_are_a_mistake(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("id,label\nX:a-b,one pox\nX:a_b,two pox\n", encoding="utf-8")
    _, problems = read_files([f"{path}=disease"], directory=root)
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("id_", "kind", "finding"),
    [("DOID:1", "disease", False), ("MONDO:0000001", "disease", False), ("NCIT:C1", "disease", False),
     ("HP:0000002", "disease", True), ("UBERON:0000001", "anatomy", False), ("AIO:UNet", "method", False),
     ("aio:UNet", "method", False), ("https://w3id.org/aio/UNet", "method", False),
     ("http://purl.obolibrary.org/obo/DOID_1", "disease", False), ("HGNC:1", "biomarker", False)],
)  # fmt: skip
def test_a_well_known_prefix_tells_the_kind(join: Opener, id_: str, kind: str, finding: bool) -> None:
    lexicon, _ = join(HEAD + term(id_, "something quite new"))
    (concept,) = (c for c in lexicon.concepts.values() if c.terminology)
    assert (concept.kind, concept.finding) == (kind, finding)


def test_an_unknown_kind_is_asked_for_and_a_given_one_is_taken(join: Opener) -> None:
    with pytest.raises(OntologyError, match=r"not known \(ids like 'LAB:1'\).*terms.obo=KIND"):
        join(HEAD + term("LAB:1", "flux capacity"))
    lexicon, joined = join(HEAD + term("LAB:1", "flux capacity"), kind="biomarker")
    assert lexicon.concepts["biomarker/lab-1"].exact == ()
    assert joined.without_mapping == 1


def test_terms_of_imported_vocabularies_are_left_out_and_counted(join: Opener) -> None:
    lexicon, joined = join(HEAD + term("BFO:0000001", "entity") + term("DOID:9", "some pox", "is_a: BFO:0000001"))
    assert (joined.added, joined.other, joined.parents_left_out) == (1, 1, 1)
    assert owner(lexicon, "entity") == set()


def test_a_kind_that_does_not_exist_and_an_unknown_format_are_refused(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "a.obo"
    path.write_text(HEAD + term("DOID:1", "a pox"), encoding="utf-8")
    with pytest.raises(OntologyError, match="the kind 'illness' is unknown"):
        open_lexicon([f"{path}=illness"], directory=root)
    with pytest.raises(OntologyError, match="no format"):
        open_lexicon([tmp_path / "a.docx"], directory=root)
    with pytest.raises(OntologyError, match="says its kind itself"):
        open_lexicon([f"{tmp_path / 'a.yaml'}=disease"], directory=root)


def test_our_own_yaml_and_foreign_files_go_together(root: Path, tmp_path: Path) -> None:
    own, other = tmp_path / "mine.yaml", tmp_path / "b.obo"
    own.write_text("kind: disease\nconcepts:\n  zoster: {en: zoster, zh: 带状疱疹}\n", encoding="utf-8")
    other.write_text(HEAD + term("DOID:8536", "zoster"), encoding="utf-8")
    lexicon = open_lexicon([other, own], directory=root).lexicon
    assert lexicon.concepts["disease/zoster"].exact == ("DOID:8536",)


def test_two_terminologies_meet_in_one_concept(root: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "a.obo", tmp_path / "b.ttl"
    one.write_text(HEAD + term("DOID:900", "nail disease"), encoding="utf-8")
    two.write_text(SKOS_TTL.replace("DOID_1324", "DOID_900"), encoding="utf-8")
    lexicon = open_lexicon([one, f"{two}=finding"], directory=root).lexicon
    assert owner(lexicon, "carpalgia") == {"disease/doid-900"}


def test_the_digest_changes_with_what_was_brought_in_and_with_nothing_else(join: Opener) -> None:
    text = HEAD + term("DOID:1", "a pox")
    first, again = join(text)[0].digest, join(text)[0].digest
    assert first == again
    assert join(HEAD + term("DOID:1", "b pox"))[0].digest != first


def test_ids_are_known_by_prefix_edition_and_address() -> None:
    curie_of = curie_reader(load_sources())
    cases = {
        "NCI:C3088": "NCIT:C3088", "umls_cui:C0018923": "UMLS:C0018923", "MSH:D006394": "MESH:D006394",
        "SNOMEDCT_US_2025_09_01:39000009": "SNOMEDCT:39000009", "http://purl.obolibrary.org/obo/MONDO_0005148":
        "MONDO:0005148", "http://w3id.org/aio/UNet": "AIO:UNet", "http://identifiers.org/hgnc/10001": "HGNC:10001",
        "ICDO:9120/3": None, "MESH:none": None, "https://example.org/x": None, "plain": None, "DOID:": None,
    }  # fmt: skip
    assert {raw: curie_of(raw) for raw in cases} == cases


# ------------------------------------------------------------------------------------------------- All the way through


def test_a_text_is_linked_to_what_was_brought_in(tmp_path: Path) -> None:
    path = tmp_path / "a.obo"
    path.write_text(HEAD + term("DOID:9", "Kessler pox", 'synonym: "KPX" EXACT OMO:0003012 []'), encoding="utf-8")
    lexicon = open_lexicon([path]).lexicon
    found = extract(Document("d", "Two cases of Kessler pox (not kpx) and of KPX."), prepare(lexicon)).mentions
    assert [(m.text, m.concept) for m in found] == [("Kessler pox", "disease/doid-9"), ("KPX", "disease/doid-9")]


def test_a_concept_without_a_chinese_name_conforms_and_says_where_it_comes_from(join: Opener, tmp_path: Path) -> None:
    lexicon, _ = join(HEAD + term("DOID:9", "Kessler pox") + term("HP:0000002", "单名征"))
    triples = list(concept_triples(lexicon, Names(), load_sources()))
    assert list(check_stream(triples)) == []
    path = tmp_path / "g.ttl"
    write_triples(path, "test", triples, {})
    assert check_full(path) == []
    text = path.read_text(encoding="utf-8")
    assert text.count('importedFrom> "terms.obo"') == 2
    assert '"Kessler pox"@en' in text
    assert '"Kessler pox"@zh' not in text
    assert '"单名征"@zh' in text


def test_a_mapping_says_whether_it_rests_on_a_label_or_on_its_source(join: Opener) -> None:
    lexicon, _ = join(HEAD + term("DOID:1319", "brain tumor") + term("DOID:9", "Kessler pox", "xref: NCI:C9"))
    rows = {(row[0], row[3]): (row[2], row[4]) for row in mapping_rows(lexicon, load_sources())}
    assert rows == {
        ("disease:brain-tumour", "DOID:1319"): ("skos:exactMatch", "semapv:LexicalMatching"),
        ("disease:doid-9", "DOID:9"): ("skos:exactMatch", "semapv:UnspecifiedMatching"),
        ("disease:doid-9", "NCIT:C9"): ("skos:closeMatch", "semapv:UnspecifiedMatching"),
        ("disease:lung-cancer", "DOID:1324"): ("skos:exactMatch", "semapv:ManualMappingCuration"),
        ("disease:oedema", "DOID:77"): ("skos:exactMatch", "semapv:ManualMappingCuration"),
    }


def test_lint_checks_what_is_brought_in(tmp_path: Path) -> None:
    path = tmp_path / "broken.obo"
    path.write_text(HEAD + "[Term]\nid: DOID:1\nnonsense\n", encoding="utf-8")
    assert [p.file for p in lint([path])] == [f"{path}:6"]


def test_the_human_disease_ontology_links_our_cancers_to_its_ids(shared: Path, lexicon: Lexicon) -> None:
    opened, problems = read_files([shared / "data/terms/DO_cancer_slim.obo"])
    assert problems == []
    (joined,) = opened.joined
    assert joined.terms == joined.added + joined.merged
    assert (joined.terms, joined.obsolete) == (729, 1)  # grep -c of [Term] and of is_obsolete
    for ours, doid in (("lung-cancer", "DOID:1324"), ("glioblastoma", "DOID:3068"), ("breast-cancer", "DOID:1612")):
        assert doid in opened.lexicon.concepts[f"disease/{ours}"].exact
    # A term that comes in by itself, under what we have or what came with it.
    assert opened.lexicon.concepts["disease/doid-0050458"].en == "juvenile myelomonocytic leukemia"
    assert "disease/haematological-malignancy" in opened.lexicon.ancestors("disease/doid-0050458")
    # What our lexicon calls things stays as it was.
    assert all(opened.lexicon.names[form] == lexicon.names[form] for form in lexicon.names)


def test_the_artificial_intelligence_ontology_gives_methods(shared: Path) -> None:
    opened, problems = read_files([shared / "data/terms/aio.obo"])
    assert problems == []
    assert opened.joined[0].terms == 442
    came = [c for c in opened.lexicon.concepts.values() if c.terminology]
    assert {c.kind for c in came} == {"method"}
    assert len(came) == opened.joined[0].added > 300
