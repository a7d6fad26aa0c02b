"""Where Latin words and numbers begin and end: letters and digits hold together, a Chinese character stands alone."""

from __future__ import annotations

from collections.abc import Container, Iterator
from string import ascii_letters, digits
from typing import Final

WORD_CHARS: Final = frozenset(ascii_letters + digits)


def joins(outer: str, inner: str) -> bool:
    """Do two neighbouring characters belong to one word ("CT" and "s", but not "CT" and "检")?"""
    return outer in WORD_CHARS and inner in WORD_CHARS


def stands_alone(text: str, start: int, end: int) -> bool:
    """Does text[start:end], not empty, break no word at either edge ("CT检查" holds, "ACTH" does not)?"""
    if end < len(text) and text[end] in WORD_CHARS and text[end - 1] in WORD_CHARS:
        return False
    return not (start and text[start - 1] in WORD_CHARS and text[start] in WORD_CHARS)


def run_around(text: str, at: int, chars: Container[str]) -> tuple[int, int]:
    """The longest stretch around text[at] that holds nothing but `chars`; empty where text[at] is none of them."""
    start = end = at
    while start and text[start - 1] in chars:
        start -= 1
    while end < len(text) and text[end] in chars:
        end += 1
    return start, end


def occurrences(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Every place where `name` stands as it is written, as a word of its own; none overlaps the one before it."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if stands_alone(text, at, end):
            yield at, end
        at = text.find(name, end)
