"""Sentences, headings and sections of a text, Chinese and English, as spans: nothing is copied or rewritten."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from imagingkg.forms import has_han

Section = Literal["title", "heading", "background", "purpose", "methods", "results", "conclusion", "body"]

OWN_SECTIONS: Final[tuple[Section, ...]] = ("methods", "results", "conclusion")
"""The sections that only a text with labels has, all on its own work."""


class Sentence(NamedTuple):
    """text[start:end] without outer white space. `heading` is the index of the heading that it stands under, or -1."""

    start: int
    end: int
    section: Section
    heading: int = -1


# A full stop ends a sentence before white space and a capital, a digit, an opening mark or a Chinese character; between
# two Chinese characters it always does. A decimal point is neither. A line break always ends one.
_MARK: Final = re.compile(
    # It begins with one set of characters, so that the engine skips to them.
    r"[。！？!?.\n\]\[](?:(?<=[^.])|(?=(?P<closers>[\"')\]”’]*)"
    r"(?:\s+[\"'(\[“‘$\\]{0,2}[A-Z0-9\u4e00-\u9fff\u0391-\u03a9]|[\u4e00-\u9fff【［]|\s*$)))"
)
_CLOSERS: Final = re.compile(r"[。！？]*[”’」』）)\]】]*")
_AFTER_QUERY: Final = re.compile(r"[!?]*[\"')\]”’]*(?=\s|[\u4e00-\u9fff]|$)")
_GAP: Final = re.compile(r"\[[,，\-\d]*+\s++\]")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|vs|figs?|eqs?|refs?|dr|prof|no|nos|approx|resp|cf|ca|viz|w\.r\.t|a\.k\.a|sec|tab|st|mr|ms"
    r"|incl|max|min|avg|dept|univ|vol|pp|ed|eds)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATED: Final = 6  # letters: "approx"
_INITIAL: Final = re.compile(r"\b[A-Z]\.$")
_AFTER_WORD: Final = re.compile(r"[a-z]{3,}\s[A-Z]\.$")

_SECTIONS: Final[tuple[tuple[Section, str], ...]] = (
    ("background", r"研究背景|背景|引言|前言|background|introduction|context|motivation"),
    ("purpose", r"研究目的|目的|目标|objectives?|purpose|aims?|goals?|hypothesis"),
    (
        "methods",
        r"(?:材料|资料|对象|病例)[与和]方法|研究方法|方法|materials? and methods?|methods? and materials?"
        r"|patients and methods?|(?:study )?design|methods?|methodology|approach|study selection|data sources?",
    ),
    ("results", r"研究结果|主要结果|结果|main results|results?|findings|experiments?|experimental results"),
    (
        "conclusion",
        r"研究结论|结论|讨论|小结|意义|conclusions?|discussion|interpretation|significance|summary|clinical relevance",
    ),
)
_LABEL: Final = re.compile(
    r"\s*(?:[【\[［（(]\s*(?:摘\s*要|abstract)\s*[】\]］）)][\s:：]*)?(?:"
    + "|".join(
        rf"(?P<{name}>[【\[［]\s*(?:{words})\s*[】\]］]|(?:{words})\s*[:：\-–—.]|(?:{words})(?=\s))"
        for name, words in _SECTIONS
    )
    + ")",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(
    r"(?:#{1,6}\s|\d+(?:\.\d+)*[.、\s]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）])"
)
_STOPS: Final = "。！？；，,;:："


def split(text: str, *, titled: bool = False) -> list[Sentence]:
    """The sentences of `text` in order. `titled`: the first line is the title of the document."""
    spans: list[tuple[int, int, bool]] = []  # start, end, is the last of its line
    begin = 0
    for found in _MARK.finditer(text):
        at = found.start()
        if at < begin:
            continue
        end = _end_at(text, begin, found)
        if end:
            spans.append((begin, end, text[end - 1] == "\n"))
            begin = end
    spans.append((begin, len(text), True))
    return _classify(text, spans, titled)


def _end_at(text: str, begin: int, found: re.Match[str]) -> int:
    """Where the sentence from `begin` ends if the mark that was found ends it, else 0."""
    at = found.start()
    mark = text[at]
    if mark == "\n":
        return at + 1
    if mark == ".":
        if _is_number(text, begin, at):
            return 0  # of a heading or a list item
        return 0 if _is_abbreviation(text, begin, at + 1) else found.end("closers")
    if mark in "!?":
        closing = _AFTER_QUERY.match(text, at + 1)
        return closing.end() if closing else 0
    if mark == "[":
        # "[ ]" not after an author is what two lost runs leave: the sentence before it ended inside.
        gap = _GAP.match(text, at)
        return gap.end() if gap and not (at and text[at - 1] in "等]") else 0
    if mark == "]":
        # So is a "]" without its "[".
        opened = text.rfind("[", begin, at)
        return 0 if opened >= 0 and text.find("]", opened, at) < 0 else at + 1
    closing = _CLOSERS.match(text, at + 1)
    return closing.end() if closing else at + 1


def _is_number(text: str, begin: int, end: int) -> bool:
    """Is text[begin:end] digits and white space alone? Looked at from its end, where most are seen not to be."""
    while end > begin and text[end - 1].isspace():
        end -= 1
    start = end
    while start > begin and text[start - 1].isdigit():
        start -= 1
    return start < end and not text[begin:start].strip()


def _is_abbreviation(text: str, begin: int, end: int) -> bool:
    last = text[max(begin, end - _LONGEST_ABBREVIATED - 2) : end - 1]
    if not last[-1:].isalpha() or (len(last) > _LONGEST_ABBREVIATED and last.isalpha()):
        return False  # after a number, a bracket or a longer word
    tail = text[max(begin, end - 10) : end]
    if not _ABBREVIATION.search(tail):
        return False
    # A lone capital is an initial ("J. Su") unless a plain word stands before it ("type A. We").
    return not _INITIAL.search(tail) or not _AFTER_WORD.search(tail)


def _classify(text: str, spans: list[tuple[int, int, bool]], titled: bool) -> list[Sentence]:
    out: list[Sentence] = []
    section: Section = "body"
    heading = -1
    line_start = True
    for begin, stop, line_end in spans:
        part = text[begin:stop]
        start, end = stop - len(part.lstrip()), begin + len(part.rstrip())
        if start >= end:
            line_start = line_start or line_end
            continue
        if titled and not out:
            out.append(Sentence(start, end, "title"))
        elif titled and len(out) == 1 and out[0].section == "title" and not line_start:
            out.append(Sentence(start, end, "title"))  # a title of two sentences
        elif line_start and line_end and _is_heading(text[start:end]):
            heading = len(out)
            section = _label(text, start, end) or "body"
            out.append(Sentence(start, end, "heading"))
        else:
            section = _label(text, start, end) or section
            out.append(Sentence(start, end, section, heading))
        line_start = line_end
    return out


def _is_heading(line: str) -> bool:
    """A line of its own that is short and does not end like a sentence."""
    if line.startswith("#"):
        return True
    if line[-1] in _STOPS or line.endswith("."):
        return False
    limit = 40 if has_han(line) else 90
    return len(line) <= limit and (_NUMBERED.match(line) is not None or not any(c in "。；;" for c in line))


def _label(text: str, start: int, end: int) -> Section | None:
    found = _LABEL.match(text, start, min(end, start + 48))
    if found is None:
        return None
    name = found.lastgroup
    if name is None:
        return None
    label = found[name]
    # A bare word counts only where nothing else can be meant: "方法 收集", "RESULTS The", not "Results show".
    if label[-1] not in "】]］:：-–—.":
        bare = label.strip()
        if not has_han(bare) and not bare.isupper():
            return None
    return name  # type: ignore[return-value]  # the groups are named after the sections
