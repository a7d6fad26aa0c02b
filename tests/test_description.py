"""description.ttl: counts and sums are those of the files, each vocabulary has its licence, and no clock ticks."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, parse

from imagingkg.errors import GraphError
from imagingkg.graph.names import DCTERMS, PROV, SKOS, TYPE
from imagingkg.graph.sources import load_sources
from imagingkg.publish.description import DCAT, DESCRIPTION, SPDX, VOID, write_description

PREFIXES = {"void": VOID, "dcat": DCAT, "dcterms": DCTERMS, "spdx": SPDX, "prov": PROV}
QUERY = "".join(f"PREFIX {name}: <{iri}> " for name, iri in PREFIXES.items())


@pytest.fixture(scope="module")
def described(sample_output: Path) -> Store:
    store = Store()
    store.load(path=str(sample_output / DESCRIPTION), format=RdfFormat.TURTLE)
    return store


def rows(store: Store, text: str) -> list[tuple[str, ...]]:
    return [tuple("" if t is None else t.value for t in row) for row in store.query(QUERY + text)]  # type: ignore[union-attr]


def test_the_counts_are_those_of_the_graph(described: Store, sample_output: Path) -> None:
    triples = [q.triple for q in parse(path=str(sample_output / "graph.ttl"), format=RdfFormat.TURTLE)]
    graph = "?d dcterms:title ?l FILTER(STRSTARTS(?l, 'The graph'))"
    told = rows(
        described,
        "SELECT DISTINCT ?t ?s ?p ?c { ?d void:propertyPartition [] ; void:triples ?t ; void:distinctSubjects ?s ;"
        f" void:properties ?p ; void:classes ?c . {graph} }}",
    )
    classes = Counter(t.object.value for t in triples if t.predicate == TYPE)  # type: ignore[union-attr]
    properties = Counter(t.predicate.value for t in triples)
    subjects = {t.subject for t in triples}
    assert told == [(str(len(triples)), str(len(subjects)), str(len(properties)), str(len(classes)))]
    by_class = rows(
        described, f"SELECT ?c ?n {{ ?d void:classPartition ?p . ?p void:class ?c ; void:entities ?n . {graph} }}"
    )
    assert {c: int(n) for c, n in by_class} == classes
    by_property = rows(
        described, f"SELECT ?c ?n {{ ?d void:propertyPartition ?p . ?p void:property ?c ; void:triples ?n . {graph} }}"
    )
    assert {c: int(n) for c, n in by_property} == properties
    assert len(classes) > 20
    assert len(properties) > 60


def test_every_file_is_there_with_its_size_and_sum(described: Store, sample_output: Path) -> None:
    told = rows(
        described,
        "SELECT ?name ?size ?sum ?type { ?d a dcat:Dataset ; dcat:distribution ?f . ?f a dcat:Distribution ;"
        " dcterms:identifier ?name ; dcat:byteSize ?size ; dcat:mediaType ?type ;"
        " spdx:checksum [ spdx:algorithm spdx:checksumAlgorithm_sha256 ; spdx:checksumValue ?sum ] }",
    )
    files = [p for p in sample_output.iterdir() if p.is_file() and p.name not in (DESCRIPTION, ".imagingkg")]
    assert {(name, int(size), digest) for name, size, digest, _ in told} == {
        (p.name, p.stat().st_size, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files
    }
    assert len(files) == 9
    assert all(kind.startswith("https://www.iana.org/assignments/media-types/") for *_, kind in told)


def test_every_vocabulary_that_is_used_has_its_licence_and_its_mappings_counted(
    described: Store, sample_output: Path
) -> None:
    sources = load_sources()
    found: Counter[tuple[str, str]] = Counter()
    for quad in parse(path=str(sample_output / "graph.ttl"), format=RdfFormat.TURTLE):
        if quad.predicate.value in {f"{SKOS}{n}Match" for n in ("exact", "close", "broad")}:
            iri = quad.object.value  # type: ignore[union-attr]
            found[
                max((s.base, s.name) for s in sources.values() if iri.startswith(s.base))[1], quad.predicate.value
            ] += 1
    told = rows(
        described,
        "SELECT ?name ?p ?n ?licence { ?set a void:Linkset ; void:linkPredicate ?p ; void:triples ?n ;"
        " void:objectsTarget ?v . ?v dcterms:title ?name ; dcterms:license ?licence }",
    )
    assert {(name, p): int(n) for name, p, n, _ in told} == dict(found)
    assert {(name, licence) for name, _, _, licence in told} == {
        (s.name, s.licence) for s in sources.values() if any(s.name == name for name, _ in found)
    }
    assert len({name for name, _ in found}) >= 8
    rights = {text for (text,) in rows(described, "SELECT ?r { ?v dcterms:rights ?r }")}
    assert {s.rights for s in sources.values() if s.rights and any(s.name == n for n, _ in found)} == rights
    assert "SNOMED" not in str(described)


def test_the_run_is_told_by_version_and_lexicon_and_not_by_the_clock(described: Store, sample_output: Path) -> None:
    (run,) = rows(
        described,
        "SELECT ?run ?digest { ?d a dcat:Dataset ; prov:wasGeneratedBy ?run . ?run a prov:Activity ;"
        " prov:used ?lexicon ; prov:wasAssociatedWith ?agent . ?agent a prov:SoftwareAgent ."
        " ?lexicon dcterms:identifier ?digest }",
    )
    said = (sample_output / "graph.ttl").read_text(encoding="utf-8")
    assert f"run:{run[0].rpartition('/')[2]}" in said
    assert f'"{run[1]}"' in said
    kinds = {q.object.datatype.value for q in described if isinstance(q.object, Literal)}
    assert not [kind for kind in kinds if "date" in kind.lower() or "time" in kind.lower()]


def test_no_node_is_blank_and_equal_builds_have_equal_descriptions(sample_output: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(sample_output, copy, ignore=shutil.ignore_patterns("store", DESCRIPTION))
    before = (sample_output / DESCRIPTION).read_bytes()
    count = write_description(copy, title="imagingkg")
    assert (copy / DESCRIPTION).read_bytes() == before
    quads = list(parse(before, format=RdfFormat.TURTLE))
    assert len(quads) == count > 500
    assert not [q for q in quads if isinstance(q.subject, BlankNode) or isinstance(q.object, BlankNode)]
    (copy / "report.md").write_text("other", encoding="utf-8")
    write_description(copy, title="imagingkg")
    assert (copy / DESCRIPTION).read_bytes() != before


def test_a_title_is_text_whatever_stands_in_it(sample_output: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(sample_output, copy, ignore=shutil.ignore_patterns("store"))
    title = '"> . <a:b> <a:b> """\\ \n胶质瘤'
    write_description(copy, title=title)
    store = Store()
    store.load(path=str(copy / DESCRIPTION), format=RdfFormat.TURTLE)
    assert [t for (t,) in rows(store, "SELECT ?t { ?d a dcat:Dataset ; dcterms:title ?t }")] == [title]
    assert not list(store.quads_for_pattern(None, NamedNode("a:b"), None))


def test_a_build_that_is_no_build_is_named(sample_output: Path, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="no such directory"):
        write_description(tmp_path / "none")
    copy = tmp_path / "copy"
    shutil.copytree(sample_output, copy, ignore=shutil.ignore_patterns("store"))
    (copy / "graph.ttl").write_text("<a:b> <a:c> <a:d> .", encoding="utf-8")
    with pytest.raises(GraphError, match="which run made it"):
        write_description(copy)
    (copy / "graph.ttl").write_text("this is no Turtle", encoding="utf-8")
    with pytest.raises(GraphError, match="is damaged"):
        write_description(copy)
