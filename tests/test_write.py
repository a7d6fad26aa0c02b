"""What is written is what was meant: every reader gets the same triples back, and a person can read the file."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from graph_samples import REVIEW_SENTENCES, paper, review, small_corpus, small_lexicon
from imagingkg.graph.layers import arranged, graph_triples, named_graphs
from imagingkg.graph.names import Names, text_literal
from imagingkg.graph.reason import infer, load_rules, reasoning_store
from imagingkg.graph.sources import load_sources
from imagingkg.graph.write import write_graph, write_trig, write_triples
from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading
from imagingkg.publish.sssom import write_sssom

HOSTILE = [
    'He said "stop"',
    "it's '''three''' \"\"\"quotes\"\"\"",
    "a\nb\r\nc\td",
    "back\\slash\\",
    "\x01\x02\x08\x0c\x1f\x7f\x85",
    "\u202egnp.exe\u202c",
    "\u2066x\u2069",
    "😀👩\u200d⚕\ufe0f",
    "]]> <script>alert(1)</script> &amp; &#0;",
    "\ufeffbom",
    "\u2028\u2029",
    " . \n<http://x> a <http://y> .",
    "@prefix x: <y> .",
    "# no comment",
    "\ufdd0\U0001ffff\U0010ffff",
    "中文「引号」",
    "",
    "{{}} ${x} %s",
    "e\u0301 é",
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return small_lexicon(tmp_path_factory.mktemp("lexicon"))


def read(path: Path) -> list[Triple]:
    return [q.triple for q in parse(path=str(path), format=RdfFormat.TURTLE)]


def read_by(command: list[str]) -> set[Triple]:
    """The triples that another program reads, by way of the N-Triples that it prints."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return {q.triple for q in parse(done.stdout, format=RdfFormat.N_TRIPLES)}


RAPPER = ["rapper", "-q", "-i", "turtle", "-o", "ntriples"]
SERDI = ["serdi", "-i", "turtle", "-o", "ntriples"]


def hostile_triples() -> list[Triple]:
    node, says = (
        NamedNode("https://w3id.org/imagingkg/concept/method/x"),
        NamedNode("https://w3id.org/imagingkg/vocab/quote"),
    )
    return [
        Triple(node, says, text_literal(text, language))
        for text in HOSTILE for language in (None, "en", "zh")
    ]  # fmt: skip


@pytest.mark.parametrize("reader", [RAPPER, SERDI, None], ids=["rapper", "serdi", "pyoxigraph"])
def test_hostile_labels_come_back_as_they_were_from_every_reader(tmp_path: Path, reader: list[str] | None) -> None:
    triples = hostile_triples()
    path = tmp_path / "hostile.ttl"
    assert write_triples(path, "Hostile", triples, Names().prefixes({})) == len(HOSTILE) * 3 == 57
    assert (read_by([*reader, str(path)]) if reader else set(read(path))) == set(triples)


def test_what_no_file_can_carry_becomes_the_replacement_character(tmp_path: Path) -> None:
    texts = {"a\ud800b": "a\ufffdb", "\udfff": "\ufffd", "nul\x00": "nul\ufffd", "\ufffe\uffff": "\ufffd\ufffd"}
    node = NamedNode("https://example.org/x")
    path = tmp_path / "x.ttl"
    write_triples(path, "x", [Triple(node, node, text_literal(t)) for t in texts], {})
    assert {t.object.value for t in read(path)} == set(texts.values())
    assert {t.object.value for t in read_by([*RAPPER, str(path)])} == set(texts.values())


@pytest.mark.parametrize("reader", [RAPPER, SERDI], ids=["rapper", "serdi"])
def test_other_programs_count_the_triples_that_we_count(tmp_path: Path, small: Lexicon, reader: list[str]) -> None:
    whole = small_corpus(small)
    count = write_graph(tmp_path, whole)
    wanted = set(graph_triples(whole))
    assert count == len(wanted) > 250
    assert read_by([*reader, str(tmp_path / "graph.ttl")]) == wanted


def test_prefixes_stand_on_top_and_every_subject_is_one_block(tmp_path: Path, small: Lexicon) -> None:
    write_graph(tmp_path, small_corpus(small))
    text = (tmp_path / "graph.ttl").read_text(encoding="utf-8")
    head, _, body = text.partition("\n\n")
    assert head.splitlines()[0] == "@prefix ikg: <https://w3id.org/imagingkg/vocab/> ."
    assert all(re.fullmatch(r"@prefix [A-Za-z0-9]+: <[^>]+> \.", line) for line in head.splitlines())
    assert "@prefix" not in body
    blocks = [b for b in body.split("\n\n") if b.strip() and not b.startswith("#")]
    subjects = [b.split()[0] for b in blocks]
    assert len(subjects) == len(set(subjects)) == len({t.subject for t in read(tmp_path / "graph.ttl")})
    assert "modality:mri a ikg:Concept , ikg:Modality ;" in text
    assert 'skos:prefLabel "MRI"@en , "磁共振成像"@zh ;' in text
    assert "ikg:value 0.950 ;" in text
    assert text.endswith(" .\n")
    assert not text.endswith("\n\n")


def test_concepts_come_before_studies_before_documents_before_claims(tmp_path: Path, small: Lexicon) -> None:
    write_graph(tmp_path, small_corpus(small))
    order: list[str] = []
    for triple in read(tmp_path / "graph.ttl"):
        kind = triple.subject.value.removeprefix("https://w3id.org/imagingkg/").partition("/")[0]
        if kind in {"concept", "study", "document", "claim"} and (not order or order[-1] != kind):
            order.append(kind)
    assert list(dict.fromkeys(order)) == ["concept", "study", "document", "claim"]
    assert order[:4] == ["concept", "study", "document", "claim"]
    assert set(order[4:]) <= {"claim"}


def test_a_documents_claims_stand_in_the_order_of_its_text_each_followed_by_its_evidence(
    tmp_path: Path, small: Lexicon
) -> None:
    write_graph(tmp_path, small_corpus(small, replace(review(), claims=review().claims[::-1])))
    text = (tmp_path / "graph.ttl").read_text(encoding="utf-8")
    body = text[text.index("# Claims and statements") :]
    places = [body.index(f'ikg:quote "{sentence}"') for sentence in REVIEW_SENTENCES]
    assert len(places) == 3
    assert places == sorted(places)
    claims = [m.start() for m in re.finditer(r"^claim:", body, re.MULTILINE)]
    assert [sum(c < place for c in claims) for place in places] == [1, 2, 3]


def test_numbers_keep_the_form_in_which_they_were_printed(tmp_path: Path) -> None:
    decimal = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
    node = NamedNode("https://example.org/x")
    triples = [Triple(node, node, Literal(n, datatype=decimal)) for n in ("0.950", "1.0", "1", "91.00")]
    write_triples(tmp_path / "x.ttl", "x", triples, {})
    assert {t.object.value for t in read(tmp_path / "x.ttl")} == {"0.950", "1.0", "1", "91.00"}


def test_a_triple_given_twice_is_written_and_counted_once(tmp_path: Path) -> None:
    node = NamedNode("https://example.org/x")
    triple = Triple(node, node, node)
    assert write_triples(tmp_path / "x.ttl", "x", [triple, triple], {}) == 1
    assert write_triples(tmp_path / "y.ttl", "x", [], {}) == 0
    assert read(tmp_path / "y.ttl") == []


def test_the_order_of_triples_does_not_change_the_file(tmp_path: Path) -> None:
    triples = hostile_triples()
    write_triples(tmp_path / "a.ttl", "x", triples, Names().prefixes({}))
    write_triples(tmp_path / "b.ttl", "x", triples[::-1], Names().prefixes({}))
    assert (tmp_path / "a.ttl").read_bytes() == (tmp_path / "b.ttl").read_bytes()
    assert arranged(triples, by_subject=True) == arranged(triples[::-1], by_subject=True)


def test_trig_has_a_graph_for_each_document_beside_concepts_links_and_metadata(tmp_path: Path, small: Lexicon) -> None:
    whole = small_corpus(small)
    write_graph(tmp_path, whole)
    quads = list(parse(path=str(tmp_path / "graph.trig"), format=RdfFormat.TRIG))
    wanted = {Quad(t.subject, t.predicate, t.object, name) for name, ts in named_graphs(whole) for t in ts}
    assert set(quads) == wanted
    assert len(quads) == len(wanted)
    assert len({q.graph_name for q in quads}) == 6
    assert {q.triple for q in quads} == set(read(tmp_path / "graph.ttl"))


def test_a_graph_without_triples_is_left_out_of_trig(tmp_path: Path) -> None:
    node = NamedNode("https://example.org/x")
    graphs = [(node, []), (NamedNode("https://example.org/y"), [Triple(node, node, node)])]
    assert write_trig(tmp_path / "x.trig", graphs, {}) == 1
    found = {q.graph_name for q in parse(path=str(tmp_path / "x.trig"), format=RdfFormat.TRIG)}
    assert found == {NamedNode("https://example.org/y")}


BUILD = """
import sys
from pathlib import Path
from graph_samples import paper, review, small_corpus, small_lexicon
from imagingkg.graph.write import write_graph
out = Path(sys.argv[1])
readings = [paper(), review()]
write_graph(out, small_corpus(small_lexicon(out), *(readings if sys.argv[2] == "0" else readings[::-1])))
"""


def test_the_bytes_do_not_depend_on_the_hash_seed_or_the_order_of_readings(tmp_path: Path) -> None:
    written = []
    for seed in ("0", "1", "2"):
        out = tmp_path / seed
        out.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", BUILD, str(out), seed], check=True, env=environment, timeout=60)
        written.append(((out / "graph.ttl").read_bytes(), (out / "graph.trig").read_bytes()))
    assert written[0] == written[1] == written[2]


def test_hostile_documents_are_written_and_read_back_by_every_reader(tmp_path: Path, small: Lexicon) -> None:
    text = "\x01".join(HOSTILE) + "\ud800\x00\ufffe"
    document = replace(paper().document, text=text, title=text, source=text, authors=text, sha256="", sources=())
    claim = replace(paper().claims[0], start=0, end=len(text), quote=text, rule=text, comparator=text)
    whole = small_corpus(small, Reading(document, paper().mentions, (claim,)))
    count = write_graph(tmp_path, whole)
    wanted = set(graph_triples(whole))
    assert count == len(wanted)
    for reader in (RAPPER, SERDI):
        assert read_by([*reader, str(tmp_path / "graph.ttl")]) == wanted
    assert set(read(tmp_path / "graph.ttl")) == wanted


# --- layer 4


def concept(local: str) -> NamedNode:
    return NamedNode(f"https://w3id.org/imagingkg/concept/{local}")


def test_what_follows_is_inferred_once_sorted_and_apart_from_what_was_said(tmp_path: Path, small: Lexicon) -> None:
    whole = small_corpus(small)
    write_graph(tmp_path, whole)
    inferred = infer(reasoning_store(tmp_path / "graph.ttl"), load_rules())
    said = {(t.subject.value.rpartition("concept/")[2], t.predicate.value.rpartition("/")[2].rpartition("#")[2],
             t.object.value.rpartition("concept/")[2]) for t in inferred}  # fmt: skip
    wanted = {
        ("disease/low-grade-glioma", "broaderTransitive", "disease/glioma"),
        ("anatomy/subfield", "partOf", "anatomy/brain"),
        ("anatomy/subfield", "partOf", "anatomy/head"),
        ("anatomy/hippocampus", "partOf", "anatomy/head"),
        ("disease/glioma", "locatedIn", "anatomy/head"),
        ("disease/low-grade-glioma", "locatedIn", "anatomy/brain"),
        ("disease/low-grade-glioma", "locatedIn", "anatomy/head"),
    }
    assert {t for t in said if t[1] != "type"} == wanted
    assert len(inferred) == len(set(inferred))
    assert set(inferred) & set(graph_triples(whole)) == set()
    assert inferred == arranged(inferred, by_subject=True)
    assert not any(t.subject.value.startswith("https://w3id.org/imagingkg/vocab/") for t in inferred)


def test_every_claim_and_statement_is_inferred_to_be_an_assertion_and_every_concept_a_skos_one(
    tmp_path: Path, small: Lexicon
) -> None:
    whole = small_corpus(small)
    write_graph(tmp_path, whole)
    classes: dict[str, set[object]] = {}
    for t in infer(reasoning_store(tmp_path / "graph.ttl"), load_rules()):
        if t.predicate.value.endswith("#type"):
            classes.setdefault(t.object.value.rpartition("/")[2], set()).add(t.subject)
    said = {name: {t.subject for t in graph_triples(whole) if t.object == NamedNode(f"https://w3id.org/imagingkg/vocab/{name}")}
            for name in ("Claim", "Statement", "Concept")}  # fmt: skip
    assert classes["Assertion"] == said["Claim"] | said["Statement"]
    assert len(classes["Assertion"]) == 5
    assert classes["core#Concept"] == said["Concept"]
    assert len(said["Concept"]) == 22


# --- mappings


def test_mappings_are_rows_under_a_yaml_header_sorted_with_their_justification(tmp_path: Path, small: Lexicon) -> None:
    path = tmp_path / "mappings.sssom.tsv"
    count = write_sssom(path, small, Names(), load_sources(), version="1.2.3")
    lines = path.read_text(encoding="utf-8").splitlines()
    header = yaml.safe_load("\n".join(line.removeprefix("# ") for line in lines if line.startswith("# ")))
    rows = list(csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    assert rows[0][:5] == ["subject_id", "subject_label", "predicate_id", "object_id", "mapping_justification"]
    assert [row[:5] for row in rows[1:]] == [
        ["biomarker:idh", "IDH mutation", "skos:broadMatch", "HGNC:5382", "semapv:ManualMappingCuration"],
        ["disease:glioma", "glioma", "skos:exactMatch", "MONDO:0021042", "semapv:ManualMappingCuration"],
        ["disease:glioma", "glioma", "skos:closeMatch", "HP:0009733", "semapv:LexicalMatching"],
        ["modality:mri", "MRI", "skos:exactMatch", "DICOM:MR", "semapv:ManualMappingCuration"],
        ["modality:mri", "MRI", "skos:exactMatch", "RADLEX:RID10312", "semapv:ManualMappingCuration"],
    ]
    assert count == 5
    prefixes = {cell.partition(":")[0] for row in rows[1:] for cell in (row[0], row[2], row[3], row[4])}
    assert prefixes <= set(header["curie_map"])
    assert header["curie_map"]["RADLEX"] == "http://www.radlex.org/RID/"
    assert header["curie_map"]["modality"] == "https://w3id.org/imagingkg/concept/modality/"
    assert "Radiological Society of North America" in header["comment"]
    assert "SNOMED" not in path.read_text(encoding="utf-8")


def test_licensed_codes_are_mapped_only_on_demand(tmp_path: Path, small: Lexicon) -> None:
    path = tmp_path / "m.tsv"
    assert write_sssom(path, small, Names(), load_sources(), version="1", licensed_codes=True) == 6
    assert "SNOMEDCT:393564001" in path.read_text(encoding="utf-8")


def test_the_mappings_of_the_graph_and_of_sssom_are_the_same(tmp_path: Path, small: Lexicon) -> None:
    write_sssom(tmp_path / "m.tsv", small, Names(), load_sources(), version="1")
    sources = load_sources()
    rows = [
        line.split("\t") for line in (tmp_path / "m.tsv").read_text(encoding="utf-8").splitlines() if line[0] != "#"
    ]
    told = {(concept(r[0].replace(":", "/")), r[2].partition(":")[2],
             sources[r[3].partition(":")[0]].base + r[3].partition(":")[2]) for r in rows[1:]}  # fmt: skip
    matches = [t for t in graph_triples(small_corpus(small)) if t.predicate.value.endswith("Match")]
    mapped = {(t.subject, t.predicate.value.partition("#")[2], t.object.value) for t in matches}
    assert told == mapped
    assert len(told) == 5


def test_a_label_cannot_break_a_row(tmp_path: Path, small: Lexicon) -> None:
    glioma = replace(small.concepts["disease/glioma"], en='a\tb\n"c"\ud800')
    lexicon = replace(small, concepts={**small.concepts, "disease/glioma": glioma})
    write_sssom(tmp_path / "m.tsv", lexicon, Names(), load_sources(), version="1")
    lines = [line for line in (tmp_path / "m.tsv").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    rows = list(csv.reader(lines, delimiter="\t"))
    assert {len(row) for row in rows} == {6}
    assert rows[2][1] == 'a b "c"\ufffd'
