"""Family B of substituted glyphs: full-width Latin characters that came out as Chinese ones of another GB 2312 row.

The row also holds everyday characters, so only runs are read, and only what gives a number or a known name; other
words are read once those have shown that the text is damaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from imagingkg.ingest.edits import Edit
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.proposal import NOTHING, Proposal

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?:[-~/:]\d+(?:\.\d+)?)?%?")
_CITATION: Final = re.compile(r"\[\d{1,3}(?:[-,]\d{1,3})*\]")
_EQUATION: Final = re.compile(r"[A-Za-z]{1,4}[<=>]\d+(?:\.\d+)?%?")
_MEASURE: Final = re.compile(r"\d+(?:\.\d+)?(?P<unit>[A-Za-z]+)")
_AUTHOR: Final = re.compile(r"[A-Z][a-z]{2,}")
_WORD: Final = re.compile(r"[A-Za-z][a-z]{3,}|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+")
_CAPITALS: Final = re.compile(r"[A-Z]{3,6}")
_BRACKETED: Final = re.compile(r"渊([^渊冤。\n]{1,80})冤")
_LONGEST: Final = 40
_LONGEST_RUN: Final = 120
_MOST: Final = 300_000  # characters in runs; no paper has so many
_SURE: Final = 2.0


def decode_rows(text: str, tools: RepairTools) -> Proposal:
    """What the text says if runs of that row's characters are Latin, with the evidence for it."""
    matches = [match for match in tools.rows.run.finditer(text) if match.end() - match.start() <= _LONGEST_RUN]
    if not matches or sum(match.end() - match.start() for match in matches) > _MOST:
        return NOTHING
    gain = sum(weight for match in matches for _, _, weight in _best_cut(text, match, tools, sure=False))
    if gain < _SURE:
        return NOTHING
    name = tools.rows.name
    edits = {
        start: Edit(start, end, "".join(tools.rows.meant[c] for c in text[start:end]), name)
        for match in matches
        for start, end, _ in _best_cut(text, match, tools, sure=True)
    }
    edits |= {e.start: e for e in _brackets(text, name) if e.start not in _covered(edits)}
    edits |= {e.start: e for e in _marks(text, tools) if e.start not in _covered(edits)}
    return Proposal(tuple(edits[start] for start in sorted(edits)), gain, 0.0)


def _covered(edits: dict[int, Edit]) -> set[int]:
    return {place for edit in edits.values() for place in range(edit.start, edit.end)}


def _best_cut(text: str, match: re.Match[str], tools: RepairTools, *, sure: bool) -> list[tuple[int, int, float]]:
    """The stretches of a run to be read, each with its weight as evidence; what is left over is everyday words."""
    base, run = match.start(), match.group()
    best: list[tuple[float, list[tuple[int, int, float]]]] = [(0.0, [])]
    for end in range(1, len(run) + 1):
        worth, cut = best[end - 1]
        strange = run[end - 1] not in tools.rows.everyday and tools.rows.meant[run[end - 1]].isalnum()
        options = [(worth - 1.5 * strange, cut)]
        for start in range(max(0, end - _LONGEST), end - 1):
            weight = _weight(text, base + start, base + end, tools, sure=sure)
            if weight is not None:
                worth, cut = best[start]
                options.append((worth + end - start - 0.5, [*cut, (base + start, base + end, weight)]))
        best.append(max(options, key=lambda o: o[0]))
    return best[-1][1]


def _weight(text: str, start: int, end: int, tools: RepairTools, *, sure: bool) -> float | None:
    """How strongly the stretch speaks for damage, read as Latin; None where it is no number and no known name."""
    raw = text[start:end]
    latin = "".join(tools.rows.meant[c] for c in raw)
    strange = sum(c not in tools.rows.everyday for c in raw)
    if latin.startswith("(") and latin.endswith(")") and len(raw) > 2:
        return _weight(text, start + 1, end - 1, tools, sure=sure) if len(raw) > 3 else 0.5
    if _CITATION.fullmatch(latin):
        return 1.5
    if _NUMBER.fullmatch(latin):
        return _number_weight(text, start, end, latin, tools)
    measure = _MEASURE.fullmatch(latin)
    if _EQUATION.fullmatch(latin) or (measure and measure["unit"] in tools.numbers.units):
        return 2.0 if len(raw) > 2 and strange else 0.5 if sure else None
    if tools.names.has(latin) and strange:
        return 2.0 if len(raw) > 2 or strange > 1 else 1.0
    if _AUTHOR.fullmatch(latin) and text.startswith("等", end) and strange:
        return 1.5
    letters = {stands for stands, means in tools.rows.meant.items() if means.isalnum()} - tools.rows.everyday
    whole = text[max(0, start - 1) : start] not in letters and text[end : end + 1] not in letters
    # An everyday character at the edge of unknown capitals is a word of its own (在CT, not ZCT).
    edged = raw[0] in tools.rows.everyday or raw[-1] in tools.rows.everyday
    word = _WORD.fullmatch(latin) or (_CAPITALS.fullmatch(latin) and not edged)
    return 0.0 if sure and whole and strange > 1 and word else None


def _number_weight(text: str, start: int, end: int, latin: str, tools: RepairTools) -> float | None:
    if text[max(0, start - 1) : start + 1] in tools.rows.words or text[end - 1 : end + 1] in tools.rows.words:
        return None
    if latin[0] == "0" and latin[1] != ".":
        return None
    bracketed = text[max(0, start - 1) : start] == "渊" or text[end : end + 1] == "冤"
    in_date = text[max(0, start - 1) : start] == "年" and text[end : end + 1] in ("月", "年")
    counted = in_date or latin.endswith("%") or tools.numbers.counted.match(text, end) is not None
    if counted or "." in latin:
        # One number of everyday characters alone may be chance; a damaged text has more than one.
        everyday = tools.rows.everyday.issuperset(text[start:end])
        return 1.0 if len(latin) <= 2 else 1.5 if everyday else 2.0
    if tools.numbers.after_figure.match(text, end) or bracketed:
        return 1.0 if len(latin) > 2 else 0.5
    return 0.5 if len(latin) > 2 else None


def _brackets(text: str, name: str) -> Iterator[Edit]:
    for match in _BRACKETED.finditer(text):
        yield Edit(match.start(), match.start() + 1, "(", name)
        yield Edit(match.end() - 1, match.end(), ")", name)


def _marks(text: str, tools: RepairTools) -> Iterator[Edit]:
    """Punctuation of which the text has none: then the character that stands for it does so throughout."""
    for stands, (mark, but_not) in tools.rows.marks.items():
        places = [m.start() for m in re.finditer(stands, text) if text[m.end() : m.end() + 1] not in tuple(but_not)]
        if mark not in text and len(places) >= 2:
            yield from (Edit(place, place + 1, mark, tools.rows.name) for place in places)
