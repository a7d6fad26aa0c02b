"""Commands that read papers: build, extract."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from imagingkg.commands.options import SOURCES, chosen_settings, note_skipped, reading_options
from imagingkg.counting import counted
from imagingkg.errors import KgError
from imagingkg.terminal import GOOD, INTERRUPTED, NOT_CONFORMING, SKIPPED, errors, note, progress


@click.command()
@SOURCES
@click.option(
    "-o", "--output", default="output", show_default=True, type=click.Path(path_type=Path), help="Directory to write."
)
@reading_options
@click.option("--base", help="IRI below which all data is named.")
@click.option("--no-quotes", is_flag=True, help="Leave the sentences out; offsets and hashes stay.")
@click.option("--licensed-codes", is_flag=True, help="Write SNOMED CT codes (you need its licence).")
@click.option("--cache", metavar="DIR", help="Directory for what was read (default: OUTPUT.cache); none: no such.")
@click.option("--no-sparql", is_flag=True, help="Leave the SPARQL panel out of the explorer (some 2 MB).")
def build(
    sources: tuple[Path, ...], output: Path, no_quotes: bool, licensed_codes: bool, no_sparql: bool, **given: Any
) -> None:
    """Read SOURCES (files and folders; none: the sample corpus) and write the graph.

    Writes graph.ttl, graph.trig, inferred.ttl, claims.jsonl, mappings.sssom.tsv, description.ttl, graph.html (open it
    in a browser), network.html, report.md, report.json and store/.
    """
    with errors():
        from imagingkg.pipeline import build as run

        settings = chosen_settings(
            given,
            quotes=False if no_quotes else None,
            licensed_codes=licensed_codes or None,
            sparql=False if no_sparql else None,
        )
        try:
            with progress() as tell:
                report = run(sources, output, settings, tell)
        except KeyboardInterrupt:
            again = "" if settings.cache == "none" else "; the same command goes on from here"
            note(f"imagingkg: stopped; the output is as it was{again}")
            sys.exit(INTERRUPTED)
        note(
            f"{counted(report.documents, 'document')}, {counted(report.claims, 'claim')}, "
            f"{counted(report.statements, 'statement')}, {counted(report.triples, 'triple')} in {output}"
        )
        note_skipped(report.skipped[:20])
        if len(report.skipped) > 20:
            note(f"and {len(report.skipped) - 20} more: see {output / 'report.md'}")
        for issue in report.issues[:20]:
            note(f"does not conform: {issue}")
        note(f"Open {output / 'graph.html'} in a browser, or ask: imagingkg query --graph {output}")
        sys.exit(NOT_CONFORMING if report.issues else SKIPPED if report.skipped else GOOD)


@click.command()
@SOURCES
@reading_options
@click.option("--no-quotes", is_flag=True, help="Leave texts and sentences out.")
def extract(sources: tuple[Path, ...], no_quotes: bool, **given: Any) -> None:
    """Read SOURCES and print a reading a line, as JSON: mentions, claims, repairs."""
    with errors():
        from imagingkg.pipeline import start
        from imagingkg.readings import reading_to_json

        run = start(sources, chosen_settings(given))
        count = 0
        with progress() as tell:
            for reading in run.readings:
                click.echo(reading_to_json(reading, quotes=not no_quotes).encode("utf-8", "replace"))
                count += 1
                tell("reading", count)
        note_skipped(run.inputs.skipped)
        if not count:
            raise KgError("sources", "nothing could be read", "See the reasons above")
        sys.exit(SKIPPED if run.inputs.skipped else GOOD)
