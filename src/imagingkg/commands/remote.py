"""Commands that take a build to a store elsewhere: push."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from imagingkg.commands.options import GRAPH
from imagingkg.terminal import GOOD, SKIPPED, errors, note, progress


@click.command()
@click.option("--to", "url", required=True, metavar="URL", help="SPARQL endpoint, e.g. http://localhost:7878/query.")
@GRAPH
@click.option("--kind", default="", help="Kind of store, where its URL does not tell; a wrong one lists those known.")
@click.option("--update-url", default="", metavar="URL", help="Where it takes updates, if that is elsewhere.")
@click.option("--graphs-url", default="", metavar="URL", help="Where it takes whole graphs, if that is elsewhere.")
def push(url: str, graph: Path, kind: str, update_url: str, graphs_url: str) -> None:
    """Send a build to a SPARQL store: only the documents that changed, each as a whole.

    Credentials come from IMAGINGKG_USER and IMAGINGKG_PASSWORD, from IMAGINGKG_TOKEN, or from ~/.netrc.
    """
    with errors():
        from imagingkg.graph.endpoint import checked_url
        from imagingkg.publish.push import Target, target_of
        from imagingkg.publish.push import push as run

        found = target_of(url, kind)
        target = Target(
            found.query,
            checked_url(update_url) if update_url else found.update,
            checked_url(graphs_url) if graphs_url else found.graphs,
        )
        with progress() as tell:
            done = run(graph, target, tell)
        for name, reason in done.refused:
            note(f"refused: {name}: {reason}")
        note(
            f"{done.sent:,} graphs with {done.triples:,} triples sent, {done.unchanged:,} unchanged, "
            f"{done.withdrawn:,} withdrawn"
        )
        note(f"Ask it: imagingkg query --graph {target.query}")
        sys.exit(SKIPPED if done.refused else GOOD)
