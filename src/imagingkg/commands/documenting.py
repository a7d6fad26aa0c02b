"""Commands that document the ontology: docs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from imagingkg.commands.options import LEXICON, chosen_settings
from imagingkg.terminal import errors, note


@click.command()
@click.option(
    "-o", "--output", "target", default="reference", show_default=True, type=click.Path(path_type=Path),
    help="Directory to write the pages into; other files there are left alone.",
)  # fmt: skip
@LEXICON
@click.option("--config", type=click.Path(path_type=Path), help="Settings in a YAML file.")
@click.option("--licensed-codes", is_flag=True, help="Write SNOMED CT codes (you need its licence).")
def docs(target: Path, licensed_codes: bool, **given: Any) -> None:
    """Write the ontology's reference as web pages: classes, properties, concepts, named queries."""
    with errors():
        from imagingkg.graph.names import Names
        from imagingkg.lexicon_files import open_lexicon
        from imagingkg.pipeline import program_version
        from imagingkg.publish.reference import write_reference

        settings = chosen_settings(given, licensed_codes=licensed_codes or None)
        lexicon = open_lexicon(settings.lexicon).lexicon
        pages = write_reference(
            target, lexicon, names=Names(settings.base), version=program_version(),
            licensed_codes=settings.licensed_codes,
        )
        note(f"{len(lexicon.concepts):,} concepts on {len(pages)} pages; open {target / 'index.html'} in a browser")
