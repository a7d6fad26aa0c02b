"""The command line: results on stdout, progress and notes on stderr. Only this, its commands and its terminal print.

What a command needs is imported when it runs, so that `imagingkg --help` answers at once.
"""

from __future__ import annotations

import click

from imagingkg.commands.asking import compare, gaps, query, validate, verify
from imagingkg.commands.curating import curate, evaluate, lint, settings
from imagingkg.commands.documenting import docs
from imagingkg.commands.publishing import export, figure
from imagingkg.commands.reading import build, extract
from imagingkg.commands.remote import push
from imagingkg.commands.serving import serve


class _Commands(click.Group):
    """Commands in the order of use, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(self.commands)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="imagingkg")
def main() -> None:
    """Knowledge graphs from the literature of artificial intelligence in medical imaging."""


for _command in (
    build, extract, query, gaps, verify, validate, compare, export, figure, serve, push, evaluate, curate, lint,
    docs, settings,
):  # fmt: skip
    main.add_command(_command)
