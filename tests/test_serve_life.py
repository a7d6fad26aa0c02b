"""From start to end: what the server says of itself, mistakes at the start, a new build, and an end without orphans."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from command import PROGRAM, environment, imagingkg
from imagingkg.graph.store import build_store
from serving import RUNAWAY, Server, alive, children_of, serving
from small_graph import small_build

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return small_build(tmp_path / "output")


def gone(processes: list[int], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while any(map(alive, processes)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    ("end", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_the_end_of_the_server_is_the_end_of_its_children_busy_or_not(
    output: Path, tmp_path: Path, end: signal.Signals, code: int
) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        serving(output, "--children", "2", "--timeout", "60", log=tmp_path / "log") as s,
    ):
        children = children_of(s.process.pid)
        assert len(children) == 2
        running = pool.submit(s.query, RUNAWAY)
        while s.health()["idle"] != 1:
            time.sleep(0.02)
        s.process.send_signal(end)
        assert s.process.wait(10) == code
        assert gone(children)
        if end is signal.SIGKILL:
            assert isinstance(running.exception(), ConnectionError)
        else:
            assert running.result().problem()["detail"] == "server: is ending"


def test_ctrl_c_in_a_terminal_reaches_only_the_server(output: Path, tmp_path: Path) -> None:
    """Children are in a session of their own: a signal to the terminal's group is not theirs."""
    with serving(output, "--children", "1", log=tmp_path / "log") as server:
        (child,) = children_of(server.process.pid)
        assert os.getsid(child) == child
        os.kill(child, signal.SIGINT)
        assert server.query("ASK {}").status == 200
        assert children_of(server.process.pid) == [child]


def test_it_says_where_it_listens_and_who_can_reach_it(output: Path, tmp_path: Path) -> None:
    with serving(output, "--children", "1", log=tmp_path / "one") as server:
        said = server.log.read_text(encoding="utf-8")
        assert f"at http://127.0.0.1:{server.port}/ (this machine only)" in said
    everywhere = "0.0.0.0"  # noqa: S104 (what is tested)
    with serving(output, "--children", "1", "--host", everywhere, log=tmp_path / "two") as server:
        assert "(open to the network, without any password)" in server.log.read_text(encoding="utf-8")
        assert server.send("GET", "/healthz", None, {"Host": "kg.example.org"}).status == 200
    with serving(output, "--children", "1", "--name", "kg.example.org", log=tmp_path / "three") as server:
        assert server.send("GET", "/healthz", None, {"Host": "KG.example.org:80"}).status == 200
        assert server.send("GET", "/healthz", None, {"Host": "other.example.org"}).status == 421


def test_a_port_that_is_taken_is_named(output: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = imagingkg("serve", "--graph", output, "--port", str(port))
    assert done.returncode == 2
    assert f"127.0.0.1:{port}: cannot be listened on" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.parametrize("host", ["256.1.1.1", "no such host", "192.0.2.1"])
def test_a_host_that_is_not_ours_is_named(output: Path, host: str) -> None:
    done = imagingkg("serve", "--graph", output, "--host", host, "--port", "0")
    assert done.returncode == 2
    assert f"{host}:0: cannot be listened on" in done.stderr


def test_a_directory_that_is_no_build_is_named(tmp_path: Path) -> None:
    done = imagingkg("serve", "--graph", tmp_path / "nowhere", "--port", "0")
    assert done.returncode == 2
    assert "there is no such directory" in done.stderr


def test_the_index_is_made_where_it_is_missing_and_again_where_it_is_damaged(output: Path, tmp_path: Path) -> None:
    index = build_store(output, output / "store")
    (index / "CURRENT").write_bytes(b"nonsense\n")
    with serving(output, "--children", "1", log=tmp_path / "log") as server:
        assert server.query("ASK { ?s ?p ?o }").json()["boolean"] is True


def test_a_build_that_cannot_be_written_to_is_served(output: Path, tmp_path: Path) -> None:
    (output / "store").write_text("a file where the directory should be", encoding="utf-8")
    with serving(output, "--children", "1", log=tmp_path / "log") as server:
        assert server.query("ASK { ?s ?p ?o }").json()["boolean"] is True


def test_a_new_build_is_gone_over_to(output: Path, tmp_path: Path) -> None:
    new = "ASK { <http://example.org/new> a ikg:Document }"
    with serving(output, "--children", "2", log=tmp_path / "log") as server:
        assert server.query(new).json()["boolean"] is False
        fresh = small_build(tmp_path / "fresh")
        with (fresh / "graph.ttl").open("a", encoding="utf-8") as file:
            file.write("<http://example.org/new> a ikg:Document .\n")
        _swap(output, fresh)
        _until_answered(server, new)
        assert any(entry.get("event") == "new build" for entry in server.entries())
        broken = small_build(tmp_path / "broken")
        (broken / "graph.ttl").write_text("no Turtle", encoding="utf-8")
        _swap(output, broken)
        end = time.monotonic() + 15
        while not any(entry.get("event") == "unreadable build" for entry in server.entries()):
            assert time.monotonic() < end
            assert server.query("ASK {}").status == 200
            time.sleep(0.1)
        assert server.query(new).json()["boolean"] is True


def _swap(output: Path, fresh: Path) -> None:
    aside = output.with_name(f"old-{fresh.name}")
    output.rename(aside)
    fresh.rename(output)
    shutil.rmtree(aside)


def _until_answered(server: Server, ask: str) -> None:
    end = time.monotonic() + 15
    while server.query(ask).json()["boolean"] is not True:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_log_has_queries_only_when_it_is_told_to(output: Path, tmp_path: Path) -> None:
    with serving(output, "--children", "1", "--log-queries", log=tmp_path / "log") as server:
        server.query(COUNT)
        assert [entry["query"] for entry in server.entries(1)] == [COUNT]


def test_help_names_every_limit() -> None:
    done = subprocess.run([*PROGRAM, "serve", "--help"], capture_output=True, text=True, env=environment(), check=True)
    options = ("host", "port", "name", "cors", "timeout", "memory", "rows", "size", "queue", "wait", "patience")
    for option in options:
        assert f"--{option}" in done.stdout
