"""Undoing hard line wraps: lines that end where the page ended are joined, paragraphs and headings stay apart.

A text whose lines are whole paragraphs is left as it is. Every join is a repair of table "wrap".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from imagingkg.forms import has_han
from imagingkg.ingest.edits import Draft, Edit, amend
from imagingkg.ingest.lines import (
    Line,
    columns,
    ends_sentence,
    is_capitalised,
    is_fragment,
    is_heading_number,
    is_indented,
    is_numbered_heading,
    is_plain_heading,
    is_structure,
    split_lines,
    wrap_width,
)

TABLE: Final = "wrap"
_FENCE: Final = re.compile(r"\s*(?:```|~~~)")
_IN_SENTENCE: Final = re.compile("[，。；、]")
_FULL: Final = 0.6  # of the usual width
_MANY: Final = 3
_HAN_SLACK: Final = 6
_WIDEST: Final = 120
_COMPOUNDING: Final = frozenset(
    ("self", "semi", "non", "pre", "post", "multi", "cross", "inter", "intra", "co", "re", "well", "high", "low",
     "long", "short", "end", "state", "deep", "fine", "real", "time", "large", "small", "one", "two", "three", "single",
     "full", "data", "model", "image", "patch", "voxel", "pixel", "region", "class", "task", "domain", "weakly")
)  # fmt: skip
_LATIN_WORD: Final = re.compile(r"[A-Za-z0-9]")


def join_wraps(draft: Draft, *, markdown: bool = False) -> Draft:
    """The draft with the lines of each paragraph joined; Markdown's fenced code, lists, tables and headings stay."""
    lines = split_lines(draft.text)
    if len(lines) < 2:
        return draft
    fenced = _fenced(lines) if markdown else frozenset()
    han = sum(has_han(line.text) for line in lines if not is_fragment(line))
    chinese = han > 0.5 * sum(not is_fragment(line) for line in lines)
    if not chinese:
        return amend(draft, _join_latin(draft.text, lines, fenced))
    restored = any(repair.table.startswith("founder") for repair in draft.repairs)
    return amend(draft, _join_chinese(draft.text, lines, fenced, restored=restored))


def _fenced(lines: Sequence[Line]) -> frozenset[int]:
    inside, out = False, set()
    for i, line in enumerate(lines):
        fence = _FENCE.match(line.text) is not None
        if inside or fence:
            out.add(i)
        inside ^= fence
    return frozenset(out)


def _is_doubled(lines: Sequence[Line]) -> bool:
    """Did the extraction put a blank line after every line, also in the middle of sentences?

    Single breaks stand then only around stretches that it set apart. Headings and short lines of a list, which end no
    sentence either, say nothing.
    """
    twice = [(a, b) for a, b in pairwise(lines) if a.breaks == 2 and not is_structure(a)]
    usual = sorted(a.width for a, _ in twice)[len(twice) * 3 // 4] if twice else 0
    full = [(a, b) for a, b in twice if a.width >= _FULL * usual or is_fragment(a) or is_fragment(b)]
    torn = sum(not ends_sentence(a) and _goes_on(a, b) for a, b in full)
    once = [(a, b) for a, b in pairwise(lines) if a.breaks == 1]
    apart = sum(is_fragment(a) or is_fragment(b) or b.text.startswith(" ") for a, b in once)
    return torn >= 2 and torn >= 0.5 * len(full) and apart >= 0.9 * len(once)


def _goes_on(line: Line, after: Line) -> bool:
    """Does a sentence run from the one line into the next, by punctuation, a small letter or a Latin run set apart?"""
    if is_fragment(line) or is_fragment(after):
        return has_han(line.text) or has_han(after.text)
    if has_han(line.text) or has_han(after.text):
        return _IN_SENTENCE.search(line.text) is not None or _IN_SENTENCE.search(after.text) is not None
    return after.text.lstrip()[:1].islower()


def _is_in_pieces(lines: Sequence[Line], *, restored: bool) -> bool:
    """Do Latin runs stand on lines of their own, in the middle of sentences?

    A list of key words looks like it; so sentences must be broken off, or letters have been restored.
    """
    pieces = [a for a, b in pairwise(lines) if is_fragment(b) and not ends_sentence(a) and has_han(a.text)]
    sentences = sum(re.search("[，。；]", a.text) is not None for a in pieces)
    return bool(pieces) if restored else len(pieces) >= _MANY and sentences >= 2


def _join_chinese(text: str, lines: Sequence[Line], fenced: frozenset[int], *, restored: bool) -> Iterator[Edit]:
    doubled = _is_doubled(lines)
    normal = 2 if doubled else 1
    torn = [a for a, b in pairwise(lines) if a.breaks <= normal and not ends_sentence(a) and has_han(a.text)]
    fragmented = _is_in_pieces(lines, restored=restored)
    width = wrap_width(torn, narrowest=16, slack=_HAN_SLACK, share=0.2 if fragmented else 0.6)
    if width is None:
        width = _widest(lines) if fragmented else _width_of_one(torn, lines)
    if width is None:
        return
    page = Page(width, normal)
    before = "end"  # how the line before closed: "end" of a sentence or text, "number" or "title" of a heading, "torn"
    for i, line in enumerate(lines[:-1]):
        after = lines[i + 1]
        now = _role(line, after, page, before)
        if {i, i + 1} & fenced or (is_structure(line) and now == "torn") or line.breaks > normal:
            before = "end"
            continue
        before = now
        full = line.width + columns(after.text.strip()[:1]) > width - 4
        if now == "number":
            yield Edit(line.end, after.start, "" if after.text[:1].isspace() else " ", TABLE)
        elif _stay_apart(line, after, lines[i + 2 : i + 3], page, now=now, full=full, pieces=fragmented):
            if doubled and line.breaks == 2:
                yield Edit(line.end, after.start, "\n", TABLE)
        else:
            yield _chinese_join(text, line, after, full=full, fragmented=fragmented)


@dataclass(frozen=True, slots=True)
class Page:
    """`width` in columns; `breaks`: how many line breaks the end of a line is."""

    width: int
    breaks: int


def _role(line: Line, after: Line | None, page: Page, before: str) -> str:
    """How the line closes: as "number" or "title" of a heading, as "end" of a sentence, or "torn" in the middle."""
    if after is not None and before != "torn" and is_heading_number(line) and _may_be_title(after, page):
        return "number"
    if before == "number" and _may_be_title(line, page):
        return "title"
    breaks_off = after is not None and is_fragment(after) and not is_heading_number(after)
    if before != "torn" and line.breaks >= page.breaks and not breaks_off:
        if is_numbered_heading(line, page.width):
            return "title"
        if before == "end" and is_plain_heading(line, page.width):
            return "title"
    return "end" if ends_sentence(line) else "torn"


def _may_be_title(line: Line, page: Page) -> bool:
    return has_han(line.text) and not ends_sentence(line) and line.width <= 0.9 * page.width


def _stay_apart(
    line: Line, after: Line, then: Sequence[Line], page: Page, *, now: str, full: bool, pieces: bool
) -> bool:
    """Do the line and the next belong to different paragraphs, or is one of them a heading?"""
    if now == "title" or is_indented(after) or not (full or pieces):
        return True
    if now == "torn":
        return is_structure(after) and not is_heading_number(after)
    opens = _role(after, then[0] if then else None, page, now)
    return opens in ("number", "title") or is_structure(after) or (not full and line.breaks == page.breaks)


def _widest(lines: Sequence[Line]) -> int | None:
    """In a text torn into pieces few lines may be full; the widest is, if all of them are short."""
    width = max(line.width for line in lines)
    return width if width <= _WIDEST else None


def _width_of_one(torn: Sequence[Line], lines: Sequence[Line]) -> int | None:
    """One broken line can show the width only if it is plainly a sentence, and nothing is wider."""
    if len(torn) == 1 and re.search("[，、；。]", torn[0].text) and torn[0].width >= 30:
        width = torn[0].width
        return width if all(line.width <= width + 2 for line in lines) else None
    return None


def _chinese_join(text: str, line: Line, after: Line, *, full: bool, fragmented: bool) -> Edit:
    """The line break goes; so do spaces around it, except where one marks a run that the extraction lost."""
    start, end = line.end, after.start
    left, right = line.text.rstrip(), after.text.lstrip()
    torn_word = full and has_han(left[-1]) and has_han(right[0]) and right[0] != "等"
    if not fragmented or torn_word:
        start -= len(line.text) - len(left)
        end += len(after.text) - len(right)
    words = _LATIN_WORD.match(text[start - 1]) and _LATIN_WORD.match(text[end])
    return Edit(start, end, " " if words else "", TABLE)


def _join_latin(text: str, lines: Sequence[Line], fenced: frozenset[int]) -> Iterator[Edit]:
    doubled = _is_doubled(lines)
    normal = 2 if doubled else 1
    titles = {i for i in range(len(lines) - 1) if _is_latin_title(lines, i, normal)}
    inner = [
        i for i, line in enumerate(lines[:-1])
        if line.breaks <= normal and i not in fenced | titles and not is_structure(line)
    ]  # fmt: skip
    torn = [i for i in inner if not ends_sentence(lines[i]) and not is_structure(lines[i + 1])]
    lower = any(lines[i + 1].text.lstrip()[:1].islower() for i in torn)
    slack = max((lines[i].width for i in torn), default=0) // 5
    width = wrap_width([lines[i] for i in inner], narrowest=40, slack=slack, share=0.6)
    if width is None or not lower or len(torn) < 0.5 * len(inner):
        return
    words = _words(text)
    for i, (line, after) in enumerate(pairwise(lines)):
        apart = line.breaks > normal or {i, i + 1} & fenced or i in titles or is_structure(after) or is_indented(after)
        full = line.width + 1 + len(after.text.split()[0]) > width - slack
        if apart or not full or line.text.lstrip().startswith(("#", "|")):
            if doubled and line.breaks == 2:
                yield Edit(line.end, after.start, "\n", TABLE)
            continue
        yield _latin_join(line, after, words)


def _is_latin_title(lines: Sequence[Line], i: int, normal: int) -> bool:
    """A line that begins a block, ends no sentence, and is followed by a capital: the first, or one in title case."""
    line, after = lines[i], lines[i + 1]
    opens = i == 0 or lines[i - 1].breaks > normal
    if not opens or ends_sentence(line) or not after.text.lstrip()[:1].isupper():
        return False
    return i == 0 or is_capitalised(line)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in lower case: all, and those that stand without a hyphen."""

    all: frozenset[str]
    alone: frozenset[str]


def _words(text: str) -> Words:
    found = frozenset(re.findall(r"[a-z]+", text.lower()))
    return Words(found, frozenset(re.findall(r"(?<![-a-z])(?<!-\n)[a-z]+(?![-a-z])", text.lower())))


def _latin_join(line: Line, after: Line, words: Words) -> Edit:
    """A space for the break; a word that a hyphen parted is made whole."""
    left, right = line.text.rstrip(), after.text.lstrip()
    start, end = line.start + len(left), after.end - len(right)
    parted = re.search(r"([A-Za-z]{1,40})-$", left)
    rest = re.match(r"[a-z]+", right)
    if parted and rest:
        whole = _is_one_word(parted.group(1).lower(), rest.group(), words)
        return Edit(start - 1 if whole else start, end, "", TABLE)
    return Edit(start, end, " ", TABLE)


def _is_one_word(first: str, rest: str, words: Words) -> bool:
    """Was a word parted at the line's end (im-age), and not a compound at its hyphen (self-supervised)?"""
    return first + rest in words.all or (first not in _COMPOUNDING and not {first, rest} & words.alone)
