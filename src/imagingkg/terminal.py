"""How the command line speaks and ends: notes, a live line of progress, errors as sentences, exit codes."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import click

from imagingkg.counting import counted
from imagingkg.errors import KgError

GOOD: Final = 0
NOT_CONFORMING: Final = 1
MISTAKE: Final = 2
SKIPPED: Final = 3
INTERRUPTED: Final = 130
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def note(text: str) -> None:
    """A line on stderr."""
    click.echo(text.encode("utf-8", "replace"), err=True)


def width() -> int | None:
    """The terminal's width; None where the output goes to a file or a pipe and nothing need be cut."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else None


@contextmanager
def progress() -> Iterator[Callable[..., None]]:
    """A live line on stderr where that is a terminal; nothing elsewhere.

    Told the stage, how many documents are through it and, where it is known, the share of the work that is done, it
    shows the rate and the time left.
    """
    if not sys.stderr.isatty():
        yield lambda stage, count, share=0.0: None  # noqa: ARG005 (the signature of a listener)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    texts = (TextColumn("{task.description}"), TextColumn("{task.fields[said]}"))
    columns = (SpinnerColumn(), *texts, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None, said="")
        pace = Pace(time.monotonic)
        yield lambda stage, count, share=0.0: bar.update(task, description=stage, said=pace.said(stage, count, share))


class Pace:
    """How fast a stage goes: documents a second since it began, and the time left by the share that is done."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._stage, self._start = clock, "", 0.0

    def said(self, stage: str, count: int, share: float = 0.0) -> str:
        """The progress in words: "12,000 documents, 900 a second, 3:20 left"."""
        if stage != self._stage:
            self._stage, self._start = stage, self._clock()
        passed = self._clock() - self._start
        text = counted(count, "document")
        if passed >= 1:
            text += f", {count / passed:,.0f} a second"
        if passed >= 1 and 0 < share < 1:
            left = round(passed / share * (1 - share))
            text += f", {left // 60}:{left % 60:02} left"
        return text


@contextmanager
def errors() -> Iterator[None]:
    """Our own errors and a full disk as a sentence and an exit code; a closed pipe in silence; a bug as a traceback."""
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
        _close_stdout()
        sys.exit(GOOD)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        note(f"imagingkg: the output cannot be written ({error.strerror}). Make room or write elsewhere")
        _close_stdout()
        sys.exit(MISTAKE)


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C ends the process at once: a query runs where Python hears no signal. For what only reads."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _close_stdout() -> None:
    """What is still buffered goes nowhere, so that the interpreter's own end does not trip over it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
