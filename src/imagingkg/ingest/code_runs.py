"""Runs of one-byte codes in Chinese text, each with the surroundings that decide what its codes mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from imagingkg.forms import has_han

_RUN: Final = re.compile(r"[!-~]+(?:\n+[!-~]+)*")
_PAIRS: Final = {"（": "）", "“": "”", "《": "》"}
_REACH: Final = 120  # characters between the two of a pair
_AHEAD: Final = 8
_LONGEST: Final = 120
_FONT_LINES: Final = 3


FontKind = Literal["latin", "marks", "sound", ""]
"""What a font prints: Latin letters and digits by codes, Chinese punctuation by codes, or what it seems to."""


@dataclass(frozen=True, slots=True)
class Run:
    """Codes with nothing but line breaks between them.

    `places` are their offsets, `breaks` the indices of codes that begin a line, `attached` those on a line with
    Chinese, `paired` those that could be one of a pair of brackets or quotes. `left` is the character before (a space:
    something was lost there), `right` what follows, line breaks left out. `alone`: the text keeps runs of the Latin
    font on lines of their own, so that being on such a line, or not, says something. `kinds`: of what kind the font of
    each code is, where that is known ("": it is not).
    """

    codes: str
    places: tuple[int, ...]
    breaks: frozenset[int]
    attached: frozenset[int]
    paired: frozenset[int]
    left: str
    right: str
    after_open: bool
    starts_line: bool
    alone: bool
    kinds: tuple[FontKind, ...] = ()


def has_more_codes(text: str, most: int) -> bool:
    """Are there more than `most` codes in the runs of the text? Told without making any."""
    if len(text) <= most:
        return False
    count = 0
    for match in _RUN.finditer(text):
        if match.end() - match.start() <= _LONGEST:
            count += len(match.group()) - match.group().count("\n")
            if count > most:
                return True
    return False


def code_runs(text: str, marks: Mapping[str, str]) -> Iterator[Run]:
    """The runs of the text, in order. Whatever is printable ASCII may be a code; overlong runs are left out."""
    alone = len(re.findall(r"[\u3400-\u9fff]\n+[!-~]{1,20}(?=\n)", text)) >= _FONT_LINES
    lines = _lines_with_han(text) if alone else frozenset()
    paired = _paired(text, marks)
    opening = "".join(code for code, mark in marks.items() if mark == "[")
    after_open = re.compile(rf"[{re.escape(opening)}][!-@]{{0,6}}\s+$" if opening else r"(?!)")
    for match in _RUN.finditer(text):
        if match.end() - match.start() > _LONGEST:
            continue  # no stretch of a sentence is so long: program code or data
        codes = match.group()
        places: Sequence[int] = range(match.start(), match.end())
        breaks: frozenset[int] = frozenset()
        if "\n" in codes:
            places = [i for i in places if text[i] != "\n"]
            breaks = frozenset(i for i in range(1, len(places)) if places[i] - places[i - 1] > 1)
            codes = codes.replace("\n", "")
        before = text[max(0, match.start() - 40) : match.start()].rstrip("\n")
        ahead = text[match.end() : match.end() + 40].replace("\n", "")
        yield Run(
            codes=codes,
            places=tuple(places),
            breaks=breaks,
            attached=frozenset(i for i, place in enumerate(places) if place in lines) if alone else frozenset(),
            paired=frozenset(i for i, place in enumerate(places) if place in paired),
            left=before[-1:],
            right=ahead[:_AHEAD],
            after_open=after_open.search(before) is not None,
            starts_line=match.start() == 0 or text[match.start() - 1] == "\n",
            alone=alone,
        )


def _lines_with_han(text: str) -> frozenset[int]:
    places: set[int] = set()
    start = 0
    for line in text.split("\n"):
        if has_han(line):
            places.update(i for i, c in enumerate(line, start) if "!" <= c <= "~")
        start += len(line) + 1
    return frozenset(places)


def _paired(text: str, marks: Mapping[str, str]) -> set[int]:
    """Offsets of codes that may open or close: their outer side is Chinese, and the partner is near."""
    out: set[int] = set()
    code_of = {mark: code for code, mark in marks.items()}
    flat = [i for i, c in enumerate(text) if c != "\n"]
    shown = "".join(text[i] for i in flat)
    for opening, closing in _PAIRS.items():
        if opening not in code_of or closing not in code_of:
            continue
        left, right = code_of[opening], code_of[closing]
        for match in re.finditer(re.escape(left), shown):
            end = shown.find(right, match.end(), match.end() + _REACH)
            again = shown.find(left, match.end(), match.end() + _REACH)
            while end >= 0 and not _outer(shown[end + 1 : end + 2], marks):
                end = shown.find(right, end + 1, match.end() + _REACH)
            opens_again = _outer(shown[again - 1 : again], marks) and has_han(shown[again + 1 : again + 2])
            nearer = 0 <= again < end and opens_again
            if end >= 0 and not nearer and _outer(shown[match.start() - 1 : match.start()], marks):
                out.update((flat[match.start()], flat[end]))
    return out


def _outer(character: str, marks: Mapping[str, str]) -> bool:
    return not character or character.isspace() or has_han(character) or character in marks
