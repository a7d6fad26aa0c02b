"""What a build of many documents costs: python tests/bench/scale.py FOLDER [--sizes 1000,10000,100000] [--jobs 1,2]

Made corpora (pubmed_like.py) are built, each in a process of its own, and tables are printed: documents per CPU-second,
time by stage, peak memory of all processes together, the cost of 100 more documents, and of questions to the graph.
`--kills 20 --sizes 50000` kills builds at random moments instead, and holds the outcome against an undisturbed build.
Needs Linux (/proc). Times are CPU seconds of all processes where nothing else is said.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from pubmed_like import write_corpus

TO_GRAPH = ("setting up", "reading", "comparing papers", "writing the graph")
QUESTIONS = (
    ("query overview", ["query", "overview"]),
    ("query tasks, one modality and disease", ["query", "tasks", "-p", "modality=MRI", "-p", "disease=adenoma"]),
    ("query who-did-what", ["query", "who-did-what"]),
    ("gaps", ["gaps", "--format", "json"]),
    ("verify", ["verify"]),
    ("validate", ["validate"]),
)


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-c", "from imagingkg.cli import main; main(prog_name='imagingkg')", *map(str, words)]


# ---------------------------------------------------------------------------- One build, in a process of its own


def one_build(sources: list[str], target: str, workers: str, jobs: int) -> None:
    """Builds, and prints what each stage took as JSON."""
    from imagingkg.pipeline import build
    from imagingkg.settings import Settings

    marks: list[tuple[str, float, float]] = [("setting up", time.perf_counter(), cpu())]

    def tell(stage: str, _count: int, _share: float = 0.0) -> None:
        if stage != marks[-1][0]:
            marks.append((stage, time.perf_counter(), cpu()))

    report = build([Path(s) for s in sources], Path(target), Settings(workers=workers, jobs=jobs), tell)
    marks.append(("end", time.perf_counter(), cpu()))
    stages = {a[0]: (b[1] - a[1], b[2] - a[2]) for a, b in pairwise(marks)}
    print(json.dumps({"stages": stages, "documents": report.documents, "triples": report.triples}))


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


# --------------------------------------------------------------------------------------------------- Measuring


def measured(words: list[str]) -> dict[str, Any]:
    """Runs a command; its output, wall time, CPU time and the peak of its processes' memory together, in MiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start, peak = time.perf_counter(), 0.0
    with tempfile.TemporaryFile() as answer:
        with subprocess.Popen(words, stdout=answer, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None:
                peak = max(peak, memory_of_tree(process.pid))
                time.sleep(0.1)
        answer.seek(0)
        output = answer.read(1 << 20)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall = time.perf_counter() - start
    return {"output": output, "wall": wall, "cpu": used, "peak": peak, "code": process.returncode}


def memory_of_tree(pid: int) -> float:
    """Proportional set size of a process and all below it: what they share counts once."""
    total, todo = 0.0, [pid]
    while todo:
        each = todo.pop()
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii")
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
            for task in Path(f"/proc/{each}/task").iterdir():
                todo += map(int, (task / "children").read_text(encoding="ascii").split())
        except (OSError, StopIteration):
            continue
    return total


def built(sources: list[Path], target: Path, workers: str, jobs: int) -> dict[str, Any]:
    words = [sys.executable, __file__, "--one", *map(str, sources), "--target", str(target), "--worker", workers]
    found = measured([*words, "--jobs", str(jobs)])
    if found["code"]:
        raise SystemExit(f"the build of {target} ended with {found['code']}")
    return found | json.loads(found["output"])


def remove(target: Path) -> None:
    for path in (target, target.with_name(f"{target.name}.cache")):
        shutil.rmtree(path, ignore_errors=True)


def corpus(folder: Path, size: int, first: int = 1) -> Path:
    path = folder / f"corpus-{first}-{size}"
    if not path.exists():
        write_corpus(path, size, first=first)
    return path


# ------------------------------------------------------------------------------------------------------ Tables


def show_builds(folder: Path, sizes: list[int], jobs: list[int]) -> None:
    print("| documents | triples | jobs | wall | CPU | documents per CPU-second to shards", end=" ")
    print("| to the graph files | wall to the graph files | peak memory |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    lines = []
    for size in sizes:
        for count in jobs:
            target = folder / f"output-{size}"
            remove(target)
            run = built([corpus(folder, size)], target, "processes" if count > 1 else "here", count)
            wall, spent = (sum(run["stages"].get(stage, (0, 0))[i] for stage in TO_GRAPH) for i in (0, 1))
            shards = sum(run["stages"].get(stage, (0, 0))[1] for stage in TO_GRAPH[:-1])
            print(
                f"| {run['documents']:,} | {run['triples']:,} | {count} | {run['wall']:.0f} s | {run['cpu']:.0f} s "
                f"| {run['documents'] / shards:,.0f} | {run['documents'] / spent:,.0f} | {wall:.0f} s "
                f"| {run['peak']:,.0f} MiB |", flush=True,
            )  # fmt: skip
            stages = ", ".join(f"{name} {wall:.1f} / {used:.1f}" for name, (wall, used) in run["stages"].items())
            lines.append(f"{size:,} documents, {count} jobs, wall / CPU seconds: {stages}")
    print("", *lines, "", sep="\n")


def show_addition(folder: Path, size: int, jobs: int) -> None:
    """100 documents more for the build of `size`; then a merge of the shards and no more, to compare with."""
    from imagingkg.shards import merged

    target = folder / f"output-{size}"
    sources = [corpus(folder, size), corpus(folder, 100, first=size + 1)]
    run = built(sources, target, "processes" if jobs > 1 else "here", jobs)
    shards = sorted(target.with_name(f"{target.name}.cache").glob("*/*.shard"))
    start = cpu()
    plain = folder / "plain"
    plain.mkdir(exist_ok=True)
    with (plain / "merged").open("wb") as out:
        for entry in merged(shards, plain):
            out.writelines(entry.parts)
    merging = cpu() - start
    shutil.rmtree(plain)
    stages = {name: used for name, (_, used) in run["stages"].items()}
    added = sum(stages.get(stage, 0) for stage in TO_GRAPH[:-1])
    print(f"100 more documents for {size:,}: {added:.1f} s to committed shards, then", end=" ")
    print(", ".join(f"{name} {stages[name]:.1f} s" for name in stages if name not in TO_GRAPH[:-1]), end="; ")
    print(f"a plain merge of the shards: {merging:.1f} s")
    both = folder / "output-at-once"
    remove(both)
    built(sources, both, "processes" if jobs > 1 else "here", jobs)
    print(f"the same bytes as all at once: {'yes' if contents(target) == contents(both) else 'NO'}\n")
    remove(both)


def show_questions(folder: Path, size: int) -> None:
    target = folder / f"output-{size}"
    print(f"| question to the graph of {size:,} documents | wall | CPU | peak memory |")
    print("| --- | ---: | ---: | ---: |")
    for name, words in QUESTIONS:
        run = measured(command(*words, "--graph", target))
        ended = "" if run["code"] == 0 else f" (exit {run['code']})"
        print(f"| {name}{ended} | {run['wall']:.1f} s | {run['cpu']:.1f} s | {run['peak']:,.0f} MiB |", flush=True)
    print()


def show_writing(folder: Path, size: int, *, with_rdflib: bool) -> None:
    """graph.ttl beside what pyoxigraph and rdflib take to write the same triples."""
    from pyoxigraph import RdfFormat, __version__, parse, serialize

    output = folder / f"output-{size}"
    together, written = put_together(folder, output)
    triples = [quad.triple for quad in parse(path=str(output / "graph.ttl"), format=RdfFormat.TURTLE)]
    start = cpu()
    serialize(triples, str(folder / "serialized.ttl"), format=RdfFormat.TURTLE)
    print(f"{len(triples):,} triples: pyoxigraph {__version__} serialize {cpu() - start:.1f} s", end="; ")
    (folder / "serialized.ttl").unlink()
    print(f"graph.ttl put together {written:.1f} s", end=" ")
    print(f"(the documents' pieces of all four files merged before: {together:.1f} s)", end="")
    if with_rdflib:
        import rdflib

        from imagingkg.graph.conversions import rdflib_graph

        start = cpu()
        graph = rdflib_graph(output, inferred=False)
        made = cpu()
        graph.serialize(format="turtle")
        took = f"{made - start:.1f} s to hold them and {cpu() - made:.1f} s to write them"
        print(f"; rdflib {rdflib.__version__} {took}", end="")
    print("\n")


def put_together(folder: Path, output: Path) -> tuple[float, float]:
    """What the documents' pieces take to be merged from the shards, and graph.ttl to be put together from them."""
    from imagingkg.graph import files
    from imagingkg.graph.bodies import Bodies
    from imagingkg.graph.layers import Corpus
    from imagingkg.graph.names import Names
    from imagingkg.graph.sources import load_sources
    from imagingkg.lexicon import load_lexicon
    from imagingkg.product import chosen
    from imagingkg.shards import merged

    marks: list[float] = []

    def marked(*given: Any) -> None:  # called at the beginning of each file
        marks.append(cpu())
        write_prefixes(*given)

    write_prefixes, files.write_prefixes = files.write_prefixes, marked
    frame = Corpus((), frozenset(), load_lexicon(), Names(), load_sources(), "bench")
    shards = sorted(output.with_name(f"{output.name}.cache").glob("*/*.shard"))
    with tempfile.TemporaryDirectory(dir=folder) as place:
        scratch, target = Path(place, "scratch"), Path(place, "target")
        scratch.mkdir()
        target.mkdir()
        wanted = [f"{e.place[0]}{e.place[3]}".encode("ascii") for e in merged(shards, scratch)]
        start = cpu()
        with (
            Bodies(scratch, target / "claims.jsonl") as bodies,
            files.GraphFiles(target, scratch, frame, bodies) as graph,
        ):
            for made in chosen(merged(shards, scratch), wanted):
                graph.add(made.portion, made.wanted, made.line)
            together = cpu() - start
            graph.finish()
    files.write_prefixes = write_prefixes
    return together, marks[1] - marks[0]


def show_kills(folder: Path, size: int, kills: int, jobs: int) -> None:
    """Kills builds at random moments; the last good output must be whole each time, and the end the same bytes."""
    draw = random.Random(size)
    source, good, target = corpus(folder, size), folder / "undisturbed", folder / "killed"
    for path in (good, target):
        remove(path)
    took = built([source], good, "processes" if jobs > 1 else "here", jobs)["wall"]
    whole = contents(good)
    words = command("build", source, "-o", target, "--workers", "processes", "--jobs", str(jobs))
    killed, finished, lives = 0, 0, []
    while killed < kills:
        if finished or not target.exists():  # a first build, which must be there until it is replaced
            remove(target)
            built([corpus(folder, 100, first=size + 1)], target, "here", 1)
            before = contents(target)
        finished = 0
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        life = draw.uniform(0.5, took * 0.6)
        try:
            process.wait(timeout=life)
            finished = 1
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            lives.append(life)
        now = contents(target)
        assert now in (before, whole), "a killed build left a mixture behind"
        assert not finished or now == whole, "a build that was killed before ended in other bytes"
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    same = "the same bytes as" if contents(target) == whole else "OTHER BYTES THAN"
    print(f"{size:,} documents, killed {killed} times after {min(lives):.0f} to {max(lives):.0f} s", end="; ")
    print(f"then finished: {same} an undisturbed build, which takes {took:.0f} s\n")


def contents(directory: Path) -> dict[str, str]:
    files = [p for p in sorted(directory.iterdir()) if p.is_file()]
    out = {}
    for path in files:
        with path.open("rb") as file:
            out[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return out


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--target", help=argparse.SUPPRESS)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    given = parser.parse_args()
    jobs = [int(n) for n in given.jobs.split(",")]
    if given.one:
        one_build(given.one, given.target, given.worker, jobs[0])
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    sizes = [int(n) for n in given.sizes.split(",")]
    if given.kills:
        for size in sizes:
            show_kills(given.folder, size, given.kills, max(jobs))
        return
    show_builds(given.folder, sizes, jobs)
    show_addition(given.folder, sizes[-1], max(jobs))
    show_questions(given.folder, sizes[-1])
    for size in sorted({min(sizes), max(sizes)}):
        show_writing(given.folder, size, with_rdflib=size == min(sizes))


if __name__ == "__main__":
    main()
