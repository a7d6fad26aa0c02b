"""What the server and its children say to each other over pipes: a JSON head and, in an answer, the result's bytes.

A request is one length and the head, an answer two lengths, the head and the body; lengths are four bytes, the highest
first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Final

REQUEST: Final = Struct("!I")
ANSWER: Final = Struct("!II")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query for a child. `solutions` and `triples` are the media types to write them in, None where the client takes
    none that is known. `default` and `named` are the graphs that the protocol names; None where it names none at all.
    """

    query: str
    base: str
    solutions: str | None
    triples: str | None
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What a child says of its answer: the HTTP status, then either the body's media type, or what is wrong with the
    query and the way out. `worn`: it took so much memory that another should take its place.
    """

    status: int
    media: str = ""
    form: str = ""
    wrong: str = ""
    advice: str = ""
    worn: bool = False


def write_request(asked: Asked) -> bytes:
    """The frame of a request."""
    fields = (asked.query, asked.base, asked.solutions, asked.triples, asked.default, asked.named)
    data = json.dumps(fields).encode("ascii")
    return REQUEST.pack(len(data)) + data


def read_request(read: Callable[[int], bytes]) -> Asked | None:
    """The next request from a blocking `read`; None at the end."""
    if len(start := read(REQUEST.size)) < REQUEST.size:
        return None
    query, base, solutions, triples, default, named = json.loads(read(*REQUEST.unpack(start)))
    return Asked(query, base, solutions, triples, _graphs(default), _graphs(named))


def write_answer(head: Head, size: int) -> bytes:
    """The frame of an answer up to its body of `size` bytes."""
    fields = (head.status, head.media, head.form, head.wrong, head.advice, head.worn)
    data = json.dumps(fields).encode("ascii")
    return ANSWER.pack(len(data), size) + data


def read_head(data: bytes) -> Head:
    """The head of an answer."""
    return Head(*json.loads(data))


def _graphs(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
