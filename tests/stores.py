"""Stores that others make, started for a test: Oxigraph's server, and Virtuoso where it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

_VIRTUOSO_INI = """\
[Database]
DatabaseFile = {home}/virtuoso.db
ErrorLogFile = {home}/virtuoso.log
LockFile = {home}/virtuoso.lck
TransactionFile = {home}/virtuoso.trx
xa_persistent_file = {home}/virtuoso.pxa

[TempDatabase]
DatabaseFile = {home}/virtuoso-temp.db
TransactionFile = {home}/virtuoso-temp.trx

[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 10
NumberOfBuffers = 2000
MaxDirtyBuffers = 1500
DirsAllowed = {home}

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 5
ServerRoot = {home}

[SPARQL]
ResultSetMaxRows = 10000
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def oxigraph(home: Path) -> Iterator[str]:
    """The SPARQL endpoint of an Oxigraph server with an empty store."""
    program = shutil.which("oxigraph") or str(Path(sys.executable).with_name("oxigraph"))
    if not Path(program).is_file():
        pytest.skip("no Oxigraph server: pip install oxigraph")
    port = free_port()
    command = [program, "serve", "--location", str(home), "--bind", f"127.0.0.1:{port}"]
    with _running(command, f"http://127.0.0.1:{port}/"):
        yield f"http://127.0.0.1:{port}/query"


@contextmanager
def virtuoso(home: Path) -> Iterator[str]:
    """The SPARQL endpoint of a Virtuoso server with an empty store; its user and password are dba and dba."""
    program = shutil.which("virtuoso-t")
    if program is None:
        pytest.skip("no Virtuoso: apt-get install virtuoso-opensource-7-bin")
    home.mkdir(parents=True)
    port = free_port()
    (home / "virtuoso.ini").write_text(_VIRTUOSO_INI.format(home=home, sql=free_port(), http=port), encoding="utf-8")
    command = [program, "+foreground", "+configfile", str(home / "virtuoso.ini")]
    with _running(command, f"http://127.0.0.1:{port}/sparql?query=ASK%7B%7D"):
        yield f"http://127.0.0.1:{port}/sparql"


@contextmanager
def _running(command: list[str], url: str) -> Iterator[None]:
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ.copy())
    try:
        _wait_for(url, server)
        yield
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail(f"the server of {url} ended with {server.returncode}")
        try:
            with urlopen(url, timeout=5):  # noqa: S310 (a URL of our own making)
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"no server at {url} within a minute")
