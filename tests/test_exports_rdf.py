"""RDF out of a build, read back by rdflib, pyoxigraph, rapper and serdi: nothing is lost or changed on the way."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph
import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from exports_case import DATA, HOSTILE, IKG, SKOS, Said, Spo, changed, graph_of, said, spo, without
from imagingkg.publish.export_jsonld import write_json_ld
from imagingkg.publish.export_rdf import FileWriter, write_rdf_xml, write_sorted
from imagingkg.publish.exports import export

NP = "http://www.nanopub.org/nschema#"
PROV = "http://www.w3.org/ns/prov#"
REIFIES = "http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies"
XSD_DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"


@pytest.fixture(params=["sample", "hostile"])
def output(request: pytest.FixtureRequest, sample_output: Path, hostile_output: Path) -> Path:
    return sample_output if request.param == "sample" else hostile_output


def in_xml(text: str) -> str:
    """A text less the characters that XML 1.0 has not."""
    return "".join(c if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "\ufffd"
                   for c in text)  # fmt: skip


def same(text: str) -> str:
    return text


def by_rdflib(data: bytes, form: str) -> list[Spo]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib uses what rdflib has deprecated
        graph: rdflib.Graph = rdflib.Dataset(default_union=True) if form in ("trig", "nquads") else rdflib.Graph()
        graph.parse(data=data, format=form)
        triples = list(graph.triples((None, None, None)))
    return [
        (str(s), str(p), (str(o), (o.language or "") if isinstance(o, rdflib.Literal) else "")) for s, p, o in triples
    ]


FORMS = {
    "ttl": ("turtle", RdfFormat.TURTLE, same),
    "nt": ("nt", RdfFormat.N_TRIPLES, same),
    "rdfxml": ("xml", RdfFormat.RDF_XML, in_xml),
    "jsonld": ("json-ld", RdfFormat.JSON_LD, same),
    "trig": ("trig", RdfFormat.TRIG, same),
    "nq": ("nquads", RdfFormat.N_QUADS, same),
}


def test_the_hostile_graph_is_hostile_and_the_measure_is_the_readings(
    sample_output: Path, hostile_output: Path
) -> None:
    texts = [text for _, _, (text, _) in graph_of(hostile_output)]
    assert [h for h in HOSTILE if not any(text.startswith(h) for text in texts)] == []
    read = [json.loads(line) for line in (sample_output / "claims.jsonl").read_text(encoding="utf-8").splitlines()]
    in_readings = Counter(
        (c["certainty"], c["asserted_as"], c["quote"], frozenset(r["reported_as"] for r in c["results"]))
        for reading in read
        for c in reading["claims"]
    )
    measured = said(graph_of(sample_output)).values()
    assert Counter((c.certainty, c.asserted_as, c.quote, c.figures) for c in measured) == in_readings
    assert in_readings.total() > 80
    assert Counter(c.certainty for c in measured).keys() == {"affirmed", "hedged", "negated"}


@pytest.mark.parametrize("form", list(FORMS))
def test_rdflib_finds_every_claim_with_its_certainty_quote_figures_sources_and_labels(output: Path, form: str) -> None:
    name, _, change = FORMS[form]
    ours = changed(said(graph_of(output)), change)
    assert said(by_rdflib(export(output, form), name)) == ours
    assert len(ours) > 80


@pytest.mark.parametrize("form", list(FORMS))
def test_pyoxigraph_reads_back_the_same_triples(output: Path, form: str) -> None:
    _, kind, change = FORMS[form]
    ours = {legal(q.triple, change) for q in pyoxigraph.parse(path=str(output / "graph.ttl"), format=RdfFormat.TURTLE)}
    read = {q.triple for q in pyoxigraph.parse(export(output, form), format=kind)}
    assert read == ours
    assert len(read) > 5_000
    numbers = {str(t.object) for t in read if t.predicate.value == IKG + "value"}
    assert any(re.fullmatch(r'"\d+\.\d*0"\^\^.*', n) for n in numbers) or "0" not in "".join(numbers)


def legal(triple: Triple, change: object) -> Triple:
    if change is same or not isinstance(triple.object, Literal):
        return triple
    text, language = in_xml(triple.object.value), triple.object.language
    literal = Literal(text, language=language) if language else Literal(text, datatype=triple.object.datatype)
    return Triple(triple.subject, triple.predicate, literal)


@pytest.mark.parametrize(
    ("command", "form"),
    [
        (["rapper", "-q", "-i", "ntriples", "-o", "ntriples"], "nt"),
        (["rapper", "-q", "-i", "rdfxml", "-o", "ntriples"], "rdfxml"),
        (["rapper", "-q", "-i", "turtle", "-o", "ntriples"], "ttl"),
        (["serdi", "-i", "ntriples", "-o", "ntriples"], "nt"),
        (["serdi", "-i", "turtle", "-o", "ntriples"], "ttl"),
        (["serdi", "-i", "nquads", "-o", "nquads"], "nq"),
        (["serdi", "-i", "trig", "-o", "nquads"], "trig"),
        (["serdi", "-i", "trig", "-o", "nquads"], "nanopub"),
    ],
    ids=lambda x: x if isinstance(x, str) else x[0],
)
def test_other_programs_read_what_we_wrote(output: Path, tmp_path: Path, command: list[str], form: str) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    path = tmp_path / "graph"
    path.write_bytes(export(output, form))
    done = subprocess.run([*command, str(path)], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:500]
    kinds = {"nt": RdfFormat.N_TRIPLES, "rdfxml": RdfFormat.RDF_XML, "ttl": RdfFormat.TURTLE, "nq": RdfFormat.N_QUADS}
    ours = set(pyoxigraph.parse(path.read_bytes(), format=kinds.get(form, RdfFormat.TRIG)))
    theirs = RdfFormat.N_QUADS if "nquads" in command[-1:] else RdfFormat.N_TRIPLES
    assert set(pyoxigraph.parse(done.stdout, format=theirs)) == ours


def test_a_number_keeps_its_zeros_in_every_format(sample_output: Path, tmp_path: Path) -> None:
    output = shutil.copytree(sample_output, tmp_path / "output")
    text = (output / "graph.ttl").read_text(encoding="utf-8")
    (output / "graph.ttl").write_text(text.replace("ikg:value 0.95 ;", "ikg:value 0.950 ;", 1), encoding="utf-8")
    wanted = Literal("0.950", datatype=NamedNode(XSD_DECIMAL))
    for form in ("nt", "rdfxml", "jsonld", "rdf12", "nanopub"):
        kind = {"rdf12": RdfFormat.TURTLE, "nanopub": RdfFormat.TRIG}.get(form) or FORMS[form][1]
        assert any(q.object == wanted for q in pyoxigraph.parse(export(output, form), format=kind)), form


# ------------------------------------------------------------------------------------------------------------- JSON-LD


def test_the_context_of_the_json_ld_is_in_the_file(output: Path) -> None:
    data = json.loads(export(output, "jsonld"))
    assert isinstance(data["@context"], dict)
    named = [v if isinstance(v, str) else v.get("@id") for v in data["@context"].values() if v != 1.1]
    assert len(named) > 60
    assert all(str(iri).startswith("http") for iri in named)
    assert set(data) == {"@context", "@graph"}


def test_json_without_an_rdf_library_shows_a_claim_in_plain_keys(sample_output: Path) -> None:
    nodes = {n["@id"]: n for n in json.loads(export(sample_output, "jsonld"))["@graph"]}
    glioma = nodes[f"{DATA}concept/disease/glioma"]
    assert (glioma["prefLabel"]["en"], glioma["prefLabel"]["zh"]) == ("glioma", "胶质瘤")
    claim = next(n for n in nodes.values() if n.get("@type") == "ikg:Claim" and n["certainty"] == "ikg:negated")
    assert claim["task"].startswith(f"{DATA}concept/task/")
    assert nodes[claim["evidence"]]["quote"]


def test_labels_with_and_without_a_language_and_odd_values_survive_json_ld(tmp_path: Path) -> None:
    head = f"@prefix ikg: <{IKG}> .\n@prefix skos: <{SKOS}> .\n"
    body = """
<http://x/a> a ikg:Concept ; skos:prefLabel "plain" , "english"@en ; skos:altLabel "x"@zh-Hant , "y"@zh-Hant .
<http://x/b> ikg:task "a text where a thing should be" ; ikg:quote <http://x/thing> , "text" ; ikg:value 1.50 , true .
<http://x/c> skos:prefLabel <http://x/thing> ; <http://other/p> "o"^^<http://x/type> , "" ; ikg:title "@id" , "ikg:x" .
<https://w3id.org/imagingkg/vocab/d> ikg:task ikg:e , <http://x/f?g=h#i> ; ikg:modality <urn:x:y> .
"""
    (tmp_path / "graph.ttl").write_text(head + body, encoding="utf-8")
    ours = {q.triple for q in pyoxigraph.parse(head + body, format=RdfFormat.TURTLE)}
    data = export(tmp_path, "jsonld")
    assert {q.triple for q in pyoxigraph.parse(data, format=RdfFormat.JSON_LD)} == ours
    assert set(by_rdflib(data, "json-ld")) == set(spo(ours))
    assert len(ours) == 18


# ------------------------------------------------------------------------------------------------------------- RDF 1.2


def links_of_claims(output: Path) -> dict[str, set[tuple[str, str, str]]]:
    """The links that each claim's quote names both ends of."""
    pairs = {
        "performs": ("method", "task"), "usesModality": ("method", "modality"), "appliedTo": ("method", "disease"),
        "targets": ("task", "disease"), "images": ("modality", "disease"), "supportsTask": ("modality", "task"),
        "predicts": ("method", "biomarker"), "markerOf": ("biomarker", "disease"),
    }  # fmt: skip
    fillers: dict[str, dict[str, set[str]]] = {}
    for s, p, (o, _) in graph_of(output):
        fillers.setdefault(s, {}).setdefault(p.removeprefix(IKG), set()).add(o)
    out = {}
    for claim, roles in fillers.items():
        if "statedIn" in roles and "task" in roles:
            context = roles.get("contextFiller", set())
            out[claim] = {
                (a, link, b)
                for link, (one, other) in pairs.items()
                for a in roles.get(one, set()) - context
                for b in roles.get(other, set()) - context
            }
    return out


def test_turtle_1_2_ties_each_claim_to_its_links_and_asserts_those_that_are_affirmed(output: Path) -> None:
    data = export(output, "rdf12")
    assert data.startswith(b'VERSION "1.2"\n')
    triples = [q.triple for q in pyoxigraph.parse(data, format=RdfFormat.TURTLE)]
    reified: dict[str, set[tuple[str, str, str]]] = {}
    for t in triples:
        if t.predicate.value == REIFIES:
            assert isinstance(t.object, Triple)
            link = (t.object.subject.value, t.object.predicate.value.removeprefix(IKG), t.object.object.value)
            reified.setdefault(t.subject.value, set()).add(link)
    wanted = {claim: links for claim, links in links_of_claims(output).items() if links}
    assert reified == wanted
    assert len(wanted) > 40
    plain = [t for t in triples if t.predicate.value != REIFIES]
    assert said(spo(plain)) == said(graph_of(output))
    asserted = {(t.subject.value, t.predicate.value.removeprefix(IKG), t.object.value)
                for t in plain if isinstance(t.object, NamedNode)}  # fmt: skip
    certainty = {iri: c.certainty for iri, c in said(spo(plain)).items()}
    affirmed = {link for claim, links in wanted.items() for link in links if certainty[claim] == "affirmed"}
    denied = {link for claim, links in wanted.items() for link in links if certainty[claim] == "negated"}
    assert affirmed <= asserted
    assert denied - affirmed
    assert not (denied - affirmed) & asserted


def test_a_triple_term_of_turtle_1_2_is_written_as_the_recommendation_has_it(sample_output: Path) -> None:
    text = export(sample_output, "rdf12").decode()
    found = re.findall(r"rdf:reifies (<<\( \S+ ikg:\w+ \S+ \)>>(?: , <<\( \S+ ikg:\w+ \S+ \)>>)*) \.\n", text)
    assert len(found) == len({c for c, links in links_of_claims(sample_output).items() if links})


# ----------------------------------------------------------------------------------------------------- Nanopublications


def nanopublications(output: Path) -> dict[str, dict[str, list[Triple]]]:
    """The parts of each nanopublication, found by its head alone: "head", "assertion", "provenance", "pubinfo"."""
    graphs: dict[str, list[Triple]] = {}
    for q in pyoxigraph.parse(export(output, "nanopub"), format=RdfFormat.TRIG):
        graphs.setdefault(q.graph_name.value, []).append(q.triple)
    out = {}
    for head, triples in graphs.items():
        if len(of(triples, "Nanopublication")) == 1:
            parts = {"head": triples}
            for part, name in (
                ("assertion", "hasAssertion"), ("provenance", "hasProvenance"), ("pubinfo", "hasPublicationInfo"),
            ):  # fmt: skip
                (graph,) = [t.object.value for t in triples if t.predicate.value == NP + name]
                parts[part] = graphs[graph]
            out[head] = parts
    assert len(graphs) == 4 * len(out)
    return out


def of(triples: Iterable[Triple], kind: str) -> list[str]:
    return [t.subject.value for t in triples if isinstance(t.object, NamedNode) and t.object.value == NP + kind]


def test_every_claim_is_a_well_formed_nanopublication(output: Path) -> None:
    found = nanopublications(output)
    assert len(found) == len(said(graph_of(output)))
    for head, parts in found.items():
        assert len(parts["head"]) == 4
        assert all(parts.values())
        whole = of(parts["head"], "Nanopublication")[0]
        assertion = head.removesuffix("head") + "assertion"
        assert any(t.subject.value == assertion for t in parts["provenance"])
        assert any(t.subject.value == whole for t in parts["pubinfo"])
        assert not any(
            t.predicate.value.startswith(NP) for part in ("assertion", "provenance", "pubinfo") for t in parts[part]
        )


def test_a_nanopublication_alone_says_all_that_its_claim_says(output: Path) -> None:
    alone: dict[str, Said] = {}
    for parts in nanopublications(output).values():
        alone |= said(spo(t for triples in parts.values() for t in triples))
    assert alone == said(graph_of(output))


def test_a_nanopublication_asserts_a_link_only_where_its_claim_affirms_it(sample_output: Path) -> None:
    links = links_of_claims(sample_output)
    certainty = {iri: c.certainty for iri, c in said(graph_of(sample_output)).items()}
    seen = Counter[str]()
    for parts in nanopublications(sample_output).values():
        (claim,) = [t.subject.value for t in parts["assertion"] if t.predicate.value == IKG + "certainty"]
        stated = {(t.subject.value, t.predicate.value.removeprefix(IKG), t.object.value)
                  for t in parts["assertion"] if "/concept/" in t.subject.value}  # fmt: skip
        assert stated == (links.get(claim, set()) if certainty[claim] == "affirmed" else set())
        seen[certainty[claim]] += 1
    assert all(seen[c] for c in ("affirmed", "hedged", "negated"))


# ------------------------------------------------------------------------------------------------------------- Sorting


def test_lines_are_sorted_alike_in_memory_and_by_way_of_the_disk(tmp_path: Path) -> None:
    lines = [f"{(n * 7919) % 1000:03}".encode() for n in range(1000)]
    for memory in (1, 500, 1_000_000):
        with (tmp_path / "sorted").open("wb") as out:
            write_sorted(iter(lines), out, memory=memory)
        assert (tmp_path / "sorted").read_bytes() == b"".join(line + b"\n" for line in sorted(lines)), memory


def test_without_quotes_every_format_keeps_the_rest(sample_output: Path, tmp_path: Path) -> None:
    output = shutil.copytree(sample_output, tmp_path / "output")
    text = (output / "graph.ttl").read_text(encoding="utf-8")
    bare = re.sub(r'\tikg:quote ".*" ;\n', "", text)
    assert bare != text
    (output / "graph.ttl").write_text(bare, encoding="utf-8")
    ours = without(said(graph_of(sample_output)), "quote")
    for form in ("nt", "rdfxml", "jsonld", "nanopub"):
        name = {"nanopub": "trig"}.get(form) or FORMS[form][0]
        assert without(said(by_rdflib(export(output, form), name)), "quote") == ours, form
    assert f"{SKOS}prefLabel" in {p for _, p, _ in by_rdflib(export(output, "nanopub"), "trig")}


class Sink(io.RawIOBase):
    """Takes what is written and keeps its length."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


@pytest.mark.parametrize("writer", [write_rdf_xml, write_json_ld])
def test_memory_does_not_grow_with_the_graph(sample_output: Path, tmp_path: Path, writer: FileWriter) -> None:
    text = (sample_output / "graph.ttl").read_text(encoding="utf-8")
    start = text.index("# Claims and statements")
    claims = re.sub(r"\b(claim|evidence|result|sample|document):(?=[0-9a-f]{24})", r"\1:copy-of-", text[start:])
    sizes, peaks = [], []
    for copies in (5, 30):
        (tmp_path / "graph.ttl").write_text(text + claims * copies, encoding="utf-8")
        sink = Sink()
        tracemalloc.start()
        writer(tmp_path, cast("IO[bytes]", sink))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes.append(sink.size)
    assert sizes[1] > 3 * sizes[0]
    assert peaks[1] < 1.5 * peaks[0]
