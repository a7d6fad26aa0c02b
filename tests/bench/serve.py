"""Requests per second of `imagingkg serve` beside other SPARQL servers on the same graph:

    python tests/bench/serve.py [--graph output] [--seconds 20] [--peers DIRECTORY]

Needs wrk. Peers are taken from the `bin` of DIRECTORY, an environment with `oxigraph` and `rdflib-endpoint[cli]`; one
that is missing is left out. Three loads, each from 16 connections: lookups (three light queries for each of fifty
concepts), questions (ten named ones), and lookups while one query runs that never ends.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from imagingkg.graph.query import load_queries
from imagingkg.graph.store import open_store

CONNECTIONS = 16
QUESTIONS = (
    "biomarkers", "challenges-unanswered", "claims-by-year", "datasets", "external-validation", "hedged-only",
    "known-markers-unstudied", "largest-samples", "negated", "retracted",
)  # fmt: skip
PREFIXES = (
    "PREFIX ikg: <https://w3id.org/imagingkg/vocab/> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
    "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
)
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
LUA = """
local paths = {}
for line in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = line end
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], { ["Accept"] = "application/sparql-results+json" })
end
"""


@dataclass(frozen=True)
class Peer:
    """A server: its name, how it is started, and the path of its endpoint."""

    name: str
    command: list[str]
    path: str
    port: int


def lookups(output: Path) -> list[str]:
    store = open_store(output)
    found = store.query(f"{PREFIXES} SELECT DISTINCT ?c {{ ?a ikg:disease|ikg:method ?c }} ORDER BY ?c LIMIT 50")
    concepts = [str(row["c"]) for row in found]  # type: ignore[union-attr]
    return [
        PREFIXES + text.replace("CONCEPT", concept)
        for concept in concepts
        for text in (
            "SELECT ?p ?o { CONCEPT ?p ?o }",
            "SELECT DISTINCT ?t ?l { ?a ikg:disease|ikg:method CONCEPT ; ikg:task ?t . ?t skos:prefLabel ?l }",
            "SELECT ?a ?q { ?a ikg:disease|ikg:method CONCEPT ; ikg:evidence ?e . ?e ikg:quote ?q } LIMIT 20",
        )
    ]


@contextmanager
def running(peer: Peer) -> Iterator[int]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(peer.command, stdout=quiet, stderr=quiet) as process:
        try:
            end = time.monotonic() + 300
            while not answers(peer, "ASK {}", 5):
                if time.monotonic() > end or process.poll() is not None:
                    raise SystemExit(f"{peer.name} did not start: {' '.join(peer.command)}")
                time.sleep(0.2)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(peer: Peer, query: str, seconds: float) -> bool:
    url = f"http://127.0.0.1:{peer.port}{peer.path}?query={quote(query)}"
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def processor_seconds(process: int) -> float:
    """Of a process and all that it has started, so far (Linux)."""
    total = 0
    left = [process]
    while left:
        one = left.pop()
        with suppress(OSError):  # it ended between two looks
            fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))  # its own and that of its children that have ended
        for task in Path("/proc").glob(f"{one}/task/*/children"):
            with suppress(OSError):
                left += map(int, task.read_text(encoding="ascii").split())
    return total / os.sysconf("SC_CLK_TCK")


def load(peer: Peer, queries: list[str], seconds: int, directory: Path, process: int) -> str:
    """A row's cells: requests per second, median and 99th percentile, processor time a request, what failed."""
    paths, script = directory / "paths", directory / "load.lua"
    paths.write_text("".join(f"{peer.path}?query={quote(q)}\n" for q in queries), encoding="ascii")
    script.write_text(LUA, encoding="ascii")
    command = [
        "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "--timeout", "30s", "-s", str(script),
        f"http://127.0.0.1:{peer.port}",
    ]  # fmt: skip
    before = processor_seconds(process)
    said = subprocess.run(
        command, env={**os.environ, "BENCH_PATHS": str(paths)}, capture_output=True, text=True, check=True
    ).stdout
    rate = re.search(r"Requests/sec:\s*([\d.]+)", said)
    half, most = (re.search(rf"^ +{p}% +(\S+)", said, re.MULTILINE) for p in (50, 99))
    count = re.search(r"(\d+) requests in", said)
    used = processor_seconds(process) - before
    cost = f"{used / int(count[1]) * 1000:.2f} ms" if count and int(count[1]) else ""
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    lost = re.search(r"Socket errors: (.*)", said)
    failed = ", ".join(filter(None, (bad and f"{bad[1]} errors", lost and lost[1])))
    cells = (f"{float(rate[1]):,.1f}" if rate else "0", half[1] if half else "", most[1] if most else "", cost, failed)
    return " | ".join(cells)


@contextmanager
def runaway(peer: Peer) -> Iterator[None]:
    """One query that never ends is always running."""
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            answers(peer, RUNAWAY, 600)
            over.wait(0.05)

    threading.Thread(target=ask, daemon=True).start()
    time.sleep(1)
    try:
        yield
    finally:
        over.set()


def peers(output: Path, directory: Path, store: Path) -> list[Peer]:
    program = [sys.executable, "-c", "from imagingkg.cli import main; main(prog_name='imagingkg')"]
    here = ["serve", "--graph", str(output), "--port", "8101"]
    out = [Peer("imagingkg serve", [*program, *here], "/sparql", 8101)]
    files = [str(output / name) for name in ("graph.ttl", "inferred.ttl")]
    oxigraph, rdflib = directory / "oxigraph", directory / "rdflib-endpoint"
    if oxigraph.exists():
        command = [str(oxigraph), "load", "--location", str(store)]
        for name in (*files, str(output / "graph.trig")):
            command += ["--file", name]
        subprocess.run(command, check=True, capture_output=True)
        subprocess.run([str(oxigraph), "optimize", "--location", str(store)], check=True, capture_output=True)
        words = ["serve-read-only", "--location", str(store), "--bind", "127.0.0.1:8102"]
        out.append(Peer("oxigraph serve-read-only", [str(oxigraph), *words], "/query", 8102))
    if rdflib.exists():
        out.append(Peer("rdflib-endpoint", [str(rdflib), "serve", "--port", "8103", *files], "/", 8103))
    return out


def versions(directory: Path) -> str:
    ours = installed(Path(sys.executable), "pyoxigraph", "uvicorn", "uvloop", "httptools", "starlette")
    theirs = installed(directory / "python", "oxigraph", "rdflib-endpoint", "rdflib")
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    wrk = " ".join(said.split()[:2])
    return ", ".join(filter(None, [f"Python {platform.python_version()}", *ours, *theirs, wrk]))


def installed(python: Path, *names: str) -> list[str]:
    code = f"from importlib.metadata import version as v\nfor n in {names!r}: print(n, v(n))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False).stdout.splitlines()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--graph", type=Path, default=Path("output"))
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--peers", type=Path, default=Path("peers"))
    args = parser.parse_args()
    light = lookups(args.graph)
    named = load_queries()
    questions = [named[name].text for name in QUESTIONS]
    rows: dict[str, list[str]] = {"lookups": [], "questions": [], "lookups beside a runaway": []}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for peer in peers(args.graph, args.peers / "bin", directory / "store"):
            with running(peer) as process:
                load(peer, light, 2, directory, process)  # warm
                rows["lookups"].append(f"{peer.name} | {load(peer, light, args.seconds, directory, process)}")
                rows["questions"].append(f"{peer.name} | {load(peer, questions, args.seconds, directory, process)}")
            with running(peer) as process, runaway(peer):
                beside = load(peer, light, args.seconds, directory, process)
                rows["lookups beside a runaway"].append(f"{peer.name} | {beside}")
            print(f"{peer.name} done, load average {os.getloadavg()[0]:.1f}", file=sys.stderr)
    print(versions(args.peers / "bin"))
    print(f"{len(light)} lookups, {len(questions)} questions, {CONNECTIONS} connections, {args.seconds} s each")
    print("\n| load | server | requests a second | median | p99 | processor time each | failed |")
    print("| --- | --- | ---: | ---: | ---: | ---: | --- |")
    for name, lines in rows.items():
        for line in lines:
            print(f"| {name} | {line} |")


if __name__ == "__main__":
    main()
