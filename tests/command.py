"""The command line as a user runs it, in a process of its own, for tests of exit codes, signals and start-up."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = [sys.executable, "-c", "from imagingkg.cli import main; main(prog_name='imagingkg')"]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what would change the output, and with `more`."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "PYTHONHASHSEED", "COLUMNS")}
    return kept | more


def imagingkg(*words: str | Path, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `imagingkg WORDS` to its end; stdout and stderr as text."""
    command = [*PROGRAM, *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, env=environment(**more), capture_output=True, text=True, encoding="utf-8", check=False
    )


def contents(directory: Path) -> dict[str, str]:
    """Path to SHA-256 of every file below the directory, the query index left out: it is a cache."""
    files = [p for p in sorted(directory.rglob("*")) if p.is_file() and "store" not in p.relative_to(directory).parts]
    return {str(p.relative_to(directory)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
