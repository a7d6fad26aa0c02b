"""What goes wrong between a client and the server, as HTTP tells it: RFC 9457, application/problem+json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from imagingkg.errors import UsageError

MEDIA: Final = "application/problem+json"
LEFT: Final = 499
"""In the log alone: the client closed the connection before its answer."""


class Problem(UsageError):
    """A request that gets no result: `status` and further header fields beside the facts of every error of ours."""

    def __init__(
        self, status: int, what: str, advice: str = "", *, where: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(where, what, advice)
        self.status = status
        self.headers = dict(headers or {})


def problem_body(status: int, detail: str) -> bytes:
    """The JSON of a problem."""
    facts = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return json.dumps(facts).encode("ascii") + b"\n"


class ClientLeft(Exception):
    """The client closed its connection; there is nobody to answer."""
