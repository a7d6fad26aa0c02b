"""What a query, a result and a client may take. Every bound of the server stands here."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final

BODY_BYTES: Final = 1 << 20
"""A request's body: a query of the greatest length (graph.safety), each character percent-encoded, fits."""
HEAD_BYTES: Final = 64 << 10
"""A request's first line and header fields. Longer queries go by POST."""
FIELDS: Final = 1_000
"""Parameters of a request."""
SPOOL_BYTES: Final = 1 << 20
"""A result beyond this waits in a file for its client, not in memory."""


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _children() -> int:
    # More than processors: a few queries that run into their limit must not keep all others waiting.
    return max(4, 2 * _processors())


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    children: int = field(default_factory=_children)
    """Processes that answer, one query each at a time."""
    together: int = field(default_factory=_processors)
    """Short queries that run at one time: more than processors only get in each other's way."""
    seconds: float = 15.0
    """A query's running time."""
    memory: int = 1 << 30
    """What a query may take beyond the open store."""
    rows: int = 100_000
    """Rows or triples of a result."""
    size: int = 64 << 20
    """A written result."""
    queue: int = 256
    """Queries that wait for a child."""
    wait: float = 10.0
    """How long each of them waits."""
    patience: float = 10.0
    """What a client has to send its request, and to take up a result that the network holds back."""
    connections: int = 1_000
    """Connections open at a time."""
