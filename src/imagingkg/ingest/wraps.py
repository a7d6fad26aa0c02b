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
_MANY: Final = 3
_HAN_SLACK: Final = 6
_LATIN_WORD: Final = re.compile(r"[A-Za-z0-9]")


def join_wraps(draft: Draft, *, markdown: bool = False) -> Draft:
    """The draft with the lines of each paragraph joined; Markdown's fenced code, lists, tables and headings stay."""
    lines = split_lines(draft.text)
    if len(lines) < 2:
        return draft
    fenced = _fenced(lines) if markdown else frozenset()
    han = sum(has_han(line.text) for line in lines if not is_fragment(line))
    chinese = han > 0.5 * sum(not is_fragment(line) for line in lines)
    edits = _join_chinese(draft.text, lines, fenced) if chinese else _join_latin(draft.text, lines, fenced)
    return amend(draft, edits)


def _fenced(lines: Sequence[Line]) -> frozenset[int]:
    inside, out = False, set()
    for i, line in enumerate(lines):
        fence = _FENCE.match(line.text) is not None
        if inside or fence:
            out.add(i)
        inside ^= fence
    return frozenset(out)


def _is_doubled(lines: Sequence[Line]) -> bool:
    """Did the extraction put a blank line after every line, also in the middle of sentences?"""
    followed = lines[:-1]
    twice = [line for line in followed if line.breaks == 2]
    torn = sum(not ends_sentence(line) for line in twice)
    return len(twice) >= 2 and len(twice) >= 0.6 * len(followed) and torn >= max(2, 0.5 * len(twice))


def _join_chinese(text: str, lines: Sequence[Line], fenced: frozenset[int]) -> Iterator[Edit]:
    doubled = _is_doubled(lines)
    normal = 2 if doubled else 1
    torn = [a for a, b in pairwise(lines) if a.breaks <= normal and not ends_sentence(a) and has_han(a.text)]
    pieces = sum(is_fragment(b) and not ends_sentence(a) and has_han(a.text) for a, b in pairwise(lines))
    fragmented = pieces >= _MANY or (pieces >= 1 and pieces >= 0.1 * len(lines))
    width = wrap_width(torn, narrowest=16, slack=_HAN_SLACK, share=0.2 if fragmented else 0.6)
    if width is None:
        width = _width_of_one(torn, lines)
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
        elif _stay_apart(line, after, lines[i + 2 : i + 3], page, now=now, loose=not (full or fragmented), full=full):
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
    line: Line, after: Line, then: Sequence[Line], page: Page, *, now: str, loose: bool, full: bool
) -> bool:
    """Do the line and the next belong to different paragraphs, or is one of them a heading?"""
    if now == "title" or loose or is_indented(after):
        return True
    if now == "torn":
        return is_structure(after) and not is_heading_number(after)
    opens = _role(after, then[0] if then else None, page, now)
    return opens in ("number", "title") or is_structure(after) or (not full and line.breaks == page.breaks)


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
    inner = [a for i, a in enumerate(lines[:-1]) if a.breaks <= normal and i not in fenced and not is_structure(a)]
    torn = [a for a, b in pairwise(lines) if a in inner and not ends_sentence(a) and not is_structure(b)]
    lower = sum(b.text.lstrip()[:1].islower() for a, b in pairwise(lines) if a in torn)
    slack = max(8, max((a.width for a in inner), default=0) // 5)
    width = wrap_width(inner, narrowest=40, slack=slack, share=0.6)
    if width is None or not lower or len(torn) < 0.5 * len(inner):
        return
    for i, (line, after) in enumerate(pairwise(lines)):
        apart = line.breaks > normal or {i, i + 1} & fenced or is_structure(after) or is_indented(after)
        word = after.text.split()[0]
        full = line.width + 1 + len(word) > width - slack / 2
        if apart or not full or line.text.lstrip().startswith(("#", "|")):
            if doubled and line.breaks == 2:
                yield Edit(line.end, after.start, "\n", TABLE)
            continue
        yield _latin_join(text, line, after)


def _latin_join(text: str, line: Line, after: Line) -> Edit:
    """A space for the break; a word parted by a hyphen is made whole if the text has it whole elsewhere."""
    left, right = line.text.rstrip(), after.text.lstrip()
    start, end = line.start + len(left), after.end - len(right)
    parted = re.search(r"([A-Za-z]+)-$", left)
    rest = re.match(r"[a-z]+", right)
    if parted and rest:
        whole = re.search(rf"\b{parted.group(1)}{rest.group()}\b", text, re.IGNORECASE)
        return Edit(start - 1 if whole else start, end, "", TABLE)
    return Edit(start, end, " ", TABLE)
