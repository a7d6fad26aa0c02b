"""Commands that take a build elsewhere: export, figure."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from imagingkg.commands.options import GRAPH, write_file
from imagingkg.errors import KgError
from imagingkg.terminal import errors


@click.command()
@click.option("--as", "form", required=True, help="Format; a wrong one lists those known.")
@GRAPH
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path),
    help="File to write (default: stdout); of a format of several files, a directory or a .zip file.",
)  # fmt: skip
def export(form: str, graph: Path, target: Path | None) -> None:
    """Write the graph in another format."""
    with errors():
        from imagingkg.publish.exports import export_stream, export_to

        if target is None:
            export_stream(graph, form, sys.stdout.buffer)
        else:
            export_to(graph, form, target)


@click.command()
@click.argument("name", metavar="gaps|network|timeline")
@click.option("-o", "--output", "target", required=True, type=click.Path(path_type=Path), help="SVG file to write.")
@GRAPH
@click.option("--rows", default="disease", show_default=True, help="Rows of the gap map.")
@click.option("--columns", default="task", show_default=True, help="Columns of the gap map.")
@click.option("--lang", default="en", show_default=True, help="Language of the labels: en or zh.")
@click.option("--theme", default="light", show_default=True, help="Colours: light or dark.")
def figure(name: str, target: Path, graph: Path, **style: str) -> None:
    """Draw the gap map, the network of concepts or the claims by year and task, as an SVG for a paper."""
    with errors():
        from imagingkg.publish.figure import Style
        from imagingkg.publish.figure import figure as run

        if target.suffix.lower() != ".svg":
            raise KgError(str(target), "is no .svg file", "Figures are SVG; a browser or Inkscape makes a PNG of one")
        write_file(target, run(graph, name, Style(**style)))
