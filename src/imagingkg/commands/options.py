"""Options and endings that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from imagingkg.errors import KgError
from imagingkg.terminal import GOOD, NOT_CONFORMING, note

if TYPE_CHECKING:
    from imagingkg.model import Skipped
    from imagingkg.settings import Settings

SOURCES: Final = click.argument("sources", nargs=-1, type=click.Path(path_type=Path))
GRAPH: Final = click.option(
    "--graph", "graph", default="output", show_default=True, type=click.Path(path_type=Path),
    help="Directory that a build wrote.",
)  # fmt: skip

LEXICON: Final = click.option(
    "--lexicon", multiple=True, metavar="FILE[=KIND]",
    help="Further terms: our YAML, OBO, CSV, TSV, SKOS or OWL; KIND says what those of a foreign file are. Repeatable.",
)  # fmt: skip


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((
        click.option("--config", type=click.Path(path_type=Path), help="Settings in a YAML file."),
        LEXICON,
        click.option("--curation", type=click.Path(), help="A reviewed file that `imagingkg curate` wrote."),
        click.option(
            "--workers", type=click.Choice(["here", "processes", "spark"]),
            help="Who reads: this process, several, or Spark.",
        ),
        click.option("--jobs", type=click.IntRange(0), help="Number of worker processes; 0: one a processor."),
    )):  # fmt: skip
        command = option(command)
    return command


def chosen_settings(given: dict[str, Any], **more: Any) -> Settings:
    from imagingkg.settings import load_settings

    config = given.pop("config", None)
    lexicon = given.pop("lexicon", ()) or None
    return load_settings(config, {**given, **more, "lexicon": lexicon})


def note_skipped(skipped: Sequence[Skipped]) -> None:
    for each in skipped:
        line = f", line {each.line}" if each.line else ""
        note(f"skipped {each.source}{line}: {each.reason}")


def pairs(values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals or not name.strip():
            raise KgError(repr(value), "is not NAME=VALUE")
        pairs[name.strip()] = rest.strip()
    return pairs


def write_file(path: Path, data: bytes | str) -> None:
    try:
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "replace"))
    except OSError as error:
        raise KgError(str(path), f"cannot be written ({error.strerror})") from error


def report_issues(issues: list[str], good: str) -> None:
    for issue in issues:
        click.echo(issue.encode("utf-8", "replace"))
    note(f"{len(issues):,} problems" if issues else good)
    sys.exit(NOT_CONFORMING if issues else GOOD)
