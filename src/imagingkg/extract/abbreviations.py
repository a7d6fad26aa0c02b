"""Abbreviations that a document defines: "neural network (NN)", "腹主动脉瘤（abdominal aortic aneurysm，AAA）".

English long forms are found after Schwartz and Hearst (2003, A simple algorithm for identifying abbreviation
definitions in biomedical text): the letters of the short form are looked for from the right, and its first one begins
a word.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from imagingkg.forms import has_han


class Definition(NamedTuple):
    """`short`, at text[short_start], stands for text[long_start:long_end] (-1 where there is no English long form).

    `chinese_end` is where a Chinese name before the bracket ends, or -1.
    """

    short: str
    short_start: int
    long_start: int
    long_end: int
    chinese_end: int


_BRACKET: Final = re.compile(r"[(（]([^()（）\n]{2,160})[)）]")
_SHORT: Final = re.compile(r"[A-Za-z0-9α-ωΑ-Ω][A-Za-z0-9α-ωΑ-Ω/+&\-.]{0,11}(?: [A-Z0-9][A-Z0-9\-]{0,7})?")
_MATH: Final = re.compile(r"[$\\^_{}]")
_SEPARATOR: Final = re.compile(r"\s*[,，;；:：]\s*")
_WORD: Final = re.compile(r"[^\s(（]+")


def definitions(text: str) -> list[Definition]:
    """Every abbreviation defined in the text, in order."""
    out = []
    for bracket in _BRACKET.finditer(text):
        found = _read(text, bracket.start(), bracket.start(1), bracket[1])
        if found is not None:
            out.append(found)
    return out


def _read(text: str, opening: int, begin: int, content: str) -> Definition | None:
    before_end = opening
    while before_end and text[before_end - 1] in " ~\u3000":
        before_end -= 1
    chinese = before_end if before_end and has_han(text[before_end - 1]) else -1
    pieces = _SEPARATOR.split(content)
    if len(pieces) > 1:
        # "English name, SHORT" after a Chinese name, or "SHORT, something" after an English one.
        for short, long in ((pieces[-1], pieces[0]), (pieces[0], pieces[-1])):
            if _is_short(short) and len(long) > len(short):
                long_start = text.find(long, begin)
                start = text.find(short, begin if short == pieces[0] else long_start + len(long))
                align = _align(short, long)
                if align is not None and start >= 0:
                    return Definition(short, start, long_start + align, long_start + len(long), chinese)
        content = pieces[0]
    if not _is_short(content):
        return None
    if chinese >= 0:
        return Definition(content, begin, -1, -1, chinese)
    window = _window(text, before_end, len(content))
    align = _align(content, text[window:before_end])
    return None if align is None else Definition(content, begin, window + align, before_end, -1)


def _is_short(form: str) -> bool:
    """One or two tokens of at most ten letters, the first a letter or digit, one of them at least a capital."""
    if not 2 <= len(form) <= 12 or _SHORT.fullmatch(form) is None:
        return False
    capitals = sum(c.isupper() for c in form)
    return capitals >= 2 or (capitals == 1 and len(form) <= 5 and not form.istitle())


def _window(text: str, end: int, length: int) -> int:
    """Where the long form may begin at the earliest: min(length + 5, 2 * length) words before the bracket."""
    floor = max(0, text.rfind("\n", 0, end) + 1, end - 160)
    starts = [m.start() for m in _WORD.finditer(text, floor, end)]
    keep = min(length + 5, length * 2)
    for cut in range(len(starts) - 1, -1, -1):
        if text[max(floor, starts[cut] - 2) : starts[cut]].strip().endswith((".", ";", ")", "，", "。")):
            starts = starts[cut:]
            break
    return starts[-keep] if len(starts) >= keep else (starts[0] if starts else end)


def _align(short: str, long: str) -> int | None:
    """Where the long form of `short` begins in `long`, or None if the letters are not there in order."""
    letters = [c for c in short.casefold() if c.isalnum()]
    if letters and letters[-1] == "s" and short[-1] == "s" and len(letters) > 2:
        letters.pop()  # CNNs
    lowered = long.casefold()
    if len(lowered) != len(long) or not letters:
        return None
    at = len(long)
    for index in range(len(letters) - 1, -1, -1):
        wanted = letters[index]
        at -= 1
        while at >= 0 and (lowered[at] != wanted or (index == 0 and at > 0 and lowered[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return None
    # A long form has to be longer than its short one and may not contain it as a word.
    candidate = long[at:]
    if len(candidate) <= len(short) or short in _WORD.findall(candidate) or _MATH.search(candidate):
        return None
    return at
