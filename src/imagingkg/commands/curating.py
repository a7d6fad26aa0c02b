"""Commands for those who keep terms and gold sets: evaluate, curate, lint, settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from imagingkg.commands.options import GRAPH, LEXICON, chosen_settings, reading_options, report_issues, write_file
from imagingkg.terminal import errors, note


@click.command()
@click.argument("gold", type=click.Path(path_type=Path))
@click.option("--readings", type=click.Path(path_type=Path), help="Readings to score (default: GOLD is read now).")
@click.option("--errors", "misses", type=click.Path(path_type=Path), help="File to write the errors to, by kind.")
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
@reading_options
def evaluate(gold: Path, readings: Path | None, misses: Path | None, form: str, **given: Any) -> None:
    """Score readings against a GOLD set: entities, links, figures, sample sizes, certainty."""
    with errors():
        from imagingkg.evaluate import evaluate as score
        from imagingkg.evaluate import figures_as_text, misses_as_text
        from imagingkg.gold import read_gold
        from imagingkg.pipeline import start
        from imagingkg.readings import load_readings

        documents = read_gold(gold)
        found = load_readings(readings) if readings else start([gold], chosen_settings(given)).readings
        result = score(documents, {r.document.id: r for r in found})
        click.echo(json.dumps(result.figures, indent=1) if form == "json" else figures_as_text(result.figures).rstrip())
        if misses is not None:
            write_file(misses, misses_as_text(result.misses))
            note(f"{len(result.misses):,} errors in {misses}")


@click.command()
@GRAPH
@click.option("-o", "--output", "target", default="review.yaml", show_default=True, type=click.Path(path_type=Path),
              help="File to write; decisions that it holds already are kept.")  # fmt: skip
@click.option("--most", default=200, show_default=True, type=click.IntRange(0), help="Open entries a list; 0: all.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings in a YAML file.")
@LEXICON
def curate(graph: Path, target: Path, most: int, **given: Any) -> None:
    """Write what a build left for people to decide, as a YAML file; `build --curation FILE` applies it."""
    with errors():
        from imagingkg.pipeline import review

        written = review(graph, target, chosen_settings(given), most=most)
        note(f"{len(written.terms):,} names, {len(written.forms):,} forms, {len(written.claims):,} claims in {target}")
        if written.left_out:
            note(f"{written.left_out:,} more were left out; --most 0 writes all")


@click.command()
@LEXICON
def lint(lexicon: tuple[str, ...]) -> None:
    """Check the ontology: forms, labels, references, mappings, queries, rules, shapes."""
    with errors():
        from imagingkg.lint import lint as run

        problems = run(lexicon)
        report_issues([str(p) for p in problems], "the ontology holds")


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings in a YAML file.")
def settings(config: Path | None) -> None:
    """Show every setting, its value and what it means."""
    with errors():
        from dataclasses import fields

        from imagingkg.settings import load_settings

        current = load_settings(config)
        for each in fields(current):
            value = json.dumps(getattr(current, each.name), ensure_ascii=False)
            click.echo(f"{each.name}: {value}  # {each.metadata['help']}")
