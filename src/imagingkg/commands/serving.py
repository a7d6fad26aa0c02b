"""The command that serves a build: serve."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imagingkg.commands.options import GRAPH
from imagingkg.errors import UsageError
from imagingkg.terminal import errors, note

if TYPE_CHECKING:
    from imagingkg.serve.pool import Pool


@click.command()
@GRAPH
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on; 0: a free one."
)
@click.option("--name", "names", multiple=True, help="A host name by which clients reach it; repeatable.")
@click.option("--cors", multiple=True, metavar="ORIGIN", help="A site whose pages may ask (*: all); repeatable.")
@click.option("--children", type=click.IntRange(1, 256), help="Queries answered at a time.  [default: 2 a processor]")
@click.option("--timeout", default=15.0, show_default=True, type=click.FloatRange(0.05), help="Seconds for a query.")
@click.option("--memory", default=1024, show_default=True, type=click.IntRange(64), help="MB a query may take.")
@click.option("--rows", default=100_000, show_default=True, type=click.IntRange(1), help="Rows a result may have.")
@click.option("--size", default=64, show_default=True, type=click.IntRange(1), help="MB a result may have.")
@click.option("--queue", default=256, show_default=True, type=click.IntRange(0), help="Queries that may wait.")
@click.option("--wait", default=10.0, show_default=True, type=click.FloatRange(0.05), help="Seconds each may wait.")
@click.option(
    "--patience", default=10.0, show_default=True, type=click.FloatRange(0.1), help="Seconds that a slow client has."
)
@click.option("--log-queries", is_flag=True, help="Write the text of queries into the log.")
def serve(
    graph: Path, host: str, port: int, names: tuple[str, ...], cors: tuple[str, ...], children: int | None,
    timeout: float, memory: int, rows: int, size: int, queue: int, wait: float, patience: float, log_queries: bool,
) -> None:  # fmt: skip
    """Answer SPARQL at /sparql and show the explorer at /, read-only, until Ctrl-C."""
    with errors():
        if sys.platform == "win32":
            raise UsageError("serve", "needs a Unix system", "Run it under WSL")
        from imagingkg.serve.app import Service
        from imagingkg.serve.limits import Limits
        from imagingkg.serve.run import LOCAL_NAMES, address, is_local, listen
        from imagingkg.serve.run import serve as run

        more: dict[str, Any] = {} if children is None else {"children": children}
        limits = Limits(
            seconds=timeout, memory=memory << 20, rows=rows, size=size << 20, queue=queue, wait=wait,
            patience=patience, **more,
        )  # fmt: skip
        with listen(host, port) as bound:
            local = is_local(bound)
            hosts = frozenset({*LOCAL_NAMES, *map(str.lower, names)}) if local or names else None
            service = Service(graph, limits, hosts, cors, log_queries)

            def ready(pool: Pool) -> None:
                reach = "this machine only" if local else "open to the network, without any password"
                note(f"serving {graph} at {address(bound)} ({reach}); SPARQL at {address(bound)}sparql; Ctrl-C ends it")
                if not pool.isolated:
                    note("this system cannot cut queries off from the network: SERVICE is refused by its text alone")

            run(service, bound, _log, ready)


def _log(entry: Mapping[str, Any]) -> None:
    """One line of JSON on stderr; a log that nobody reads any more ends no answer."""
    try:
        sys.stderr.write(json.dumps(entry, ensure_ascii=True) + "\n")
    except OSError:
        return
