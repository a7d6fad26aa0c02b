"""The main job as a whole: what a build writes, that it repeats itself, and what it does with bad input."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from pyoxigraph import RdfFormat

from command import PROGRAM, contents, environment, imagingkg
from imagingkg.errors import OntologyError, TargetError, UsageError
from imagingkg.graph.knowledge import KnowledgeGraph
from imagingkg.pipeline import SAMPLES, build
from imagingkg.readings import reading_from_json
from imagingkg.settings import Settings

FILES = {
    "graph.ttl", "graph.trig", "inferred.ttl", "claims.jsonl", "mappings.sssom.tsv", "description.ttl", "graph.html",
    "network.html", "report.json", "report.md", "store",
}  # fmt: skip
SENTENCE = "A CNN reached an AUC of 0.91 for the segmentation of glioma on MRI in 134 patients."


def paper(path: Path, text: str = SENTENCE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# A paper\n\n{text}\n", encoding="utf-8")
    return path


def report_of(output: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((output / "report.json").read_text(encoding="utf-8"))
    return data


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build of one paper; tests take a copy."""
    folder = tmp_path_factory.mktemp("good")
    build([paper(folder / "paper.md")], folder / "output", Settings())
    return folder / "output"


@pytest.fixture
def output(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "output"))


# -------------------------------------------------------------------------------------- What it writes


def test_a_build_writes_every_file_and_nothing_else(sample_output: Path) -> None:
    assert {p.name for p in sample_output.iterdir()} == FILES | {".imagingkg"}
    assert all(p.stat().st_size > 300 for p in sample_output.iterdir() if p.is_file() and p.name != ".imagingkg")


def test_the_report_counts_what_the_files_hold(sample_output: Path) -> None:
    report = report_of(sample_output)
    readings = [
        reading_from_json(line) for line in (sample_output / "claims.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    claims = [c for r in readings for c in r.claims]
    triples = set(pyoxigraph.parse(path=str(sample_output / "graph.ttl"), format=RdfFormat.TURTLE))
    assert report["documents"] == len(readings) == 13
    assert report["claims"] == sum(c.task is not None for c in claims)
    assert report["statements"] == sum(c.task is None for c in claims)
    assert report["triples"] == len(triples)
    assert report["skipped"] == report["issues"] == []
    assert {r["source"] for r in report["repairs"] if r["table"] == "founder-a"} == {"damaged.zh.txt"}


def test_the_graph_of_the_samples_answers_in_both_languages(sample_output: Path) -> None:
    graph = KnowledgeGraph.open(sample_output)
    english = graph.query("biomarkers", modality="MRI", disease="glioma", lang="zh").rows
    chinese = graph.query("biomarkers", modality="磁共振成像", disease="胶质瘤", lang="zh").rows
    assert english == chinese
    assert len(english) >= 4


@pytest.mark.parametrize(
    ("program", "words", "where"),
    [("rapper", ["-q", "-c", "-i", "turtle"], "stderr"), ("serdi", ["-i", "turtle", "-o", "ntriples"], "stdout")],
)
def test_another_parser_counts_the_same_triples(
    sample_output: Path, program: str, words: list[str], where: str
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here: install raptor2-utils and serdi")
    words = [w for w in words if w != "-q"]
    path = sample_output / "graph.ttl"
    done = subprocess.run([program, *words, str(path)], capture_output=True, text=True, encoding="utf-8", check=True)
    if where == "stderr":
        found = re.search(r"returned (\d+) triples", done.stderr)
        assert found, done.stderr
        counted = int(found[1])
    else:
        counted = len(done.stdout.splitlines())
    assert counted == report_of(sample_output)["triples"]


# ----------------------------------------------------------------------------------- It repeats itself


def test_neither_order_nor_workers_nor_hash_seed_change_a_byte(tmp_path: Path) -> None:
    sources = [SAMPLES / name for name in ("review.zh.txt", "abstracts.jsonl", "damaged.zh.txt", "review.en.md")]
    runs: list[tuple[list[Path], list[str], str]] = [
        (sources, ["--workers", "here"], "0"),
        (sources[::-1], ["--workers", "here"], "4711"),
        ([sources[2], sources[0], sources[3], sources[1]], ["--workers", "processes", "--jobs", "2"], "1"),
    ]
    built = []
    for number, (order, words, seed) in enumerate(runs):
        target = tmp_path / f"output-{number}"
        done = imagingkg("build", *order, "-o", target, *words, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
        built.append(contents(target))
    assert len(built[0]) == len(FILES)  # the files and the marker, without the index
    assert built[0] == built[1]
    assert built[0] == built[2]


def test_a_rebuild_over_an_old_build_is_the_same_as_a_first_one(good: Path, output: Path) -> None:
    build([good.parent / "paper.md"], output, Settings())
    assert contents(output) == contents(good)


def test_the_place_of_the_files_on_the_disk_stays_out_of_the_graph(good: Path, tmp_path: Path) -> None:
    elsewhere = paper(tmp_path / "some where" / "else" / "paper.md")
    build([elsewhere], tmp_path / "output", Settings())
    assert contents(tmp_path / "output") == contents(good)


# ---------------------------------------------------------------------------------------- It is killed


def started(target: Path, *sources: Path) -> subprocess.Popen[str]:
    command = [*PROGRAM, "build", *map(str, sources), "-o", str(target)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment(), stdout=pipe, stderr=pipe, text=True, encoding="utf-8")


def staging(target: Path) -> list[Path]:
    return sorted(target.parent.glob(f".{target.name}.imagingkg-*"))


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("moment", ["graph.ttl", "claims.jsonl", "report.json"])
def test_a_killed_build_leaves_the_last_good_output_whole(output: Path, moment: str) -> None:
    before = contents(output)
    process = started(output, SAMPLES)
    wait_for(lambda: any((stage / moment).exists() for stage in staging(output)), process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert contents(output) == before
    assert len(KnowledgeGraph.open(output).query("SELECT ?d { ?d a <https://w3id.org/imagingkg/vocab/Document> }")) == 1


def test_the_next_build_clears_away_what_a_killed_one_left(output: Path) -> None:
    process = started(output, SAMPLES)
    wait_for(lambda: bool(staging(output)), process)
    process.kill()
    process.communicate()
    assert staging(output)
    build([SAMPLES / "review.en.md"], output, Settings())
    assert staging(output) == []
    assert report_of(output)["documents"] == 1


def test_control_c_stops_with_130_and_leaves_everything_as_it_was(output: Path) -> None:
    before = contents(output)
    process = started(output, SAMPLES)
    wait_for(lambda: bool(staging(output)), process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "the same command goes on from here" in said
    assert contents(output) == before
    assert staging(output) == []


# ------------------------------------------------------------------------------------------- Bad input


def bad_corpus(folder: Path) -> dict[tuple[str, int | None], str]:
    """One good paper among bad files; gives source and line of each bad one with words of its reason."""
    paper(folder / "good.md")
    (folder / "empty.txt").touch()
    (folder / "blank.txt").write_text(" \n\t\n", encoding="utf-8")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "line.txt").write_bytes(b"CT " * (6 * 1024 * 1024))
    (folder / "knot.txt").symlink_to("knot.txt")
    (folder / "nothing.txt").symlink_to("gone.txt")
    (folder / "loop").mkdir()
    (folder / "loop" / "back").symlink_to("..", target_is_directory=True)
    paper(folder / "loop" / "inside.md", SENTENCE.replace("134", "135"))
    os.mkfifo(folder / "pipe.txt")
    record = json.dumps({"title": "A record", "abstract": SENTENCE.replace("134", "136")})
    lines = [record, '{"title": "broken', "[1]", '{"title": "no text"}', record.replace("136", "137")]
    (folder / "records.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {
        ("empty.txt", None): "empty",
        ("blank.txt", None): "no text",
        ("binary.txt", 1): "is binary",
        ("picture.png", None): "kind",
        ("line.txt", 1): "line of",
        ("knot.txt", None): "cannot be read",
        ("nothing.txt", None): "link to nothing",
        ("loop/back", None): "read already",
        ("pipe.txt", None): "named pipe",
        ("records.jsonl", 2): "not JSON",
        ("records.jsonl", 3): "not an object",
        ("records.jsonl", 4): "neither abstract nor text",
    }


def test_every_bad_input_is_named_with_its_reason_and_the_rest_goes_through(tmp_path: Path) -> None:
    expected = bad_corpus(tmp_path / "corpus")
    done = imagingkg("build", tmp_path / "corpus", "-o", tmp_path / "output")
    assert done.returncode == 3, done.stderr
    report = report_of(tmp_path / "output")
    skipped = {(s["source"], s["line"]): s["reason"] for s in report["skipped"]}
    assert set(skipped) == set(expected)
    assert len(expected) == 12
    for place, words in expected.items():
        assert skipped[place]
        assert words in skipped[place], (place, skipped[place])
    assert report["documents"] == 4
    written = (tmp_path / "output" / "report.md").read_text(encoding="utf-8")
    assert all(source.split("/")[-1] in written and source in done.stderr for source, _ in expected)


def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    paper(tmp_path / "corpus" / "good.md")
    secret = paper(tmp_path / "corpus" / "secret.md")
    secret.chmod(0)
    report = build([tmp_path / "corpus"], tmp_path / "output", Settings())
    assert [s.source for s in report.skipped] == ["secret.md"]


ENCODED = [
    ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("gb18030", "gb18030"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "told"), ENCODED)
def test_another_encoding_is_told_and_reported(tmp_path: Path, written: str, told: str) -> None:
    text = "深度学习在MRI上对胶质瘤进行分割，Dice为0.91。纳入胶质瘤患者134例，采用卷积神经网络进行自动分割。\n" * 3
    (tmp_path / "a.txt").write_bytes(text.encode(written))
    report = build([tmp_path / "a.txt"], tmp_path / "output", Settings())
    assert report.documents == 1
    assert report.claims >= 1
    assert all(name.replace("_", "-").startswith(told) for name in report.encodings)


def test_control_characters_reach_no_file(tmp_path: Path) -> None:
    text = SENTENCE.replace("glioma", "gli\x00oma \x1b[31m").replace("CNN", "CNN\x07")
    (tmp_path / "a.jsonl").write_text(json.dumps({"title": "T\x00\x1b[2J", "abstract": f"{text} {SENTENCE}"}) + "\n")
    done = imagingkg("build", tmp_path / "a.jsonl", "-o", tmp_path / "output")
    assert done.returncode == 0, done.stderr
    files = [p for p in (tmp_path / "output").iterdir() if p.is_file()]
    assert len(files) == len(FILES)
    for path in files:
        assert not re.search(rb"[\x00\x07\x1b]", path.read_bytes()), path.name
    assert "\x1b" not in done.stderr


def test_when_nothing_can_be_read_the_old_output_stays(output: Path, tmp_path: Path) -> None:
    before = contents(output)
    (tmp_path / "empty.txt").touch()
    with pytest.raises(UsageError, match=r"empty\.txt") as caught:
        build([tmp_path / "empty.txt", tmp_path / "nowhere"], output, Settings())
    assert caught.value.exit_code == 2
    assert contents(output) == before
    assert staging(output) == []


LEXICONS = [
    ("kind: method\nconcepts:\n  x: {en: X net}\n", "x"),
    ("kind: gadget\nconcepts:\n  x: {en: X net, zh: 网}\n", "kind: must be one of modality"),
    ("kind: method\nconcepts:\n  x: {en: X net, zh: 网络甲, broader: [no-such-thing]}\n", "no-such-thing"),
    ("kind: method\nconcepts:\n  x: {en: X net, zh: 网络甲, colour: red}\n", "colour"),
    ("kind: method\nconcepts:\n  x: {en: glioma, zh: 网络甲}\n", "glioma"),
    ("kind: method\nconcepts: [\n", "mine.yaml"),
]


@pytest.mark.parametrize(("text", "named"), LEXICONS, ids=[n for _, n in LEXICONS])
def test_a_mistake_in_a_lexicon_stops_the_build_with_file_entry_and_problem(
    output: Path, tmp_path: Path, text: str, named: str
) -> None:
    before = contents(output)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError) as caught:
        build([SAMPLES], output, Settings(lexicon=(str(path),)))
    assert caught.value.exit_code == 2
    assert "mine.yaml" in str(caught.value)
    assert named in str(caught.value)
    assert contents(output) == before


def test_a_directory_that_is_not_ours_is_refused_and_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "notes"
    target.mkdir()
    (target / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(TargetError, match=r"thesis\.txt"):
        build([SAMPLES], target, Settings())
    assert [p.name for p in target.iterdir()] == ["thesis.txt"]


# -------------------------------------------------------------------------------- Markup and copyright


def test_markup_in_titles_labels_and_sentences_stays_text(tmp_path: Path) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    (tmp_path / "mine.yaml").write_text(
        f"kind: method\nconcepts:\n  x: {{en: 'Xnet {attack}', zh: 'X网络{attack}', also: [Xnet], broader: [cnn]}}\n",
        encoding="utf-8",
    )
    record = {"id": "x", "title": f"T {attack} </script>", "abstract": SENTENCE.replace("A CNN", f"{attack} Xnet")}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    output = tmp_path / "output"
    report = build([tmp_path / "a.jsonl"], output, Settings(lexicon=(str(tmp_path / "mine.yaml"),)))
    assert report.claims >= 1
    for name in ("graph.html", "network.html"):
        page = (output / name).read_text(encoding="utf-8")
        assert attack not in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "alert(1)" in (output / "network.html").read_text(encoding="utf-8")  # it is there, as text
    labels = [
        q.object.value
        for q in pyoxigraph.parse(path=str(output / "graph.ttl"), format=RdfFormat.TURTLE)
        if isinstance(q.object, pyoxigraph.Literal)
    ]
    assert f"Xnet {attack}" in labels
    assert f"T {attack} </script>" in labels
    markdown = (output / "report.md").read_text(encoding="utf-8")
    assert "<script>" not in markdown


def test_without_quotes_no_file_holds_a_sentence(sample_output: Path, tmp_path: Path) -> None:
    build([], tmp_path / "output", Settings(quotes=False))
    lines = (sample_output / "claims.jsonl").read_text(encoding="utf-8").splitlines()
    readings = [reading_from_json(line) for line in lines]
    titles = {r.document.title for r in readings}
    sentences = {c.quote for r in readings for c in r.claims} - titles
    pieces = {part for s in sentences for part in re.split(r"[\n\"\\]", s) if len(part) > 25 and part not in titles}
    assert len(pieces) > 60
    files = [p for p in (tmp_path / "output").rglob("*") if p.is_file()]
    assert len(files) > len(FILES)
    for path in files:
        text = path.read_bytes().decode("utf-8", "ignore")
        assert [p for p in pieces if p in text] == [], path.name
    graph = KnowledgeGraph.open(tmp_path / "output")
    assert graph.query("SELECT ?q { ?e <https://w3id.org/imagingkg/vocab/quote> ?q }").rows == ()
    assert len(graph.query("SELECT ?e { ?e a <https://w3id.org/imagingkg/vocab/Evidence> }").rows) > 60


# --------------------------------------------------------------------------------------- The reference


def test_every_row_of_the_reference_review_is_met(shared: Path, tmp_path: Path) -> None:
    check = shared / "eval" / "seed_check.py"
    report = build([shared / "seeds"], tmp_path / "output", Settings())
    assert report.documents == 1
    done = subprocess.run(
        [sys.executable, str(check), str(tmp_path / "output")],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
