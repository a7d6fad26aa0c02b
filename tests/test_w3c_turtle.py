"""The W3C's Turtle tests, through the reader that exports use and the writer of every build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from imagingkg.errors import GraphError
from imagingkg.graph.names import Names
from imagingkg.graph.write import write_triples
from imagingkg.publish.contents import parser_of, subject_blocks

BASE = "https://w3c.github.io/rdf-tests/rdf/rdf11/rdf-turtle/"
RDFT = "http://www.w3.org/ns/rdftest#"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.fixture(scope="module")
def suite(shared: Path) -> Path:
    folder = shared / "w3c" / "rdf" / "rdf11" / "rdf-turtle"
    if not folder.is_dir():
        pytest.skip(f"no W3C Turtle tests at {folder}")
    return folder


def cases(suite: Path, kind: str) -> Iterator[tuple[Path, Path | None]]:
    """The action of each test of a kind, and its result where it has one."""
    facts: dict[object, dict[str, str]] = {}
    for quad in parse(path=str(suite / "manifest.ttl"), format=RdfFormat.TURTLE, base_iri=BASE):
        if isinstance(quad.object, NamedNode):
            facts.setdefault(quad.subject, {})[quad.predicate.value] = quad.object.value
    for said in facts.values():
        if said.get(RDF + "type") == RDFT + kind:
            result = said.get(MF + "result")
            yield (
                suite / said[MF + "action"].removeprefix(BASE),
                suite / result.removeprefix(BASE) if result else None,
            )


def read(path: Path, base: str | None = None) -> list[Triple]:
    return [
        Triple(BlankNode(iri.removeprefix("_:")) if iri.startswith("_:") else NamedNode(iri), predicate, value)
        for iri, said in subject_blocks(parser_of(path, base), path)
        for predicate, objects in said.items()
        for value in objects
    ]


def canonical(triples: list[Triple]) -> set[str]:
    """The triples with blank nodes named after what is said of them: equal for isomorphic graphs alone."""
    dataset = Dataset(Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def written_and_read(triples: list[Triple], path: Path) -> list[Triple]:
    count = write_triples(path, "A test of the W3C", triples, Names().prefixes({}))
    again = read(path)
    assert len(again) == count
    return again


def test_the_suite_has_313_tests(suite: Path) -> None:
    kinds = ("TestTurtleEval", "TestTurtlePositiveSyntax", "TestTurtleNegativeSyntax", "TestTurtleNegativeEval")
    counted = Counter(kind for kind in kinds for _ in cases(suite, kind))
    assert counted == {"TestTurtleEval": 145, "TestTurtlePositiveSyntax": 74, "TestTurtleNegativeSyntax": 94}
    assert counted.total() == 313


def test_every_graph_of_the_suite_is_read_as_it_should_be_and_survives_writing(suite: Path, tmp_path: Path) -> None:
    checked = 0
    for action, result in cases(suite, "TestTurtleEval"):
        assert result is not None
        wanted = [q.triple for q in parse(path=str(result), format=RdfFormat.N_TRIPLES)]
        found = read(action, BASE + action.name)
        assert canonical(found) == canonical(wanted), action.name
        again = written_and_read(found, tmp_path / "again.ttl")
        assert canonical(again) == canonical(wanted), f"{action.name}, written and read back"
        checked += 1
    assert checked == 145


def test_every_text_that_is_turtle_is_read_and_survives_writing(suite: Path, tmp_path: Path) -> None:
    checked = 0
    for action, _ in cases(suite, "TestTurtlePositiveSyntax"):
        found = read(action, BASE + action.name)
        assert canonical(written_and_read(found, tmp_path / "again.ttl")) == canonical(found), action.name
        checked += 1
    assert checked == 74


def test_every_text_that_is_no_turtle_is_refused_with_the_file_and_the_place(suite: Path) -> None:
    checked = 0
    for action, _ in cases(suite, "TestTurtleNegativeSyntax"):
        with pytest.raises(GraphError, match="is damaged") as caught:
            read(action, BASE + action.name)
        assert caught.value.where == str(action)
        assert "line" in caught.value.what, action.name
        checked += 1
    assert checked == 94
