"""Commands that ask a build: query, gaps, verify, validate, compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from imagingkg.commands.options import GRAPH, pairs, report_issues
from imagingkg.errors import KgError
from imagingkg.terminal import errors, note, stoppable, width

if TYPE_CHECKING:
    from imagingkg.graph.remote import RemoteGraph

ANY_GRAPH: Final = click.option(
    "--graph", "graph", default="output", show_default=True, metavar="DIRECTORY|URL",
    help="Directory that a build wrote, or the SPARQL endpoint of a store that one was pushed to.",
)  # fmt: skip


@click.command()
@click.argument("name", required=False)
@click.option("--text", "sparql", help="A SPARQL query.")
@click.option(
    "-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of a named query; repeatable."
)
@ANY_GRAPH
@click.option(
    "--format", "form", default="table", show_default=True,
    type=click.Choice(["table", "csv", "tsv", "json", "xml", "markdown", "turtle"]),
)  # fmt: skip
def query(name: str | None, sparql: str | None, params: tuple[str, ...], graph: str, form: Any) -> None:
    """Ask the graph: a named question, SPARQL in --text, or a FILE.rq. Alone: the list of names."""
    with errors():
        from imagingkg.graph.query import load_queries, run_named, run_text
        from imagingkg.graph.results import render_pieces, text_table
        from imagingkg.graph.store import is_url, open_store

        if name is None and sparql is None:
            asked = load_queries().values()
            rows = [(q.name, q.title, " ".join(f"{p.name}={p.default}" for p in q.parameters)) for q in asked]
            click.echo(text_table(("name", "question", "parameters"), rows, width=width()), nl=False)
            return
        if name is not None and sparql is not None:
            raise KgError("query", "give either a name or --text, not both")
        text = sparql if sparql is not None else _read_query(Path(str(name))) if str(name).endswith(".rq") else None
        if is_url(graph):
            from imagingkg.graph.remote import mirror_for, run_remote

            remote = _opened(graph)
            if text is None:
                results = run_named(mirror_for(remote, str(name)), str(name), **pairs(params))
            else:
                results = run_remote(remote, text)
        else:
            store = open_store(Path(graph))
            with stoppable():
                results = run_text(store, text) if text is not None else run_named(store, str(name), **pairs(params))
        with stoppable():
            for piece in render_pieces(results, form, width=width() if form == "table" else None):
                click.echo(piece.encode("utf-8", "replace"), nl=False)
        if form == "table" and not results.rows:
            note("no rows: nothing in this graph answers that")


@click.command()
@click.option("--rows", default="task", show_default=True, help="What the rows are.")
@click.option("--columns", default="disease", show_default=True, help="What the columns are.")
@click.option(
    "--where", multiple=True, metavar="KIND=LABEL", help="Only claims with this, e.g. modality=MRI; repeatable."
)
@click.option("--since", type=int, metavar="YEAR", help="Only studies of this year or later.")
@ANY_GRAPH
@click.option(
    "--format", "form", default="table", show_default=True, type=click.Choice(["table", "csv", "json", "markdown"])
)
@click.option(
    "--lang", default="en", show_default=True, type=click.Choice(["en", "zh"]), help="Language of the labels."
)
def gaps(rows: str, columns: str, where: tuple[str, ...], since: int | None, graph: str, form: Any, lang: Any) -> None:
    """The evidence-gap map: how many claims for each pair, and where there is none."""
    with errors():
        from imagingkg.graph.gaps import gap_pieces
        from imagingkg.graph.gaps import gaps as count
        from imagingkg.graph.store import is_url, open_store

        if is_url(graph):
            from imagingkg.graph.remote import mirror

            store = mirror(_opened(graph))
        else:
            store = open_store(Path(graph))
        matrix = count(store, rows=rows, columns=columns, where=pairs(where), since=since)
        for piece in gap_pieces(matrix, form, lang=lang, width=width()):
            click.echo(piece.encode("utf-8", "replace"), nl=False)


@click.command()
@ANY_GRAPH
def verify(graph: str) -> None:
    """Check that every quote stands in its document where the graph says.

    In a remote store, where the texts are not: that all of the build arrived, and that its evidence fits together.
    """
    with errors():
        from imagingkg.graph.store import is_url
        from imagingkg.graph.verify import verify as check

        if is_url(graph):
            from imagingkg.graph.remote import verify_remote

            issues, good = verify_remote(_opened(graph)), f"all of {graph} is there and fits together"
        else:
            issues, good = check(Path(graph)), f"every quote of {graph} stands where the graph says"
        for issue in issues:
            if issue.severity == "warning":
                note(str(issue))
        report_issues([str(i) for i in issues if i.severity != "warning"], good)


@click.command()
@GRAPH
@click.option("--full", is_flag=True, help="With pyshacl too (slow; up to 100,000 triples).")
def validate(graph: Path, full: bool) -> None:
    """Check the graph against the SHACL shapes."""
    with errors():
        from imagingkg.graph.store import graph_file
        from imagingkg.graph.validate import check_files, check_full

        path = graph_file(graph, "graph.ttl")
        issues = check_full(path) if full else check_files(path)
        report_issues([str(i) for i in issues], f"{path} conforms")


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def compare(a: Path, b: Path, form: Any) -> None:
    """What changed from build A to build B: documents, concepts, claims, certainty, figures."""
    with errors():
        from imagingkg.graph.compare import compare as run
        from imagingkg.graph.compare import render_comparison

        click.echo(render_comparison(run(a, b), form).encode("utf-8", "replace"), nl=False)


def _opened(url: str) -> RemoteGraph:
    from imagingkg.graph.remote import open_remote

    remote = open_remote(url)
    if remote.unfinished:
        note(f"{url} holds a build that was not sent to its end; push it again")
    return remote


def _read_query(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KgError(str(path), f"cannot be read as a query ({error})") from error
