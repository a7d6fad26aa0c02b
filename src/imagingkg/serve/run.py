"""Serving from start to end: the socket, the index, the children, uvicorn around the application."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Any, Final

import uvicorn

from imagingkg.errors import KgError, UsageError
from imagingkg.graph.store import GRAPH_FILES, build_store, graph_file, index_path, open_store
from imagingkg.serve.app import Log, Service, make_app
from imagingkg.serve.pool import Pool
from imagingkg.serve.wire import bounded

_LOOK_SECONDS: Final = 2.0
_BACKLOG: Final = 512
LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and can be asked for its port. Raises UsageError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        what = f"cannot be listened on ({getattr(error, 'strerror', None) or error})"
        raise UsageError(f"{host}:{port}", what, "Take another --port or --host") from error


def is_local(bound: socket.socket) -> bool:
    """Whether only this machine can reach the socket."""
    return ip_address(bound.getsockname()[0].partition("%")[0]).is_loopback


def address(bound: socket.socket) -> str:
    """The URL of the server on that socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(service: Service, bound: socket.socket, log: Log, ready: Callable[[Pool], None]) -> None:
    """Serve until SIGINT (KeyboardInterrupt, once all is closed) or SIGTERM. `ready` is called when queries are
    answered. Raises GraphError where there is nothing to serve.
    """
    with tempfile.TemporaryDirectory(prefix="imagingkg-serve-") as spare:
        index = ready_index(service.output, Path(spare))
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(service, bound, log, ready, index, Path(spare)))


async def _serve(
    service: Service, bound: socket.socket, log: Log, ready: Callable[[Pool], None], index: Path, spare: Path
) -> None:
    pool = Pool(index, service.limits)
    await pool.open()
    app = make_app(service, pool, log, lambda: _follow(service.output, spare, pool, log))
    settings: dict[str, Any] = {
        "http": bounded(service.limits, log), "ws": "none", "lifespan": "on", "log_config": None,
        "log_level": "critical", "access_log": False, "server_header": False, "proxy_headers": False,
        "timeout_keep_alive": max(1, int(service.limits.patience)), "timeout_graceful_shutdown": 2,
        "backlog": _BACKLOG,
    }  # fmt: skip
    ready(pool)
    await _Server(uvicorn.Config(app, **settings), pool).serve(sockets=[bound])


class _Server(uvicorn.Server):
    """uvicorn's, which waits for its tasks when it is told to end; so the queries are told too."""

    def __init__(self, config: uvicorn.Config, pool: Pool) -> None:
        super().__init__(config)
        self._pool = pool
        self._running = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._running.call_soon_threadsafe(self._pool.stop)
        super().handle_exit(sig, frame)


def ready_index(output: Path, spare: Path) -> Path:
    """The directory of the index of `output`, made first where it must be: in `output`, else in `spare`."""
    index = index_path(output)
    open_store(output)
    return index if index.is_dir() else build_store(output, spare)


async def _follow(output: Path, spare: Path, pool: Pool, log: Log) -> None:
    """Go over to a new build when there is one; one that cannot be read is said in the log and left alone."""
    seen = _state(output)
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        state = _state(output)
        if state == seen or not state:
            continue
        seen = state
        try:
            index = await asyncio.to_thread(ready_index, output, spare)
            if index != pool.index:
                pool.switch(index)
                log({"event": "new build", "index": index.name})
        except KgError as error:
            log({"event": "unreadable build", "problem": str(error)})


def _state(output: Path) -> tuple[tuple[int, int, int], ...]:
    """What changes when a build is replaced; empty while it is."""
    with suppress(KgError, OSError):
        found = [graph_file(output, name).stat() for name in GRAPH_FILES]
        return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in found)
    return ()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # where there is no wheel of it the loop of the standard library does
        return None
    return uvloop.new_event_loop
