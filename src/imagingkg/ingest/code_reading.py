"""What a run of codes says: the cheapest way to cut it into numbers, names, citations and punctuation marks.

Each code has at most one meaning in the Latin font and one in the font of Chinese punctuation, so a reading is a cut of
the run into tokens. A token's cost says how hard it is to believe (0.2 certain, 1 possible, 2 and more absurd); the
whole reading is the cheapest sum, found by dynamic programming over the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Final, Literal

from imagingkg.forms import has_han
from imagingkg.ingest.code_runs import FontKind, Run
from imagingkg.ingest.fonts import RepairTools

Kind = Literal["citation", "number", "name", "word", "joiner", "mark", "plain"]


@dataclass(frozen=True, slots=True)
class Token:
    """Codes `start:end` of a run read as `text`, one character a code. `known`: the lexicon or the context vouch."""

    start: int
    end: int
    kind: Kind
    text: str
    cost: float
    known: bool = False
    spaced: bool = False


_LONGEST: Final = 20
_SIGNS: Final = ":=<>"  # in 7:3 and P=0.01 the sign may have come through as it was
_RELATION: Final = re.compile(r"[Pp][=<>]0\.\d{1,4}|[nN]=\d{1,6}|\d{1,3}:\d{1,3}")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?:-\d+(?:\.\d+)?)?%?")
_AUTHOR: Final = re.compile(r"[A-Z][a-z]+(?:-?[A-Z][a-z]+)?")
_AUTHOR_END: Final = re.compile(r"[a-z]{1,4}")
_CAPITALS: Final = re.compile(r"[A-Z]{2,6}")
_CHROMOSOME_ARM: Final = re.compile(r"\d{1,2}[pq]\d{0,2}")
_WORD: Final = re.compile(r"[A-Z]?[a-z]{2,}")
_LETTERS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/.-]*")
_MEASURE: Final = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]+)")
_MIXED: Final = re.compile(r"[A-Z]{1,4}\d{1,2}|\d[A-Z]{1,2}")
_ENDS: Final = "，。、"
_QUOTES: Final = ("“", "”", "《", "》")


def read_run(run: Run, tools: RepairTools) -> list[Token]:
    """The tokens of the run, in order, every code in exactly one."""
    size = len(run.codes)
    ends: list[dict[tuple[Kind, bool], tuple[float, list[Token]]]] = [{} for _ in range(size + 1)]
    ends[0][("plain", False)] = (0.0, [])
    for start in range(size):
        if not ends[start]:
            continue
        for token in _by_font(run, _tokens(run, start, tools)):
            for cost, trail in list(ends[start].values()):
                fitted, extra = _next_to(trail[-1] if trail else None, token, run)
                total = cost + token.cost + extra
                key = (token.kind, token.known)
                if key not in ends[token.end] or total < ends[token.end][key][0] - 1e-9:
                    ends[token.end][key] = (total, [*trail, fitted])
    return min(ends[size].values(), key=lambda item: item[0])[1]


def _by_font(run: Run, tokens: Iterator[Token]) -> Iterator[Token]:
    """The tokens that the fonts of their codes allow; a code can always be left as it is."""
    if not any(run.kinds):
        yield from tokens
        return
    for token in tokens:
        kinds = run.kinds[token.start : token.end]
        if token.kind == "plain":
            yield replace(token, cost=0.1 * len(kinds)) if set(kinds) == {"sound"} else token
        elif all(kind in ("", printed) for kind, printed in zip(kinds, font_kinds(token), strict=True)):
            yield token


def font_kinds(token: Token) -> list[FontKind]:
    """For each code of a token the kind of the font that it is read by."""
    if token.kind == "mark":
        return ["marks"]
    if token.kind == "citation":
        return ["latin" if c.isdigit() or c == "-" else "marks" for c in token.text]
    return ["sound" if token.kind == "plain" else "latin"] * (token.end - token.start)


def _next_to(before: Token | None, token: Token, run: Run) -> tuple[Token, float]:
    """The token as it stands behind another, and what that costs."""
    if before is None:
        return token, 0.0
    pair = {before.kind, token.kind}
    broken = token.start in run.breaks
    if pair <= {"name", "word"}:
        spaced = before.known and token.known and len(before.text) + len(token.text) >= 5
        return replace(token, spaced=spaced and not broken), 0.3 if spaced else 1.0
    if pair == {"number"}:
        return token, 2.0
    if "number" in pair and pair & {"name", "word"}:
        return token, 0.5
    if pair == {"mark"} and before.text in _ENDS and token.text in _ENDS:
        return token, 1.2
    if (before.text == "（" and token.text in _ENDS) or (before.text in _ENDS and token.text == "）"):
        return token, 1.0
    return token, 0.0


def _tokens(run: Run, start: int, tools: RepairTools) -> Iterator[Token]:
    yield from _citations(run, start, tools)
    yield _single(run, start, tools)
    code = run.codes[start]
    if code in tools.codes.marks:
        yield _mark(run, start, tools)
    for end in range(start + 1, min(len(run.codes), start + _LONGEST) + 1):
        if not _readings(run.codes[end - 1], tools):
            break
        for text in _spellings(run.codes[start:end], tools):
            token = _latin(run, start, end, text, tools)
            if token is not None:
                yield token
    yield from _left_as_is(run, start, tools)


def _spellings(codes: str, tools: RepairTools) -> list[str]:
    options = [[*_readings(code, tools), *(code if code in _SIGNS else "")] for code in codes]
    if sum(len(o) > 1 for o in options) > 4:
        options = [o[:1] for o in options]
    return ["".join(choice) for choice in product(*options)]


def _readings(code: str, tools: RepairTools) -> list[str]:
    """What the code means in the Latin font. A letter for which no code is known may have come through as it was."""
    table = tools.codes
    readings = [font[code] for font in (table.latin, table.also) if code in font]
    return [*readings, code] if code.isalpha() and code not in table.printed else readings


def _single(run: Run, start: int, tools: RepairTools) -> Token:
    """One code by itself: a joiner, or a character that no table decides and that stays."""
    code = run.codes[start]
    latin = tools.codes.latin.get(code, "")
    if latin and not latin.isalnum() and latin != "%":
        return Token(start, start + 1, "joiner", latin, 0.3)
    return Token(start, start + 1, "plain", code, 2.6 if latin or code in tools.codes.marks else 0.1)


def _left_as_is(run: Run, start: int, tools: RepairTools) -> Iterator[Token]:
    """A word that was never damaged: it has small letters that are printed by codes, or the lexicon knows it."""
    match = re.match(r"[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]", run.codes[start:])
    if match and (start == 0 or not run.codes[start - 1].isalnum()):
        word = match.group()
        foreign = sum(c.islower() and c in tools.codes.printed for c in word)
        if foreign >= 2 or (len(word) >= 3 and word.isalpha() and tools.names.has(word)):
            yield Token(start, start + len(word), "plain", word, 0.2 if foreign >= 2 else 0.5, known=True)


def _latin(run: Run, start: int, end: int, text: str, tools: RepairTools) -> Token | None:
    """The codes read in the Latin font as one number, measure, name or word; None where that is no token at all."""
    if len(text) > 12 and text.isdigit():
        return None
    inner = sum(start < b < end for b in run.breaks)
    after = run.codes[end:] or run.right
    attached = 0.6 if any(i in run.attached for i in range(start, end)) else 0.0
    attached += 0.5 * sum(tools.codes.marks.get(run.codes[i], "") in _QUOTES for i in run.paired if start <= i < end)
    if _NUMBER.fullmatch(text) or (text[:-1].isdigit() and text.endswith(".") and _starts_heading(run, start, end)):
        cost, known = _number_cost(text, run, end, tools)
        return Token(start, end, "number", text, cost + attached + 1.5 * inner, known)
    if _RELATION.fullmatch(text):
        return Token(start, end, "number", text, 0.5 + attached + 1.5 * inner)
    if not _LETTERS.fullmatch(text) or not text[-1].isalnum() or text.isdigit():
        return None
    if len(text) >= 2 and tools.names.has(text) and (end < len(run.codes) or not _goes_on(run)):
        # Ki-67 and KI-67 may both be listed: the preferred label tells how it is spelled.
        spelled = 0.0 if text in tools.names.preferred else 0.03 if text in tools.names.listed else 0.05
        return Token(start, end, "name", text, 0.2 + spelled + attached / 2 + 0.3 * inner, True)
    measure = _MEASURE.fullmatch(text)
    if measure and measure.group(2) in tools.numbers.units:
        return Token(start, end, "number", text, 0.3 + attached + 0.6 * inner, True)
    by_author = end == len(run.codes) and run.right.startswith("等")
    if by_author and _AUTHOR.fullmatch(text):
        return Token(start, end, "name", text, 0.2 + 0.2 * inner, len(text) > 1)
    if by_author and start == 0 and run.left.isspace() and _AUTHOR_END.fullmatch(text):
        return Token(start, end, "word", text, 0.7 + 0.2 * inner)
    if len(text) == 1 and end == len(run.codes) and tools.names.has(text + run.right[:1]):
        return Token(start, end, "name", text, 0.3 + attached, True)
    if any(not c.isalnum() for c in text):
        return None  # an unknown word is cut at its joiners
    return Token(start, end, "word", text, _word_cost(text, after) + attached + 0.5 * inner)


def _goes_on(run: Run) -> bool:
    return run.right[:1].isascii() and run.right[:1].isalnum()


def _word_cost(text: str, after: str) -> float:
    if re.search(r"(.)\1\1", text):
        return 2.0
    if _CHROMOSOME_ARM.fullmatch(text):
        return 0.5
    if re.search(r"\d[A-Za-z]\d", text):
        return 3.5
    if _CAPITALS.fullmatch(text):
        return 0.8 if len(text) < 5 else 0.95
    if _AUTHOR.fullmatch(text) or _WORD.fullmatch(text):
        return 0.9 if len(text) >= 3 else 1.2
    if len(text) == 1:
        return 0.4 if text == "P" and after[:1] in "值<=" and after else 0.95 if text.isupper() else 1.3
    if _MIXED.fullmatch(text):
        return 1.2
    return 1.4 + 0.1 * len(text)


def _starts_heading(run: Run, start: int, end: int) -> bool:
    """ "2." on its own at the start of a line, before Chinese: the number of a heading."""
    opens = (start == 0 and run.starts_line) or start in run.breaks
    return opens and end == len(run.codes) and has_han(run.right[:1])


def _number_cost(text: str, run: Run, end: int, tools: RepairTools) -> tuple[float, bool]:
    if text.endswith("."):
        return 0.6, False
    after = run.right if end == len(run.codes) else ""
    figure = text.rstrip("%").split("-")[-1]
    padding = 1.5 if any(len(p) > 1 and p[0] == "0" and p[1] != "." for p in text.rstrip("%").split("-")) else 0.0
    padding += 1.0 if len(figure.split(".")[0]) > 6 else 0.0
    if text.endswith("%"):
        return (0.3 if float(figure) <= 100 else 1.5) + padding, True
    if after.startswith("年") and tools.numbers.counted.match(after):
        year = len(figure) == 4 and "1900" <= figure <= "2099"
        return (0.2 if year else 0.5 if len(figure) <= 2 else 2.0) + padding, True
    if tools.numbers.counted.match(after):
        scarce = tools.numbers.few.match(after) and float(figure) > 20
        return (2.0 if scarce else 0.3) + padding, True
    whole, _, fraction = figure.partition(".")
    if fraction:
        small = whole == "0"
        cost = (0.4 if small else 0.6) + (0.8 if len(fraction) > 3 else 0.0)
        follows_well = end < len(run.codes) or not has_han(after[:1]) or tools.numbers.after_figure.match(after)
        return cost + (0.0 if follows_well else 0.6) + padding, False
    if tools.numbers.after_figure.match(after):
        return 0.9 + padding, False
    return (1.1 if end < len(run.codes) else 1.3) + padding, False


def _mark(run: Run, start: int, tools: RepairTools) -> Token:
    mark = tools.codes.marks[run.codes[start]]
    last = start + 1 == len(run.codes)
    attached = start in run.attached
    isolated = run.alone and not attached and len(run.codes) == 1 and has_han(run.left) and has_han(run.right[:1])
    cost = 0.8 if isolated else 0.0
    if last and not attached and tools.numbers.counted.match(run.right):
        cost += 0.5
    if mark in _ENDS:
        between = (start > 0 or has_han(run.left)) and (not last or has_han(run.right[:1]))
        cost += 0.5 if between else 0.6
    elif mark in "（“”《》":
        cost += 0.4 if start in run.paired else 1.5
    elif mark == "—":
        twin = run.codes[start - 1 : start] == run.codes[start] or run.codes[start + 1 : start + 2] == run.codes[start]
        cost += 0.2 if twin else 1.0
    elif mark in "[]":
        cost += 1.4
    else:
        cost += 0.4
    return Token(start, start + 1, "mark", mark, cost)


def _citations(run: Run, start: int, tools: RepairTools) -> Iterator[Token]:
    """ "[1,2]" from `start` on; where the text lost a part, what is left of it at the run's edge."""
    marks = tools.codes.marks
    opens = marks.get(run.codes[start]) == "["
    lost_before = start == 0 and (run.left.isspace() or not run.left)
    if not opens and not lost_before:
        return
    begin = start + opens
    for end in range(begin, min(len(run.codes), begin + 16) + 1):
        closes = end < len(run.codes) and marks.get(run.codes[end]) == "]"
        lost_after = end == len(run.codes) and (run.right[:1].isspace() or not run.right)
        if (opens and (closes or lost_after) and not (closes and begin == end)) or (closes and not opens):
            body = _numbers_cited(run, begin, end, tools, whole=opens and closes)
            if body is not None:
                text = "[" * opens + body[0] + "]" * closes
                cost = body[1] + (0.3 if opens and closes else 0.1 if closes and run.after_open else 0.6)
                yield Token(start, end + closes, "citation", text, cost, known=opens and closes)
        if end < len(run.codes) and not _in_citation(run.codes[end], tools):
            return


def _in_citation(code: str, tools: RepairTools) -> bool:
    latin = tools.codes.latin.get(code, "")
    return latin.isdigit() or latin == "-" or tools.codes.marks.get(code) in ("，", "、")


def _numbers_cited(run: Run, begin: int, end: int, tools: RepairTools, *, whole: bool) -> tuple[str, float] | None:
    """The best reading of the codes inside a citation, with its cost: rising numbers of one or two digits."""
    options = []
    for i in range(begin, end):
        latin, mark = tools.codes.latin.get(run.codes[i], ""), tools.codes.marks.get(run.codes[i])
        here = [latin] if latin.isdigit() or latin == "-" else []
        here += ["," if mark == "，" else "、"] if mark in ("，", "、") else []
        options.append(here)
    if len(options) > 9:
        # A long list: too many ways to cut it one by one; what is alone between breaks is a mark.
        options = [o[-1:] if {begin + i, begin + i + 1} <= run.breaks else o[:1] for i, o in enumerate(options)]
    best: tuple[str, float] | None = None
    for choice in product(*options):
        cost = _citation_cost("".join(choice), begin, run.breaks, whole=whole)
        if cost is not None and (best is None or cost < best[1] - 1e-9):
            best = "".join(choice), cost
    return best


def _citation_cost(body: str, begin: int, breaks: frozenset[int], *, whole: bool) -> float | None:
    if not body:
        return 0.0
    parts = re.split(r"[-,、]", body)
    inner = parts if whole else [p for i, p in enumerate(parts) if p or 0 < i < len(parts) - 1]
    if not all(inner) or not inner:
        return None
    numbers = [int(p) for p in inner]
    cost = sum(0.0 if 1 <= n < 100 else 0.8 if n < 1000 and n else 3.0 for n in numbers)
    cost += sum(1.0 for a, b in pairwise(numbers) if a >= b)
    cost += sum(2.0 for p in inner if p[0] == "0") + 0.1 * (len(parts) - 1)
    joined = (begin + i for i in range(1, len(body)) if body[i - 1].isdigit() and body[i].isdigit())
    return cost + 0.6 * sum(place in breaks for place in joined)
