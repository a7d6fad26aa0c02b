"""The files that are put together from portions are those of the graph as a whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from graph_samples import paper, review, small_corpus, small_lexicon
from imagingkg.graph.bodies import Bodies
from imagingkg.graph.files import INFERRED, GraphFiles, Written
from imagingkg.graph.layers import Corpus, graph_triples, turtle_prefixes
from imagingkg.graph.pieces import pieces
from imagingkg.graph.portion import Portion, PortionMaker
from imagingkg.graph.reason import infer, load_rules, reasoning_store
from imagingkg.graph.validate import check_stream
from imagingkg.graph.write import write_graph, write_triples
from imagingkg.lexicon import Lexicon
from imagingkg.model import Document, Reading


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return small_lexicon(tmp_path_factory.mktemp("lexicon"))


def put_together(folder: Path, whole: Corpus) -> Written:
    """The files made by way of portions that went through JSON, as those of a shard do."""
    run = whole.names.run(whole.version, whole.lexicon.digest)
    maker = PortionMaker(whole.lexicon, whole.names, run, whole.quotes)
    for name in ("out", "scratch"):
        (folder / name).mkdir(parents=True)
    frame = replace(whole, readings=(), concepts=frozenset())
    with (
        Bodies(folder / "scratch", folder / "out" / "claims.jsonl") as bodies,
        GraphFiles(folder / "out", folder / "scratch", frame, bodies) as files,
    ):
        for reading in whole.readings:
            made = maker.make(reading)
            facts = json.loads(json.dumps(made.facts()))
            turtle = (made.document, made.studies, made.assertions, made.inferred)
            files.add(Portion.of(turtle, facts), wanted_line(reading), b"{}")
        return files.finish()


def wanted_line(reading: Reading) -> bytes:
    return f"{reading.document.sha256}{'0' * 32}".encode()


def at_once(folder: Path, whole: Corpus) -> tuple[int, int]:
    """The same files from the whole graph in memory, with the rules run over all of it."""
    folder.mkdir(parents=True)
    count = write_graph(folder, whole)
    inferred = infer(reasoning_store(folder / "graph.ttl"), load_rules())
    write_triples(folder / "inferred.ttl", INFERRED, inferred, turtle_prefixes(whole))
    return count, len(inferred)


def corpora(lexicon: Lexicon) -> dict[str, Corpus]:
    retold = replace(paper(), document=replace(paper().document, text="Another text.", sha256="", title="Other title"))
    retracted = replace(paper(), document=replace(paper().document, retracted=True))
    return {
        "all": small_corpus(lexicon),
        "one": small_corpus(lexicon, review()),
        "no quotes": small_corpus(lexicon, paper(), review(), quotes=False),
        "licensed codes": small_corpus(lexicon, paper(), licensed_codes=True),
        "nothing said": small_corpus(lexicon, Reading(Document(id="1", text="Nothing."))),
        "two on one study": small_corpus(lexicon, paper(), replace(retold, mentions=(), claims=()), review()),
        "retracted": small_corpus(lexicon, retracted, review()),
    }


NAMES = ["all", "one", "no quotes", "licensed codes", "nothing said", "two on one study", "retracted"]


@pytest.mark.parametrize("name", NAMES)
def test_portions_put_together_are_the_bytes_of_the_whole_graph(tmp_path: Path, small: Lexicon, name: str) -> None:
    whole = corpora(small)[name]
    written = put_together(tmp_path / "a", whole)
    assert (written.triples, written.inferred) == at_once(tmp_path / "b", whole)
    for file in ("graph.ttl", "graph.trig"):
        assert (tmp_path / "a" / "out" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file
    # What is inferred stands in another order, that of documents behind what several of them share.
    inferred = [(tmp_path / place / "inferred.ttl").read_bytes() for place in ("a/out", "b")]
    blocks = [sorted(data.strip().split(b"\n\n")) for data in inferred]
    assert blocks[0] == blocks[1]
    assert written.triples > 10


@pytest.mark.parametrize("name", NAMES)
def test_portions_have_the_issues_of_the_whole_graph(tmp_path: Path, small: Lexicon, name: str) -> None:
    whole = corpora(small)[name]
    expected = sorted(str(issue) for issue in check_stream(graph_triples(whole)))
    assert list(put_together(tmp_path, whole).issues) == expected


def test_an_issue_of_a_portion_is_told(tmp_path: Path, small: Lexicon) -> None:
    wrong = replace(paper().claims[0], disease=("modality/mri",))
    whole = small_corpus(small, replace(paper(), claims=(wrong,)))
    expected = sorted(str(issue) for issue in check_stream(graph_triples(whole)))
    assert len(expected) >= 1
    assert list(put_together(tmp_path, whole).issues) == expected


@pytest.mark.parametrize("size", [1, 300, 4_000, 1 << 30])
def test_the_pieces_of_a_file_hold_its_triples(tmp_path: Path, small: Lexicon, size: int) -> None:
    write_graph(tmp_path, small_corpus(small))
    for name, form in (("graph.ttl", RdfFormat.TURTLE), ("graph.trig", RdfFormat.TRIG)):
        path = tmp_path / name
        found = [quad for piece in pieces(path, form, size) for quad in parse(piece, format=form)]
        assert found == list(parse(path=str(path), format=form))
        assert (len(list(pieces(path, form, size))) > 2) == (size < 10_000)  # the last block has no gap behind it
