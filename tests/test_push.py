"""push, and what asks a store afterwards, on real servers: Oxigraph's and, where it is installed, Virtuoso."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Store, Triple, parse

import stores
from imagingkg.cli import main
from imagingkg.errors import GraphError, QueryError, UsageError
from imagingkg.graph.endpoint import ask, connect, put_graph, select_all, update
from imagingkg.graph.gaps import gaps
from imagingkg.graph.knowledge import KnowledgeGraph
from imagingkg.graph.names import VOCAB, XSD
from imagingkg.graph.query import load_queries, run_named, run_text
from imagingkg.graph.remote import mirror, mirror_for, open_remote, read_sent, run_remote, verify_remote
from imagingkg.graph.store import open_store
from imagingkg.pipeline import build
from imagingkg.publish.push import KINDS, Pushed, Target, local_graphs, n_triples, parts, push, target_of
from imagingkg.settings import Settings

BASE = "https://w3id.org/imagingkg/"
TEXTS = {
    "a.txt": "U-Net on MRI\nWe used U-Net for the segmentation of glioma on MRI. The Dice was 0.950 in 120 patients.",
    "b.txt": "CNN on CT\nA CNN reached an AUC of 0.91 for the detection of lung nodules on CT in 300 patients.",
}
CHANGED = "U-Net on MRI\nWe used U-Net for the segmentation of meningioma on MRI. The Dice was 0.870 in 90 patients."


@dataclass(frozen=True)
class Server:
    kind: str
    url: str

    @property
    def target(self) -> Target:
        return target_of(self.url)


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        pytest.MonkeyPatch.context() as patch,
        getattr(stores, request.param)(tmp_path_factory.mktemp(request.param) / "home") as url,
    ):
        for name in ("IMAGINGKG_TOKEN", "IMAGINGKG_USER", "IMAGINGKG_PASSWORD"):
            patch.delenv(name, raising=False)
        if request.param == "virtuoso":
            patch.setenv("IMAGINGKG_USER", "dba")
            patch.setenv("IMAGINGKG_PASSWORD", "dba")
        yield Server(request.param, url)


@pytest.fixture(autouse=True)
def _emptied(server: Server) -> Iterator[None]:
    """Each test finds and leaves an empty store."""
    yield
    connection = connect(server.url)
    rows = select_all(connection, server.url, "?g", f'GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), "{BASE}"))')
    for (name,) in rows:
        update(connection, server.target.update, f"DROP SILENT GRAPH {name}")


@dataclass(frozen=True)
class Builds:
    """Three states of one corpus: two papers; one of them with other words; that one withdrawn."""

    first: Path
    changed: Path
    withdrawn: Path


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    states = (TEXTS, TEXTS | {"a.txt": CHANGED}, {"b.txt": TEXTS["b.txt"]})
    return Builds(*(made(tmp_path_factory.mktemp("state"), texts) for texts in states))


def made(directory: Path, texts: dict[str, str]) -> Path:
    (directory / "sources").mkdir()
    for name, text in texts.items():
        (directory / "sources" / name).write_text(text, encoding="utf-8")
    build([directory / "sources"], directory / "output", Settings(sparql=False, cache="none"))
    return directory / "output"


def counts(done: Pushed) -> tuple[int, int, int]:
    assert done.refused == ()
    return done.sent, done.unchanged, done.withdrawn


def canonical(triple: Triple) -> tuple[str, str, str]:
    """A triple with its number or truth, if it has one, by value: stores write 0.950 as 0.95, Virtuoso true as 1."""
    said = triple.object
    written = str(said)
    if isinstance(said, Literal) and said.datatype.value == XSD + "decimal":
        written = str(Decimal(said.value).normalize())
    elif isinstance(said, Literal) and said.datatype.value == XSD + "boolean":
        written = {"1": "true", "0": "false"}.get(said.value, said.value)
    return str(triple.subject), str(triple.predicate), written


def pulled(server: Server, name: str) -> set[tuple[str, str, str]]:
    rows = select_all(connect(server.url), server.url, "?s ?p ?o", f"GRAPH <{name}> {{ ?s ?p ?o }}")
    return {canonical(Triple(*row)) for row in rows}  # type: ignore[arg-type]


def local(output: Path) -> dict[str, set[tuple[str, str, str]]]:
    return {
        name: {canonical(q.triple) for q in parse(content, format=RdfFormat.N_TRIPLES)}
        for name, content in local_graphs(output, BASE)
    }


def test_what_was_pushed_is_what_is_pulled_graph_by_graph(server: Server, sample_output: Path) -> None:
    graphs = local(sample_output)
    assert len(graphs) == 17  # 13 documents, concepts, links, metadata, what is inferred
    assert counts(push(sample_output, server.target)) == (17, 0, 0)
    for name, triples in graphs.items():
        assert pulled(server, name) == triples, name
    assert pulled(server, f"{BASE}graph/merged") == set().union(*graphs.values())


def test_a_number_may_lose_its_last_zero_and_its_printed_form_does_not(server: Server, builds: Builds) -> None:
    push(builds.first, server.target)
    answer = run_remote(open_remote(server.url), "SELECT ?v ?printed { ?r ikg:value ?v ; ikg:reportedAs ?printed }")
    assert {(Decimal(row[0].value), row[1].value) for row in answer.rows} == {  # type: ignore[union-attr]
        (Decimal("0.950"), "0.950"), (Decimal("0.91"), "0.91"),
    }  # fmt: skip


def test_nothing_is_sent_twice_and_a_changed_paper_replaces_its_own_graph(server: Server, builds: Builds) -> None:
    old, new = dict(local_graphs(builds.first, BASE)), dict(local_graphs(builds.changed, BASE))
    assert counts(push(builds.first, server.target)) == (6, 0, 0)
    assert counts(push(builds.first, server.target)) == (0, 6, 0)
    # The new words are a new document, and the old one goes. The other paper is the same to the last byte.
    same = {name for name in new if old.get(name) == new[name]}
    assert len([name for name in same if "/document/" in name]) == 1
    assert counts(push(builds.changed, server.target)) == (len(new) - len(same), len(same), 1)
    graphs = local(builds.changed)
    assert pulled(server, f"{BASE}graph/merged") == set().union(*graphs.values())
    for name, triples in graphs.items():
        assert pulled(server, name) == triples
    assert verify_remote(open_remote(server.url)) == []


def test_a_withdrawn_paper_takes_what_it_alone_said_with_it(server: Server, builds: Builds) -> None:
    push(builds.first, server.target)
    before = set(read_sent(connect(server.url), server.url)[f"{BASE}graph/merged"])
    output = builds.withdrawn
    assert push(output, server.target).withdrawn == 1
    (gone,) = before - set(read_sent(connect(server.url), server.url)[f"{BASE}graph/merged"])
    assert pulled(server, gone) == set()
    assert pulled(server, f"{BASE}graph/merged") == set().union(*local(output).values())


def test_a_run_that_broke_off_is_told_and_finished_by_the_next(
    server: Server, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(builds.first, server.target)
    output = builds.changed
    done = 0

    def breaks(connection: object, url: str, name: str, content: bytes, *, add: bool) -> None:
        nonlocal done
        done += 1
        if done == 3:
            raise KeyboardInterrupt
        put_graph(connection, url, name, content, add=add)  # type: ignore[arg-type]

    monkeypatch.setattr("imagingkg.publish.push.put_graph", breaks)
    with pytest.raises(KeyboardInterrupt):
        push(output, server.target)
    broken = open_remote(server.url)
    old, new = dict(local_graphs(builds.first, BASE)), dict(local_graphs(output, BASE))
    changed = {name for name in new if old.get(name) != new[name]}
    assert f"{BASE}graph/merged" in broken.unfinished
    assert len(changed & set(broken.unfinished)) == len(changed) - 2  # two had arrived
    assert any("push again" in issue.message for issue in verify_remote(broken))
    monkeypatch.undo()
    push(output, server.target)
    assert verify_remote(open_remote(server.url)) == []
    assert pulled(server, f"{BASE}graph/merged") == set().union(*local(output).values())


def test_a_graph_that_is_refused_leaves_the_others_and_is_named(
    server: Server, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = builds.first
    refused = next(name for name, _ in local_graphs(output, BASE) if "/document/" in name)

    def put(connection: object, url: str, name: str, content: bytes, *, add: bool) -> None:
        content = b"this is no triple" if name == refused else content
        put_graph(connection, url, name, content, add=add)  # type: ignore[arg-type]

    monkeypatch.setattr("imagingkg.publish.push.put_graph", put)
    done = push(output, server.target)
    assert [name for name, _ in done.refused] == [refused]
    assert "answers " in done.refused[0][1]
    assert done.sent == 5
    assert refused in open_remote(server.url).unfinished


def test_a_graph_too_large_for_one_request_arrives_whole(
    server: Server, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagingkg.publish.push.PART", 20_000)
    graphs = local(builds.first)
    assert max(len(content) for _, content in local_graphs(builds.first, BASE)) > 60_000
    push(builds.first, server.target)
    for name, triples in graphs.items():
        assert pulled(server, name) == triples
    assert verify_remote(open_remote(server.url)) == []


def test_content_is_cut_between_lines_only() -> None:
    lines = [b"a" * n + b"\n" for n in (1, 5, 30, 2, 2, 2, 9)]
    whole = b"".join(lines)
    for size in (1, 4, 10, 31, 1000):
        cut = list(parts(whole, size))
        assert b"".join(cut) == whole
        assert all(part.endswith(b"\n") and (len(part) <= size or part.count(b"\n") == 1) for part in cut if part)
    assert list(parts(b"", 10)) == [b""]


def test_the_commands_and_the_library_ask_a_store_as_they_ask_a_directory(
    server: Server, builds: Builds
) -> None:  # fmt: skip
    def run(*words: str | Path) -> tuple[int, str, str]:
        done = CliRunner().invoke(main, [str(word) for word in words])
        return done.exit_code, done.stdout, done.stderr

    code, _, said = run("push", "--to", server.url, "--graph", builds.first)
    assert code == 0, said
    assert "6 graphs with " in said
    assert f"Ask it: imagingkg query --graph {server.url}" in said
    for command in (["query", "overview"], ["gaps"], ["query", "tasks", "-p", "disease=胶质瘤", "--format", "json"]):
        assert run(*command, "--graph", server.url) == run(*command, "--graph", builds.first)
    code, _, said = run("verify", "--graph", server.url)
    assert (code, "is there and fits together" in said) == (0, True)
    here, there = KnowledgeGraph.open(builds.first), KnowledgeGraph.open(server.url)
    assert there.describe() == here.describe()
    assert there.gaps() == here.gaps()
    assert there.claims(disease="glioma") == here.claims(disease="glioma")
    assert server.url in repr(there)
    with pytest.raises(UsageError, match="needs the files of a build"):
        there.to_rdflib()
    update(connect(server.url), server.target.update, f"DROP SILENT GRAPH <{BASE}graph/links>")
    code, said, _ = run("verify", "--graph", server.url)
    assert (code, "graph/links" in said) == (1, True)


def test_every_named_question_has_the_answer_of_the_build(server: Server, sample_output: Path) -> None:
    push(sample_output, server.target)
    remote, store, asked = open_remote(server.url), open_store(sample_output), 0
    title = str(next(iter(run_text(store, "SELECT ?t { ?d a ikg:Document ; ikg:title ?t } ORDER BY ?t")))["t"])
    # Virtuoso is asked what it answers wrongly by itself, with an error or with nothing.
    chosen = ("best-figures", "chinese-labels", "gaps", "tasks", "untried-methods", "who-did-what")
    for name in chosen if server.kind == "virtuoso" else load_queries():
        query = load_queries()[name]
        given = {p.name: title for p in query.parameters if p.name == "paper"}
        here = run_named(store, name, **given)
        there = run_named(mirror_for(remote, name), name, **given)
        assert (there.columns, list(there)) == (here.columns, list(here)), name
        asked += 1
    assert asked == (6 if server.kind == "virtuoso" else 28)
    assert gaps(mirror(remote)) == gaps(store)


def test_sparql_is_answered_by_the_store_from_the_merged_graph(server: Server, sample_output: Path) -> None:
    push(sample_output, server.target)
    remote, store = open_remote(server.url), open_store(sample_output)
    for text in (
        "SELECT (COUNT(*) AS ?n) { ?s a ikg:Claim ; ikg:task ?t }",
        "SELECT ?label { ?c a ikg:Modality ; skos:prefLabel ?label } ORDER BY ?label",
        "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s a ikg:Claim } }",
        "ASK { ?s a ikg:Claim }",
        "ASK { ?s a ikg:Unicorn }",
        "CONSTRUCT { ?s ikg:task ?t } WHERE { ?s ikg:task ?t }",
    ):
        here, there = run_text(store, text), run_remote(remote, text)
        assert (there.form, set(there.rows)) == (here.form, set(here.rows)), text
    with pytest.raises(QueryError, match="SERVICE"):
        run_remote(remote, "ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")
    with pytest.raises(QueryError, match="INSERT"):
        run_remote(remote, "INSERT DATA { <a:b> <a:b> <a:b> }")
    with pytest.raises(QueryError, match="answers 400"):
        run_remote(remote, "SELECT * WHERE { ?s ?p }")


def test_what_is_missing_or_spoilt_in_the_store_is_found(server: Server, builds: Builds) -> None:
    push(builds.first, server.target)
    assert verify_remote(open_remote(server.url)) == []
    merged = f"{BASE}graph/merged"
    spoil = (
        f"DELETE {{ GRAPH <{merged}> {{ ?e <{VOCAB}quote> ?q }} }} "
        f'INSERT {{ GRAPH <{merged}> {{ ?e <{VOCAB}quote> "other words" }} }} '
        f"WHERE {{ GRAPH <{merged}> {{ ?e <{VOCAB}quote> ?q }} }}"
    )
    update(connect(server.url), server.target.update, spoil)
    found = verify_remote(open_remote(server.url))
    assert {issue.message for issue in found} == {"is not the hash of the quote"}
    update(connect(server.url), server.target.update, f"DROP SILENT GRAPH <{BASE}graph/links>")
    assert any(issue.focus == f"{BASE}graph/links" and "0 triples" in issue.message
               for issue in verify_remote(open_remote(server.url)))  # fmt: skip


def test_an_endpoint_without_a_graph_of_ours_is_named(server: Server) -> None:
    with pytest.raises(GraphError, match="holds no graph of imagingkg"):
        open_remote(server.url)


def test_rows_beyond_the_limit_of_a_store_are_fetched_in_pages(server: Server) -> None:
    """12,000 triples: more than the 10,000 rows that Virtuoso gives at once."""
    graph = NamedNode(f"{BASE}graph/many")
    triples = [Triple(NamedNode(f"{BASE}n/{n}"), NamedNode(VOCAB + "start"), graph) for n in range(12_000)]
    connection = connect(server.url)
    put_graph(connection, server.target.graphs, graph.value, n_triples(triples))
    rows = select_all(connection, server.url, "?s", f"GRAPH <{graph.value}> {{ ?s ?p ?o }}")
    assert len(rows) == 12_000
    if server.kind == "virtuoso":
        with pytest.raises(QueryError, match="cuts its answer off after 10,000 rows"):
            ask(connection, server.url, "SELECT ?s { ?s ?p ?o }", default=graph.value)


@pytest.mark.parametrize("language", [None, "zh"])
def test_every_text_comes_back_as_it_was(server: Server, language: str | None) -> None:
    hostile = (
        'a"b', "a\nb\r\nc\td", "back\\slash \\u0041", "emoji \U0001f600 \U00020000", "\x01\x08\x0b\x1f\x7f\x85",
        "\u202e\u200b\u2028", "x" * 100_000, "", " leading and trailing ", "<b>&amp;</b>", "e\u0301 and \xe9",
        "胶" * 40_000, "} ; DROP ALL #",
    )  # fmt: skip
    graph, said = f"{BASE}graph/hostile", NamedNode(f"{BASE}said")
    triples = [Triple(NamedNode(f"{BASE}n/{n}"), said, Literal(t, language=language)) for n, t in enumerate(hostile)]
    connection = connect(server.url)
    put_graph(connection, server.target.graphs, graph, n_triples(triples))
    rows = select_all(connection, server.url, "?s ?p ?o", f"GRAPH <{graph}> {{ ?s ?p ?o }}")
    assert {Triple(*row) for row in rows} == set(triples)  # type: ignore[arg-type]
    assert len(rows) == 13


def test_the_index_of_a_build_knows_a_number_in_whatever_way_it_is_written(server: Server, builds: Builds) -> None:
    """What push relies on: a store that wrote 0.950 as 0.95 has not lost it."""
    output = builds.first
    push(output, server.target)
    store: Store = open_store(output)
    rows = select_all(connect(server.url), server.url, "?s ?p ?o", f"GRAPH <{BASE}graph/merged> {{ ?s ?p ?o }}")
    assert all(any(store.quads_for_pattern(s, p, o, DefaultGraph())) for s, p, o in rows)  # type: ignore[arg-type]


def test_the_kinds_of_store_are_those_of_the_guide() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "guide.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in guide] == []
