"""`imagingkg serve` as its users meet it: a process of its own, asked over real sockets."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from command import PROGRAM, environment

JSON = "application/sparql-results+json"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o . ?q ?r ?s }"
"""Counts some 10^20 rows on any graph that has more than a few triples."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self) -> dict[str, Any]:
        """The body as the problem that it must be."""
        assert self.media == "application/problem+json", (self.status, self.headers, self.body[:200])
        problem = self.json()
        assert problem["status"] == self.status
        assert set(problem) == {"type", "title", "status", "detail"}
        assert problem["detail"]
        return dict(problem)


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    output: Path
    port: int
    log: Path

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        wait: float = 30,
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=wait)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, None, headers)

    def query(self, text: str, accept: str = JSON, more: str = "") -> Reply:
        """POST a query as it is."""
        headers = {"Content-Type": "application/sparql-query", "Accept": accept}
        return self.send("POST", f"/sparql{more}", text.encode("utf-8"), headers)

    def raw(self, data: bytes, wait: float = 10) -> bytes:
        """What comes back for these bytes until the server closes or is silent for half a second after an answer."""
        with self.connect(wait) as sock:
            sock.sendall(data)
            return received(sock)

    def connect(self, wait: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=wait)

    def health(self) -> dict[str, Any]:
        return dict(self.get("/healthz").json())

    def settled(self, children: int, seconds: float = 10) -> dict[str, Any]:
        """The state once all children are idle."""
        end = time.monotonic() + seconds
        while (state := self.health())["idle"] != children:
            assert time.monotonic() < end, state
            time.sleep(0.02)
        return state

    def entries(self, least: int = 0) -> list[dict[str, Any]]:
        """The log so far, entry by entry, once it has `least` of them: an entry is written after its answer is sent."""
        end = time.monotonic() + 10
        while True:
            lines = self.log.read_text(encoding="utf-8").splitlines()
            found = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
            if len(found) >= least or time.monotonic() > end:
                return found
            time.sleep(0.05)


def received(sock: socket.socket) -> bytes:
    """All that comes until the end, or until nothing came for half a second after something did."""
    data = b""
    try:
        while part := sock.recv(1 << 16):
            data += part
            sock.settimeout(0.5)
    except (TimeoutError, ConnectionResetError):
        pass
    return data


def children_of(process: int) -> list[int]:
    """Ids of the processes that a process has started and that are still there, those not yet taken leave of too."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc")
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended between two looks
            if int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]) == process:
                found.append(int(stat.parent.name))
    return sorted(found)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "Z"


def at(query: str, **more: str) -> str:
    """The address of a query by GET."""
    return "/sparql?query=" + quote(query) + "".join(f"&{k.replace('_', '-')}={quote(v)}" for k, v in more.items())


@contextmanager
def serving(output: Path, *options: str, log: Path) -> Iterator[Server]:
    """A server on a free port over a built output; ended, and seen to end, at the close."""
    command = [*PROGRAM, "serve", "--graph", str(output), "--port", "0", *options]
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, env=environment()) as process:
        try:
            yield Server(process, output, _port(process, log), log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        said = log.read_text(encoding="utf-8")
        if "; SPARQL at " in said and said.endswith("\n"):
            return int(said.partition("; SPARQL at http://")[2].partition("/sparql")[0].rpartition(":")[2])
        time.sleep(0.02)
    raise AssertionError(f"the server did not start: {log.read_text(encoding='utf-8')}")
