"""The command line: results on stdout, progress and notes on stderr. Nothing but this and its terminal prints.

What a command needs is imported when it runs, so that `imagingkg --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from imagingkg.errors import KgError
from imagingkg.terminal import GOOD, NOT_CONFORMING, SKIPPED
from imagingkg.terminal import errors as _errors
from imagingkg.terminal import note as _note
from imagingkg.terminal import progress as _progress
from imagingkg.terminal import width as _width

if TYPE_CHECKING:
    from imagingkg.model import Skipped
    from imagingkg.settings import Settings

_SOURCES: Final = click.argument("sources", nargs=-1, type=click.Path(path_type=Path))
_GRAPH: Final = click.option(
    "--graph", "graph", default="output", show_default=True, type=click.Path(path_type=Path),
    help="Directory that a build wrote.",
)  # fmt: skip

_LEXICON: Final = click.option(
    "--lexicon", multiple=True, metavar="FILE[=KIND]",
    help="Further terms: our YAML, OBO, CSV, TSV, SKOS or OWL; KIND says what those of a foreign file are. Repeatable.",
)  # fmt: skip


class _Commands(click.Group):
    """Commands in the order of use, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(self.commands)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="imagingkg")
def main() -> None:
    """Knowledge graphs from the literature of artificial intelligence in medical imaging."""


def _reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((
        click.option("--config", type=click.Path(path_type=Path), help="Settings in a YAML file."),
        _LEXICON,
        click.option("--curation", type=click.Path(), help="A reviewed file that `imagingkg curate` wrote."),
        click.option("--workers", type=click.Choice(["here", "processes"]), help="Who reads: this process or several."),
        click.option("--jobs", type=click.IntRange(0), help="Number of worker processes; 0: one a processor."),
    )):  # fmt: skip
        command = option(command)
    return command


@main.command()
@_SOURCES
@click.option(
    "-o", "--output", default="output", show_default=True, type=click.Path(path_type=Path), help="Directory to write."
)
@_reading_options
@click.option("--base", help="IRI below which all data is named.")
@click.option("--no-quotes", is_flag=True, help="Leave the sentences out; offsets and hashes stay.")
@click.option("--licensed-codes", is_flag=True, help="Write SNOMED CT codes (you need its licence).")
@click.option("--no-sparql", is_flag=True, help="Leave the SPARQL panel out of the explorer (some 2 MB).")
def build(
    sources: tuple[Path, ...], output: Path, no_quotes: bool, licensed_codes: bool, no_sparql: bool, **given: Any
) -> None:
    """Read SOURCES (files and folders; none: the sample corpus) and write the graph.

    Writes graph.ttl, graph.trig, inferred.ttl, claims.jsonl, mappings.sssom.tsv, graph.html (open it in a browser),
    network.html, report.md, report.json and store/.
    """
    with _errors():
        from imagingkg.pipeline import build as run

        settings = _settings(
            given,
            quotes=False if no_quotes else None,
            licensed_codes=licensed_codes or None,
            sparql=False if no_sparql else None,
        )
        with _progress() as progress:
            report = run(sources, output, settings, progress)
        _note(
            f"{report.documents:,} documents, {report.claims:,} claims, {report.statements:,} statements, "
            f"{report.triples:,} triples in {output}"
        )
        _note_skipped(report.skipped[:20])
        if len(report.skipped) > 20:
            _note(f"and {len(report.skipped) - 20} more: see {output / 'report.md'}")
        for issue in report.issues[:20]:
            _note(f"does not conform: {issue}")
        _note(f"Open {output / 'graph.html'} in a browser, or ask: imagingkg query --graph {output}")
        sys.exit(NOT_CONFORMING if report.issues else SKIPPED if report.skipped else GOOD)


@main.command()
@_SOURCES
@_reading_options
@click.option("--no-quotes", is_flag=True, help="Leave texts and sentences out.")
def extract(sources: tuple[Path, ...], no_quotes: bool, **given: Any) -> None:
    """Read SOURCES and print a reading a line, as JSON: mentions, claims, repairs."""
    with _errors():
        from imagingkg.pipeline import start
        from imagingkg.readings import reading_to_json

        run = start(sources, _settings(given))
        count = 0
        with _progress() as progress:
            for reading in run.readings:
                click.echo(reading_to_json(reading, quotes=not no_quotes).encode("utf-8", "replace"))
                count += 1
                progress("reading", count)
        _note_skipped(run.inputs.skipped)
        if not count:
            raise KgError("sources", "nothing could be read", "See the reasons above")
        sys.exit(SKIPPED if run.inputs.skipped else GOOD)


@main.command()
@click.argument("name", required=False)
@click.option("--text", "sparql", help="A SPARQL query.")
@click.option(
    "-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of a named query; repeatable."
)
@_GRAPH
@click.option(
    "--format", "form", default="table", show_default=True,
    type=click.Choice(["table", "csv", "tsv", "json", "xml", "markdown", "turtle"]),
)  # fmt: skip
def query(name: str | None, sparql: str | None, params: tuple[str, ...], graph: Path, form: Any) -> None:
    """Ask the graph: a named question, SPARQL in --text, or a FILE.rq. Alone: the list of names."""
    with _errors():
        from imagingkg.graph.query import load_queries, run_named, run_text
        from imagingkg.graph.results import render, text_table
        from imagingkg.graph.store import open_store

        if name is None and sparql is None:
            asked = load_queries().values()
            rows = [(q.name, q.title, " ".join(f"{p.name}={p.default}" for p in q.parameters)) for q in asked]
            click.echo(text_table(("name", "question", "parameters"), rows, width=_width()), nl=False)
            return
        if name is not None and sparql is not None:
            raise KgError("query", "give either a name or --text, not both")
        store = open_store(graph)
        if sparql is not None:
            results = run_text(store, sparql)
        elif name is not None and name.endswith(".rq"):
            results = run_text(store, _read_query(Path(name)))
        else:
            results = run_named(store, str(name), **_pairs(params))
        text = render(results, form, width=_width() if form == "table" else None)
        click.echo(text.encode("utf-8", "replace"), nl=False)


@main.command()
@click.option("--rows", default="task", show_default=True, help="What the rows are.")
@click.option("--columns", default="disease", show_default=True, help="What the columns are.")
@click.option(
    "--where", multiple=True, metavar="KIND=LABEL", help="Only claims with this, e.g. modality=MRI; repeatable."
)
@click.option("--since", type=int, metavar="YEAR", help="Only studies of this year or later.")
@_GRAPH
@click.option(
    "--format", "form", default="table", show_default=True, type=click.Choice(["table", "csv", "json", "markdown"])
)
@click.option(
    "--lang", default="en", show_default=True, type=click.Choice(["en", "zh"]), help="Language of the labels."
)
def gaps(
    rows: str, columns: str, where: tuple[str, ...], since: int | None, graph: Path, form: Any, lang: Any
) -> None:
    """The evidence-gap map: how many claims for each pair, and where there is none."""
    with _errors():
        from imagingkg.graph.gaps import gaps as count
        from imagingkg.graph.gaps import render_gaps
        from imagingkg.graph.store import open_store

        matrix = count(open_store(graph), rows=rows, columns=columns, where=_pairs(where), since=since)
        click.echo(render_gaps(matrix, form, lang=lang).encode("utf-8", "replace"), nl=False)


@main.command()
@_GRAPH
def verify(graph: Path) -> None:
    """Check that every quote stands in its document where the graph says."""
    with _errors():
        from imagingkg.graph.verify import verify as check

        issues = check(graph)
        for issue in issues:
            if issue.severity == "warning":
                _note(str(issue))
        _report_issues(
            [str(i) for i in issues if i.severity != "warning"], f"every quote of {graph} stands where the graph says"
        )


@main.command()
@_GRAPH
@click.option("--full", is_flag=True, help="With pyshacl too (slow; up to 100,000 triples).")
def validate(graph: Path, full: bool) -> None:
    """Check the graph against the SHACL shapes."""
    with _errors():
        from imagingkg.graph.store import graph_file
        from imagingkg.graph.validate import check_files, check_full

        path = graph_file(graph, "graph.ttl")
        issues = check_full(path) if full else check_files(path)
        _report_issues([str(i) for i in issues], f"{path} conforms")


@main.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def compare(a: Path, b: Path, form: Any) -> None:
    """What changed from build A to build B: documents, concepts, claims, certainty, figures."""
    with _errors():
        from imagingkg.graph.compare import compare as run
        from imagingkg.graph.compare import render_comparison

        click.echo(render_comparison(run(a, b), form).encode("utf-8", "replace"), nl=False)


@main.command()
@click.option("--as", "form", required=True, help="Format; a wrong one lists those known.")
@_GRAPH
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), help="File to write (default: stdout).")
def export(form: str, graph: Path, target: Path | None) -> None:
    """Write the graph in another format."""
    with _errors():
        from imagingkg.publish.exports import export as run

        data = run(graph, form)
        if target is None:
            sys.stdout.buffer.write(data)
            return
        _write(target, data)


@main.command()
@click.argument("name", metavar="gaps|network|timeline")
@click.option("-o", "--output", "target", required=True, type=click.Path(path_type=Path), help="SVG file to write.")
@_GRAPH
@click.option("--rows", default="disease", show_default=True, help="Rows of the gap map.")
@click.option("--columns", default="task", show_default=True, help="Columns of the gap map.")
@click.option("--lang", default="en", show_default=True, help="Language of the labels: en or zh.")
@click.option("--theme", default="light", show_default=True, help="Colours: light or dark.")
def figure(name: str, target: Path, graph: Path, **style: str) -> None:
    """Draw the gap map, the network of concepts or the claims by year and task, as an SVG for a paper."""
    with _errors():
        from imagingkg.publish.figure import Style
        from imagingkg.publish.figure import figure as run

        if target.suffix.lower() != ".svg":
            raise KgError(str(target), "is no .svg file", "Figures are SVG; a browser or Inkscape makes a PNG of one")
        _write(target, run(graph, name, Style(**style)))


@main.command()
@click.argument("gold", type=click.Path(path_type=Path))
@click.option("--readings", type=click.Path(path_type=Path), help="Readings to score (default: GOLD is read now).")
@click.option("--errors", "misses", type=click.Path(path_type=Path), help="File to write the errors to, by kind.")
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
@_reading_options
def evaluate(gold: Path, readings: Path | None, misses: Path | None, form: str, **given: Any) -> None:
    """Score readings against a GOLD set: entities, links, figures, sample sizes, certainty."""
    with _errors():
        from imagingkg.evaluate import evaluate as score
        from imagingkg.evaluate import figures_as_text, misses_as_text
        from imagingkg.gold import read_gold
        from imagingkg.pipeline import start
        from imagingkg.readings import load_readings

        documents = read_gold(gold)
        found = load_readings(readings) if readings else start([gold], _settings(given)).readings
        result = score(documents, {r.document.id: r for r in found})
        click.echo(json.dumps(result.figures, indent=1) if form == "json" else figures_as_text(result.figures).rstrip())
        if misses is not None:
            _write(misses, misses_as_text(result.misses))
            _note(f"{len(result.misses):,} errors in {misses}")


@main.command()
@_GRAPH
@click.option("-o", "--output", "target", default="review.yaml", show_default=True, type=click.Path(path_type=Path),
              help="File to write; decisions that it holds already are kept.")  # fmt: skip
@click.option("--most", default=200, show_default=True, type=click.IntRange(0), help="Open entries a list; 0: all.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings in a YAML file.")
@_LEXICON
def curate(graph: Path, target: Path, most: int, **given: Any) -> None:
    """Write what a build left for people to decide, as a YAML file; `build --curation FILE` applies it."""
    with _errors():
        from imagingkg.pipeline import review

        written = review(graph, target, _settings(given), most=most)
        _note(f"{len(written.terms):,} names, {len(written.forms):,} forms, {len(written.claims):,} claims in {target}")
        if written.left_out:
            _note(f"{written.left_out:,} more were left out; --most 0 writes all")


@main.command()
@_LEXICON
def lint(lexicon: tuple[str, ...]) -> None:
    """Check the ontology: forms, labels, references, mappings, queries, rules, shapes."""
    with _errors():
        from imagingkg.lint import lint as run

        problems = run(lexicon)
        _report_issues([str(p) for p in problems], "the ontology holds")


@main.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings in a YAML file.")
def settings(config: Path | None) -> None:
    """Show every setting, its value and what it means."""
    with _errors():
        from dataclasses import fields

        from imagingkg.settings import load_settings

        current = load_settings(config)
        for each in fields(current):
            value = json.dumps(getattr(current, each.name), ensure_ascii=False)
            click.echo(f"{each.name}: {value}  # {each.metadata['help']}")


def _settings(given: dict[str, Any], **more: Any) -> Settings:
    from imagingkg.settings import load_settings

    config = given.pop("config", None)
    lexicon = given.pop("lexicon", ()) or None
    return load_settings(config, {**given, **more, "lexicon": lexicon})


def _note_skipped(skipped: Sequence[Skipped]) -> None:
    for each in skipped:
        line = f", line {each.line}" if each.line else ""
        _note(f"skipped {each.source}{line}: {each.reason}")


def _pairs(values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals or not name.strip():
            raise KgError(repr(value), "is not NAME=VALUE")
        pairs[name.strip()] = rest.strip()
    return pairs


def _read_query(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KgError(str(path), f"cannot be read as a query ({error})") from error


def _write(path: Path, data: bytes | str) -> None:
    try:
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "replace"))
    except OSError as error:
        raise KgError(str(path), f"cannot be written ({error.strerror})") from error


def _report_issues(issues: list[str], good: str) -> None:
    for issue in issues:
        click.echo(issue.encode("utf-8", "replace"))
    _note(f"{len(issues):,} problems" if issues else good)
    sys.exit(NOT_CONFORMING if issues else GOOD)
