"""A build that was stopped goes on from there, reads nothing twice, and ends in the bytes of an undisturbed one."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command import PROGRAM, contents, environment
from imagingkg import intake, pipeline
from imagingkg.errors import TargetError, UsageError
from imagingkg.graph.knowledge import KnowledgeGraph
from imagingkg.pipeline import build
from imagingkg.settings import Settings

sys.path.append(str(Path(__file__).parent / "bench"))
from pubmed_like import write_corpus

NO_PANEL = Settings(sparql=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made corpora: 2,000 papers, and 150 with 30 more."""
    folder = tmp_path_factory.mktemp("corpora")
    write_corpus(folder / "large", 2_000)
    write_corpus(folder / "small", 150)
    write_corpus(folder / "more", 30, first=151)
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the documents that are read while the test runs."""
    ids: list[str] = []
    real = intake.extract

    def noted(document, tools):  # type: ignore[no-untyped-def]
        ids.append(document.id)
        return real(document, tools)

    monkeypatch.setattr(intake, "extract", noted)
    return ids


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of the files that are opened to be read while the test runs."""
    sources: list[str] = []
    real = intake.read_files

    def noted(files, **given):  # type: ignore[no-untyped-def]
        def each() -> Iterator[object]:
            for found in files:
                sources.append(found.source)
                yield found

        return real(each(), **given)

    monkeypatch.setattr(intake, "read_files", noted)
    return sources


# ------------------------------------------------------------------------------------------- Killed


def test_killed_at_random_moments_it_ends_in_the_bytes_of_an_undisturbed_build(folder: Path, tmp_path: Path) -> None:
    build([folder / "large"], tmp_path / "good", Settings(cache="none", sparql=False))
    good = contents(tmp_path / "good")
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    before = contents(tmp_path / "output")
    words = [*PROGRAM, "build", str(folder / "large"), "-o", str(tmp_path / "output"), "--no-sparql"]
    words += ["--workers", "processes", "--jobs", "2"]
    draw = random.Random(os.getpid())
    kills = 0
    for most in (4, 12, 20):
        process = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            process.communicate(timeout=draw.uniform(1, most))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
        assert contents(tmp_path / "output") in (before, good)
        assert KnowledgeGraph.open(tmp_path / "output").describe()["document"] in (150, 2_000)
    assert kills >= 1
    done = subprocess.run(words, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "output") == good


def test_workers_of_a_killed_build_end_too(folder: Path, tmp_path: Path) -> None:
    words = [*PROGRAM, "build", str(folder / "large"), "-o", str(tmp_path / "output"), "--workers", "processes"]
    process = subprocess.Popen([*words, "--jobs", "2"], env=environment(), stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        pytest.skip("no list of children under /proc")
    deadline = time.monotonic() + 120
    while len(pids := children.read_text().split()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(pids) >= 2
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


# ------------------------------------------------------------------------------------------- Nothing twice


def test_a_second_build_opens_no_file_and_reads_no_document(
    folder: Path, tmp_path: Path, read: list[str], opened: list[str]
) -> None:
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    assert (len(read), len(opened)) == (150, 1)
    first = contents(tmp_path / "output")
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    assert (len(read), len(opened)) == (150, 1)
    assert contents(tmp_path / "output") == first


def test_more_papers_are_all_that_is_read_and_the_bytes_are_those_of_all_at_once(
    folder: Path, tmp_path: Path, read: list[str], opened: list[str]
) -> None:
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    report = build([folder / "more", folder / "small"], tmp_path / "output", NO_PANEL)
    assert (len(read), len(opened), report.documents) == (180, 2, 180)
    build([folder / "small", folder / "more"], tmp_path / "all", Settings(cache="none", sparql=False))
    assert contents(tmp_path / "output") == contents(tmp_path / "all")


def test_fewer_papers_are_fewer_though_the_cache_has_them_all(folder: Path, tmp_path: Path, read: list[str]) -> None:
    build([folder / "small", folder / "more"], tmp_path / "output", NO_PANEL)
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    assert len(read) == 180
    build([folder / "small"], tmp_path / "fresh", Settings(cache="none", sparql=False))
    assert contents(tmp_path / "output") == contents(tmp_path / "fresh")


def record(number: int, **more: object) -> dict[str, object]:
    text = f"A CNN reached an AUC of 0.9{number} for the segmentation of glioma on MRI in {100 + number} patients."
    title = f"Segmentation of glioma with network number {number}"
    return {"id": f"r{number}", "title": title, "abstract": text} | more


def test_a_new_file_that_has_a_paper_again_is_held_against_the_old_ones(folder: Path, tmp_path: Path) -> None:
    def write(name: str, *records: dict[str, object]) -> Path:
        (tmp_path / name).write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
        return tmp_path / name

    old = write("old.jsonl", record(1, doi="10.1000/one"), record(2))
    new = write("new.jsonl", record(1, doi="10.1000/one", year=2020), record(3))
    build([folder / "small", old], tmp_path / "output", NO_PANEL)
    report = build([folder / "small", old, new], tmp_path / "output", NO_PANEL)
    assert report.documents == 153
    build([new, old, folder / "small"], tmp_path / "all", Settings(cache="none", sparql=False))
    assert contents(tmp_path / "output") == contents(tmp_path / "all")


def test_what_was_skipped_is_told_again_though_it_is_not_read_again(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text(json.dumps(record(1)) + "\n{broken\n", encoding="utf-8")
    sources = [folder / "small", tmp_path / "bad.jsonl", tmp_path / "gone.txt"]
    first = build(sources, tmp_path / "output", NO_PANEL)
    again = build(sources, tmp_path / "output", NO_PANEL)
    assert [(s.source, s.line) for s in first.skipped if s.line] == [("bad.jsonl", 2)]
    assert len(first.skipped) == 2
    assert first == again


def test_other_settings_are_read_anew(folder: Path, tmp_path: Path, read: list[str]) -> None:
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    build([folder / "small"], tmp_path / "output", Settings(sparql=False, quotes=False))
    assert len(read) == 300
    assert len([p for p in (tmp_path / "output.cache").iterdir() if p.is_dir()]) == 1


# ------------------------------------------------------------------------------------------- The cache


def shards(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "output.cache").glob("*/*.shard"))


@pytest.mark.parametrize("damage", ["cut", "changed", "foreign", "gone", "swapped"])
def test_a_damaged_cache_is_told_and_what_it_lost_is_read_again(
    folder: Path, tmp_path: Path, read: list[str], damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BATCH", 50)
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    good = contents(tmp_path / "output")
    first, second, *_ = shards(tmp_path)
    data = first.read_bytes()
    if damage == "cut":
        first.write_bytes(data[:-100])
    elif damage == "changed":
        first.write_bytes(data.replace(b"glioma", b"GLIOMA").replace(b"income", b"INCOME"))
    elif damage == "foreign":
        first.write_bytes(b"\x80\x04\x95cposix\nsystem\n")
    elif damage == "gone":
        first.unlink()
    else:  # a shard under the name of another: what the first one had is nowhere
        first.write_bytes(second.read_bytes())
    shutil.rmtree(first.parent / "edition")  # else no more is needed of the shards than that they are there
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    assert len(read) == 200
    assert contents(tmp_path / "output") == good


def test_the_cache_can_be_removed_and_be_elsewhere_or_nowhere(folder: Path, tmp_path: Path) -> None:
    build([folder / "small"], tmp_path / "output", Settings(sparql=False, cache=str(tmp_path / "kept")))
    assert (tmp_path / "kept" / ".imagingkg-cache").is_file()
    assert not (tmp_path / "output.cache").exists()
    build([folder / "small"], tmp_path / "other", Settings(sparql=False, cache="none"))
    assert contents(tmp_path / "other") == contents(tmp_path / "output")
    assert {p.name for p in tmp_path.iterdir()} == {"kept", "output", "other"}


def test_the_cache_of_a_few_documents_is_not_kept(folder: Path, tmp_path: Path) -> None:
    build([folder / "more"], tmp_path / "output", NO_PANEL)
    assert [p.name for p in tmp_path.iterdir()] == ["output"]


def test_a_directory_that_is_no_cache_of_ours_is_refused_and_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "output.cache").mkdir()
    (tmp_path / "output.cache" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(TargetError, match=r"thesis\.txt"):
        build([folder / "small"], tmp_path / "output", NO_PANEL)
    assert [p.name for p in (tmp_path / "output.cache").iterdir()] == ["thesis.txt"]


def test_a_cache_that_another_build_works_with_is_left_to_it(folder: Path, tmp_path: Path) -> None:
    build([folder / "small"], tmp_path / "output", NO_PANEL)
    fcntl = pytest.importorskip("fcntl")
    hold = os.open(tmp_path / "output.cache", os.O_RDONLY)
    fcntl.flock(hold, fcntl.LOCK_EX)
    before = [p.stat() for p in shards(tmp_path)]
    report = build([folder / "small", folder / "more"], tmp_path / "output", NO_PANEL)
    os.close(hold)
    assert report.documents == 180
    assert [p.stat() for p in shards(tmp_path)] == before


# --------------------------------------------------------------------------------------------- Bounds


def test_pages_show_a_part_of_a_large_corpus_and_say_so(folder: Path, tmp_path: Path) -> None:
    build([folder / "small"], tmp_path / "output", Settings(sparql=False, cache="none", explorer_documents=5))
    page = (tmp_path / "output" / "network.html").read_text(encoding="utf-8")
    assert "From 5 of 150 documents." in page


def test_no_more_batches_than_fit_into_memory_are_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_TEXT", 10_000)
    documents = pipeline.open_inputs([folder / "small"], pipeline.open_lexicon(()).lexicon).documents
    sizes = [sum(len(d.text) for _, d in batch) for batch in intake.batches(("k", d) for d in documents)]
    assert len(sizes) > 10
    assert max(sizes) < 20_000


def test_nothing_that_can_be_read_leaves_no_cache_with_anything_in_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        build([tmp_path / "nowhere"], tmp_path / "output", NO_PANEL)
    assert shards(tmp_path) == []
