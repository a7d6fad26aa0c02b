"""How the command line speaks and ends: notes, a live line of progress, errors as sentences, exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

from imagingkg.errors import KgError

GOOD: Final = 0
NOT_CONFORMING: Final = 1
MISTAKE: Final = 2
SKIPPED: Final = 3
INTERRUPTED: Final = 130


def note(text: str) -> None:
    """A line on stderr."""
    click.echo(text.encode("utf-8", "replace"), err=True)


def width() -> int | None:
    """The terminal's width; None where the output goes to a file or a pipe and nothing need be cut."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else None


@contextmanager
def progress() -> Iterator[Callable[[str, int], None]]:
    """A live line on stderr where that is a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda stage, count: None  # noqa: ARG005 (the signature of a listener)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    counted = TextColumn("{task.completed:,.0f} documents")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), counted, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda stage, count: bar.update(task, description=stage, completed=count)


@contextmanager
def errors() -> Iterator[None]:
    """Our own errors as one sentence and an exit code; a closed pipe in silence; a bug as a traceback."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # so that a closed pipe is met here and not when the interpreter ends
    except KgError as error:
        note(f"imagingkg: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        note("imagingkg: stopped; the output is as it was")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(GOOD)
