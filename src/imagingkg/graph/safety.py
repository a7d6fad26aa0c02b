"""What a query may not do, found before it is parsed: reach out, change the graph, or exhaust the parser.

pyoxigraph follows SERVICE with no switch against it and dies on deep nesting, so both must be stopped in the text.
Whether "<" opens an IRI or means "less than" is known only to a parser; where it matters (the stretch holds a # or a
quote, which start comments and strings), both readings are followed. Its parser also accepts words grown together, as
in `trueSERVICE<...>`, so a word is looked through, not compared. Rather a good query refused (rename the prefix) than a
bad one let through.
"""

from __future__ import annotations

import re
from heapq import heappop, heappush
from typing import Final

from imagingkg.errors import QueryError

MAX_LENGTH: Final = 50_000
"""Characters in a query."""
MAX_DEPTH: Final = 64
"""Brackets open at one time. pyoxigraph was seen to die from 500 (nested EXISTS) on."""
MAX_PARTS: Final = 2_000
"""Words and signs in a query, names, IRIs and values left aside. pyoxigraph was seen to die from 6,000 on."""

_UPDATES: Final = frozenset({"insert", "delete", "load", "clear", "drop", "create", "copy", "move", "add"})
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|\#[^\r\n]*)
  | (?P<iri><[^<>"{}|^`\x00-\x20]*>)
  | (?P<string>\"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
              |"(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*')
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<name>(?P<prefix>\w[\w.\-]*)?:(?:[\w:.\-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])*)
  | (?P<word>[^\W\d]\w*)
  | (?P<number>\d+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def check_query(text: str) -> None:
    """Raises QueryError for a query that is too long or too deeply nested, that changes the graph, or that asks another
    service. The rest of its syntax is not looked at.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError("query", f"has {len(text):,} characters", f"At most {MAX_LENGTH:,} are allowed")
    if _plainly_safe(text):
        return
    # The standard has escapes undone before anything else is read, pyoxigraph has not: neither reading may be unsafe.
    for reading in dict.fromkeys((text, _unescape(text))):
        _check(reading)


def _plainly_safe(text: str) -> bool:
    """Whether nothing that is refused can stand in the text, however it is read: true of most, and soon told."""
    if "\\" in text or len(text) > MAX_PARTS or sum(map(text.count, "{([")) > MAX_DEPTH:
        return False
    lowered = text.lower()
    return "service" not in lowered and not any(word in lowered for word in _UPDATES)


def _unescape(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = int(found[1] or found[2], 16)
        return chr(code) if code <= 0x10FFFF else found[0]

    return _ESCAPE.sub(character, text)


def _check(text: str) -> None:
    # Each place that some reading reaches, with the most brackets and parts on any way there. Ways only lead forward,
    # so a place is final when it is the first one left.
    reached = {0: (0, 0)}
    places = [0]
    while places:
        place = heappop(places)
        depth, parts = reached.pop(place)
        found = _TOKEN.match(text, place)
        if found is None:
            continue  # the end
        _refuse_words(found)
        _reach(reached, places, found.end(), *_count(found, depth, parts))
        if found["iri"] is not None and ("#" in found[0] or "'" in found[0]):
            _reach(reached, places, place + 1, depth, parts + 1)


def _count(found: re.Match[str], depth: int, parts: int) -> tuple[int, int]:
    if found["word"] is None and found["sign"] is None:
        return depth, parts
    depth = max(0, depth + (found[0] in "{([") - (found[0] in "})]"))
    if depth > MAX_DEPTH:
        raise QueryError("query", f"nests more than {MAX_DEPTH} brackets", "Write it flatter")
    if parts >= MAX_PARTS:
        raise QueryError("query", f"has more than {MAX_PARTS:,} words and signs", "Ask it in several queries")
    return depth, parts + 1


def _reach(reached: dict[int, tuple[int, int]], places: list[int], place: int, depth: int, parts: int) -> None:
    if place not in reached:
        heappush(places, place)
    there = reached.get(place, (0, 0))
    reached[place] = max(depth, there[0]), max(parts, there[1])


def _refuse_words(found: re.Match[str]) -> None:
    word = (found["word"] or found["prefix"] or "").lower()
    if "service" in word:
        advice = "If it is part of a name of yours, use another prefix"
        raise QueryError("query", "SERVICE is not allowed: a graph answers from itself alone", advice)
    if found["word"] and word in _UPDATES:
        raise QueryError(
            "query", f"{word.upper()} is not allowed: the graph is read-only", "Change the sources instead"
        )
