"""An output directory changes as a whole or not at all, and only ours is ever replaced."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imagingkg.errors import TargetError
from imagingkg.staging import MARKER, is_ours, recover, rename_exchange, staged


def no_exchange(_one: Path, _other: Path) -> None:
    raise OSError(errno.ENOSYS, "not here")


def exchange_works(directory: Path) -> bool:
    (directory / "a").mkdir()
    (directory / "b").mkdir()
    try:
        rename_exchange(directory / "a", directory / "b")
    except OSError:
        return False
    finally:
        (directory / "a").rmdir()
        (directory / "b").rmdir()
    return True


def write(target: Path, text: str, **options: object) -> None:
    with staged(target, **options) as stage:  # type: ignore[arg-type]
        (stage / "graph.ttl").write_text(text, encoding="utf-8")
        (stage / "store").mkdir()
        (stage / "store" / "x").write_text(text, encoding="utf-8")


def write_half(target: Path, error: BaseException) -> None:
    with staged(target) as stage:
        (stage / "graph.ttl").write_text("half", encoding="utf-8")
        raise error


def write_while_someone_adds_notes(target: Path) -> None:
    with staged(target) as stage:
        (stage / "graph.ttl").write_text("two", encoding="utf-8")
        (target / "notes.md").write_text("mine", encoding="utf-8")


def shown(target: Path) -> str:
    """What a reader finds, having made sure that both files are of one build."""
    text = (target / "graph.ttl").read_text(encoding="utf-8")
    assert (target / "store" / "x").read_text(encoding="utf-8") == text
    assert is_ours(target)
    return text


def beside(target: Path) -> list[str]:
    return sorted(p.name for p in target.parent.iterdir() if p != target)


@pytest.mark.parametrize("exchange", [None, no_exchange], ids=["exchange", "journal"])
def test_a_build_appears_whole_and_replaces_an_earlier_one_leaving_nothing_beside(tmp_path: Path, exchange) -> None:
    target = tmp_path / "deep" / "output"
    write(target, "one", exchange=exchange)
    assert shown(target) == "one"
    write(target, "two", exchange=exchange)
    assert shown(target) == "two"
    assert beside(target) == []
    assert (target.stat().st_mode & 0o777) == (target.parent.stat().st_mode & 0o777)


def test_nothing_is_seen_of_a_build_before_it_is_done(tmp_path: Path) -> None:
    target = tmp_path / "output"
    with staged(target) as stage:
        (stage / "graph.ttl").write_text("x", encoding="utf-8")
        assert not target.exists()
        assert stage.parent == target.parent
    assert sorted(p.name for p in target.iterdir()) == [MARKER, "graph.ttl"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_the_last_output_and_is_told_as_such(tmp_path: Path, number: int) -> None:
    target = tmp_path / "output"
    write(target, "one")
    with pytest.raises(TargetError, match="disk is full"):
        write_half(target, OSError(number, os.strerror(number)))
    assert shown(target) == "one"
    assert beside(target) == []


def test_an_error_of_the_writer_passes_unchanged_and_leaves_the_last_output(tmp_path: Path) -> None:
    target = tmp_path / "output"
    write(target, "one")
    raised = 0
    for error in (PermissionError(errno.EACCES, "an input"), ValueError("x"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            write_half(target, error)
        raised += 1
        assert shown(target) == "one"
        assert beside(target) == []
    assert raised == 3


def test_a_directory_with_anything_else_in_it_is_refused_and_untouched(tmp_path: Path) -> None:
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(TargetError, match=r"chapter\.tex"):
        write(foreign, "one")
    assert [p.name for p in foreign.iterdir()] == ["chapter.tex"]


def test_an_output_to_which_someone_added_a_file_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "output"
    write(target, "one")
    (target / "notes.md").write_text("mine", encoding="utf-8")
    with pytest.raises(TargetError, match=r"notes\.md"):
        write(target, "two")
    assert (target / "notes.md").read_text(encoding="utf-8") == "mine"
    assert shown(target) == "one"


def test_a_file_added_while_the_build_runs_is_not_lost(tmp_path: Path) -> None:
    target = tmp_path / "output"
    write(target, "one")
    with pytest.raises(TargetError, match=r"notes\.md"):
        write_while_someone_adds_notes(target)
    assert (target / "notes.md").is_file()
    assert shown(target) == "one"


def test_an_index_that_a_query_added_does_not_stop_a_rebuild(tmp_path: Path) -> None:
    target = tmp_path / "output"
    with staged(target) as stage:
        (stage / "graph.ttl").write_text("one", encoding="utf-8")
    (target / "store").mkdir()
    write(target, "two")
    assert shown(target) == "two"


@pytest.mark.parametrize("exchange", [None, no_exchange], ids=["exchange", "journal"])
def test_a_directory_with_only_git_files_counts_as_empty_and_keeps_them(tmp_path: Path, exchange) -> None:
    target = tmp_path / "output"
    target.mkdir()
    (target / ".gitkeep").write_text("", encoding="utf-8")
    (target / ".gitignore").write_text("*\n", encoding="utf-8")
    for text in ("one", "two"):
        write(target, text, exchange=exchange)
        assert shown(target) == text
        assert (target / ".gitignore").read_text(encoding="utf-8") == "*\n"
        assert (target / ".gitkeep").is_file()


def test_a_file_a_link_the_root_and_the_current_directory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    monkeypatch.chdir(tmp_path / "real")
    targets = [
        tmp_path / "file",
        tmp_path / "link",
        tmp_path / "dangling",
        tmp_path / "file" / "below",
        Path("/"),
        Path(),
    ]
    for target in targets:
        with pytest.raises(TargetError):
            write(target, "x")
    assert len(targets) == 6
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"
    assert list((tmp_path / "real").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


def test_a_marker_of_someone_else_does_not_make_a_directory_ours(tmp_path: Path) -> None:
    for number, text in enumerate(["", "[]", "null", "{", '{"entries": 3}', "\udcff"]):
        target = tmp_path / str(number)
        target.mkdir()
        (target / MARKER).write_text(text, encoding="utf-8", errors="surrogateescape")
        (target / "letter.txt").write_text("x", encoding="utf-8")
        with pytest.raises(TargetError, match=r"holds"):
            write(target, "one")
        assert (target / "letter.txt").is_file()


def test_leftovers_of_dead_runs_are_removed_and_those_of_living_ones_and_strangers_stay(tmp_path: Path) -> None:
    target = tmp_path / "output"
    (tmp_path / ".output.imagingkg-0123456789ab").mkdir()
    (tmp_path / ".output.imagingkg-0123456789ab.journal").write_text("", encoding="utf-8")
    (tmp_path / ".output.imagingkg-mine").mkdir()
    with staged(target) as first:
        (first / "graph.ttl").write_text("one", encoding="utf-8")
        with staged(target) as second:
            assert first.is_dir()
            (second / "graph.ttl").write_text("two", encoding="utf-8")
        assert (target / "graph.ttl").read_text(encoding="utf-8") == "two"
    assert (target / "graph.ttl").read_text(encoding="utf-8") == "one"
    assert beside(target) == [".output.imagingkg-mine"]


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_half_done_swap_is_finished_by_whoever_comes_next(tmp_path: Path, done: int) -> None:
    target = tmp_path / "output"
    write(target, "one")
    new, old = tmp_path / ".output.imagingkg-aaaaaaaaaaaa", tmp_path / ".output.imagingkg-bbbbbbbbbbbb"
    write(new, "two")
    journal = tmp_path / ".output.imagingkg.swap"
    journal.write_text(json.dumps({"new": new.name, "old": old.name}), encoding="utf-8")
    if done > 0:
        target.rename(old)
    if done > 1:
        new.rename(target)
    assert recover(target) is True
    assert shown(target) == "two"
    assert beside(target) == []
    assert recover(target) is False


def test_when_the_new_output_is_gone_the_old_one_comes_back(tmp_path: Path) -> None:
    target = tmp_path / "output"
    old = tmp_path / ".output.imagingkg-bbbbbbbbbbbb"
    write(old, "one")
    names = {"new": ".output.imagingkg-aaaaaaaaaaaa", "old": old.name}
    (tmp_path / ".output.imagingkg.swap").write_text(json.dumps(names), encoding="utf-8")
    recover(target)
    assert shown(target) == "one"


def test_a_journal_that_names_other_directories_moves_nothing(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    journal = tmp_path / ".output.imagingkg.swap"
    texts = [json.dumps({"new": "precious", "old": "../x"}), "{}", "no json", json.dumps({"new": None, "old": None})]
    for text in texts:
        journal.write_text(text, encoding="utf-8")
        with pytest.raises(TargetError):
            recover(tmp_path / "output")
    assert len(texts) == 4
    assert (tmp_path / "precious").is_dir()


# The run below is killed at its n-th step that reaches the system (open, rename, remove, mkdir, a call through ctypes),
# as the interpreter's own audit events tell, for every n until it gets through.
KILLED = """
import errno, os, signal, sys
from pathlib import Path
from imagingkg.staging import rename_exchange, staged

def no_exchange(one, other):
    raise OSError(errno.ENOSYS, "not here")

target, last, journal = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "journal"
seen = 0
def watch(event, arguments):
    global seen
    if event in {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "ctypes.call_function"}:
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
with staged(target, exchange=no_exchange if journal else rename_exchange) as stage:
    (stage / "graph.ttl").write_text("two", encoding="utf-8")
    (stage / "store").mkdir()
    (stage / "store" / "x").write_text("two", encoding="utf-8")
"""


@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_killed_at_any_step_the_output_is_whole_and_the_next_build_works(tmp_path: Path, way: str) -> None:
    if way == "exchange" and not exchange_works(tmp_path):
        pytest.skip("this file system cannot exchange two directories")
    target = tmp_path / "output"
    after: list[str] = []
    for step in range(1, 200):
        write(target, "one")
        run = [sys.executable, "-c", KILLED, str(target), str(step), way]
        ended = subprocess.run(run, check=False, timeout=60).returncode
        recover(target)
        after.append(shown(target))
        if ended == 0:
            break
        assert ended == -9
    assert after[-1] == "two"
    assert after == sorted(after), "once the new output is in place it stays"
    assert after.count("one") >= 10
    assert after.count("two") >= 3
    write(target, "three")
    assert shown(target) == "three"
    assert beside(target) == []
