"""uvicorn's HTTP/1.1, with the bounds that it leaves to a proxy: how long and how large the head of a request may be,
how long a client may leave its answer lying, how many connections there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from imagingkg.serve.app import Log, log_entry
from imagingkg.serve.limits import HEAD_BYTES, Limits
from imagingkg.serve.problems import MEDIA, problem_body

_END_OF_HEAD: Final = b"\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """A connection. Made by uvicorn for each client; see `bounded`."""

    def __init__(self, limits: Limits, log: Log, **given: Any) -> None:
        super().__init__(**given)
        self._limits = limits
        self._log = log
        self._in_head = True
        self._head_bytes = 0
        self._tail = b""
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self._limits.patience, self._late)
        if len(self.connections) > self._limits.connections:
            self._refuse(503, "server: has more connections than it can hold now")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            joint = self._tail + data
            end = joint.find(_END_OF_HEAD)
            self._head_bytes += len(data) if end < 0 else end - len(self._tail)
            self._tail = joint[1 - len(_END_OF_HEAD) :]
            if self._head_bytes > HEAD_BYTES:
                self._refuse(431, f"request: has more than {HEAD_BYTES:,} bytes before its body. Send queries by POST")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._limits.patience, self._late)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._tail = b""
        self._stop_head_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self._limits.patience, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_write_timer()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # closing would wait for a client that takes nothing
        else:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (it says no more than the status)
        self._refuse(400, "request: is not HTTP/1.1")

    def _late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self._refuse(408, f"request: did not arrive within {self._limits.patience:g} seconds")

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _refuse(self, status: int, detail: str) -> None:
        body = problem_body(status, detail)
        fields = f"content-type: {MEDIA}\r\ncontent-length: {len(body)}\r\ncache-control: no-store\r\n"
        more = "retry-after: 10\r\n" if status == 503 else ""
        head = STATUS_LINE[status] + (fields + more + "connection: close\r\n\r\n").encode("ascii")
        self._log(log_entry("", "", self.client) | {"status": status, "problem": detail})
        self.transport.write(head + body)
        self.transport.close()


def bounded(limits: Limits, log: Log) -> Callable[..., BoundedHttp]:
    """What uvicorn's setting `http` takes."""

    return partial(BoundedHttp, limits, log)
