"""Numbers of things in sentences for people."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """The number with the thing in singular or plural: "1 document", "1,200 documents"."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
