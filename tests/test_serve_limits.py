"""Limits hold, and what goes wrong with one query or client costs no other: time, rows, bytes, the queue, slow readers,
clients that leave, children that die.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from imagingkg.graph.store import open_store
from imagingkg.serve.formats import SOLUTIONS
from serving import JSON, RUNAWAY, Reply, Server, children_of, received, serving
from small_graph import small_build

GOOD = "SELECT * { ?s a ikg:Task } LIMIT 3"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small graph with twenty thousand triples more."""
    output = small_build(tmp_path_factory.mktemp("limits") / "output")
    with (output / "graph.ttl").open("a", encoding="utf-8") as file:
        file.writelines(f'<http://example.org/{n}> <http://example.org/title> "number {n}" .\n' for n in range(20_000))
    return output


@pytest.fixture
def start(output: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server over that graph with options; it ends with the test."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(serving(output, *options, log=tmp_path / "log"))


@pytest.fixture
def aside() -> Iterator[Callable[..., Future[Reply]]]:
    """Asks beside the test, which waits for the answers at its end."""
    with ThreadPoolExecutor(16) as pool:
        yield lambda server, *asked: pool.submit(server.query, *asked)


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def busy(server: Server, count: int) -> None:
    until(lambda: server.health()["children"] - server.health()["idle"] == count)


def test_a_runaway_query_gets_504_and_keeps_nobody_waiting(
    start: Callable[..., Server], aside: Callable[..., Future[Reply]]
) -> None:
    server = start("--children", "2", "--timeout", "2")
    runaway = aside(server, RUNAWAY)
    busy(server, 1)
    statuses = [server.query(GOOD).status for _ in range(5)]
    assert not runaway.done()
    assert statuses == [200] * 5
    assert runaway.result().status == 504
    assert "longer than 2 seconds" in runaway.result().problem()["detail"]
    server.settled(2)


def test_a_child_that_is_killed_costs_its_one_query_and_is_replaced(
    start: Callable[..., Server], aside: Callable[..., Future[Reply]]
) -> None:
    server = start("--children", "2", "--timeout", "20")
    server.settled(2)
    first = set(children_of(server.process.pid))
    before = {child: _processor_time(child) for child in first}
    runaway = aside(server, RUNAWAY)
    until(lambda: any(_processor_time(child) > before[child] + 20 for child in first))
    victim = max(first, key=lambda child: _processor_time(child) - before[child])
    os.kill(victim, signal.SIGKILL)
    assert runaway.result().status == 503
    assert "ended the process" in runaway.result().problem()["detail"]
    assert server.query(GOOD).status == 200
    server.settled(2)
    assert first - set(children_of(server.process.pid)) == {victim}


def test_an_idle_child_that_is_killed_costs_nothing(start: Callable[..., Server]) -> None:
    server = start("--children", "2")
    for child in children_of(server.process.pid):
        os.kill(child, signal.SIGKILL)
    until(lambda: server.query(GOOD).status == 200)
    server.settled(2)


def _processor_time(process: int) -> float:
    """Of a process so far, in hundredths of a second."""
    if sys.platform != "linux":
        pytest.skip("needs /proc")
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return float(fields[11]) + float(fields[12])


def test_a_client_that_leaves_stops_its_query(start: Callable[..., Server]) -> None:
    server = start("--children", "1", "--timeout", "60")
    (before,) = children_of(server.process.pid)
    body = RUNAWAY.encode()
    with server.connect() as sock:
        head = "POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
        sock.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        busy(server, 1)
    assert server.query(GOOD).status == 200
    until(lambda: before not in children_of(server.process.pid))
    until(lambda: [e["status"] for e in server.entries() if e["path"] == "/sparql"] == [499, 200])


def test_a_client_that_leaves_the_queue_takes_no_child(start: Callable[..., Server]) -> None:
    server = start("--children", "1", "--timeout", "1.5")
    body = b"ASK {}"
    with ThreadPoolExecutor(1) as pool:
        runaway = pool.submit(server.query, RUNAWAY)
        busy(server, 1)
        with server.connect() as sock:
            head = b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
            sock.sendall(head + b"Content-Length: 6\r\n\r\n" + body)
            until(lambda: server.health()["waiting"] == 1)
        until(lambda: server.health()["waiting"] == 0)
        assert runaway.result().status == 504
    assert server.settled(1)["waiting"] == 0
    assert server.query(GOOD).status == 200


def test_the_queue_is_bounded_in_length_and_time(
    start: Callable[..., Server], aside: Callable[..., Future[Reply]]
) -> None:
    server = start("--children", "1", "--queue", "1", "--wait", "1", "--timeout", "3")
    runaway = aside(server, RUNAWAY)
    busy(server, 1)
    waiting = aside(server, GOOD)
    until(lambda: server.health()["waiting"] == 1)
    refused = server.query(GOOD)
    assert not waiting.done()
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert "more queries than it can answer" in refused.problem()["detail"]
    assert waiting.result().status == 503
    assert runaway.result().status == 504
    server.settled(1)
    assert server.query(GOOD).status == 200


def test_rows_are_limited_to_the_row(start: Callable[..., Server]) -> None:
    server = start("--children", "1", "--rows", "50")
    for media in SOLUTIONS:
        assert server.query("SELECT * { ?s ?p ?o } LIMIT 50", media).status == 200
        over = server.query("SELECT * { ?s ?p ?o } LIMIT 51", media)
        assert over.status == 422
        assert "more than 50 rows" in over.problem()["detail"]
    for count, status in ((50, 200), (51, 422)):
        assert server.query(f"CONSTRUCT WHERE {{ ?s ?p ?o }} LIMIT {count}", "text/turtle").status == status


def test_a_result_is_whole_or_an_error_never_cut_off(start: Callable[..., Server]) -> None:
    server = start("--children", "1", "--size", "1", "--rows", "1000000")
    whole = open_store(server.output).query("SELECT * { ?s ?p ?o }").serialize(format=SOLUTIONS[JSON])
    assert whole is not None
    assert len(whole) > 1 << 20
    over = server.query("SELECT * { ?s ?p ?o }")
    assert over.status == 422
    assert "more than 1,048,576 bytes" in over.problem()["detail"]


def test_a_large_result_comes_whole_by_way_of_a_file(start: Callable[..., Server]) -> None:
    server = start("--children", "2", "--rows", "1000000")
    whole = open_store(server.output).query("SELECT * { ?s ?p ?o }").serialize(format=SOLUTIONS[JSON])
    reply = server.query("SELECT * { ?s ?p ?o }")
    assert whole is not None
    assert (reply.status, len(reply.body)) == (200, len(whole))
    rows = [json.dumps(row, sort_keys=True) for row in reply.json()["results"]["bindings"]]
    assert sorted(rows) == sorted(json.dumps(r, sort_keys=True) for r in json.loads(whole)["results"]["bindings"])
    assert server.query("SELECT * { ?s ?p ?o }").body == reply.body


def test_a_client_that_does_not_read_is_dropped_and_holds_no_child(start: Callable[..., Server]) -> None:
    server = start("--children", "1", "--rows", "1000000", "--patience", "1")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", server.port))
        sock.sendall(b"GET /sparql?query=SELECT*%7B?s?p?o%7D HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: any(e["path"] == "/sparql" for e in server.entries()))
        assert server.query(GOOD).status == 200
        data = received(sock)
    assert data.startswith(b"HTTP/1.1 200 OK")
    fields = [line.lower().partition(b": ") for line in data.splitlines()[:12]]
    (length,) = (int(value) for name, _, value in fields if name == b"content-length")
    assert len(data) < length


def test_many_clients_at_once_all_get_their_own_answers(start: Callable[..., Server]) -> None:
    server = start("--children", "3")
    wrong: list[object] = []

    def ask(number: int) -> None:
        for turn in range(15):
            value = number * 100 + turn
            reply = server.query(f"SELECT ({value} + 1 AS ?n) {{}}")
            got = reply.json()["results"]["bindings"][0]["n"]["value"]
            if got != str(value + 1):
                wrong.append((value, got))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    until(lambda: len([e for e in server.entries() if e["status"] == 200]) == 300)
