"""Family A of substituted glyphs: one-byte codes where Latin letters, digits and punctuation were printed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from imagingkg.forms import has_han
from imagingkg.ingest.code_reading import Token, font_kinds, read_run
from imagingkg.ingest.code_runs import FontKind, Run, code_runs, has_more_codes
from imagingkg.ingest.edits import Edit
from imagingkg.ingest.fonts import Names, RepairTools
from imagingkg.ingest.proposal import NOTHING, Proposal

_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_TRUE_MARKS: Final = re.compile("[，。；：！？、（）]")
_DIGITS: Final = re.compile(r"(?<![!-~])\d+(?:\.\d+)?")
_CAPITALS: Final = re.compile(r"(?<![!-~])[A-Za-z][A-Za-z0-9-]+(?![!-~])")
_ENDS: Final = "，。、"
_MOST: Final = 300_000  # codes; no paper has so many
_SAMPLE: Final = 500
_LEAST_HAN: Final = 8  # characters; with fewer it is no Chinese text
_LEAST_VOTES: Final = 4  # codes
_CERTAIN: Final = 0.8
_BRACKETS: Final = re.compile(r"\[\d+(?:[-,]\d+)*\]|\((?:\d+|[A-Za-z]+)\)")


def decode_codes(text: str, tools: RepairTools, fonts: Sequence[str] = ()) -> Proposal:
    """What the text says if its ASCII characters are codes, with the evidence for and against it.

    Where the font of each character is known, what is certain of a font's codes decides for all of them.
    """
    loss = _signs_of_health(text, tools)
    if loss is None or has_more_codes(text, _MOST):
        return NOTHING
    runs = list(code_runs(text, tools.codes.marks))
    if not _sample_speaks_for_damage(runs, tools):
        return NOTHING
    readings = [(run, read_run(run, tools)) for run in runs]
    here = frozenset(_acronyms(readings, tools.names))
    kinds = kinds_of_fonts(readings, fonts, tools.names) if fonts else {}
    if here or kinds:
        tools = replace(tools, names=replace(tools.names, here=here))
        runs = [
            replace(run, kinds=tuple(kinds.get(fonts[p], "") for p in run.places)) if kinds else run for run in runs
        ]
        readings = [(run, read_run(run, tools)) for run in runs]
    edits: list[Edit] = []
    gain = 0.0
    strong = False
    for run, tokens in readings:
        edits += _edits(run, tokens, tools.codes.name)
        for token in tokens:
            weight = _weight(run, token, tools.names)
            gain += weight
            strong = strong or weight >= 1.0
            loss += 0.1 if token.kind == "plain" and not token.known else 0.0
    return Proposal(tuple(edits), gain if strong else 0.0, loss)


def _sample_speaks_for_damage(runs: Sequence[Run], tools: RepairTools) -> bool:
    """Does anything come to light in some of the runs? Reading all of them is slow where the text is code or data."""
    sample = runs[:: len(runs) // _SAMPLE + 1]
    return any(_weight(run, token, tools.names) > 0 for run in sample for token in read_run(run, tools))


def _signs_of_health(text: str, tools: RepairTools) -> float | None:
    """How much speaks for a text that lost nothing; None when it is not worth a closer look."""
    if sum(1 for _ in islice(_HAN.finditer(text), _LEAST_HAN)) < _LEAST_HAN:
        return None
    small_letters = len(re.findall(r"[a-z]", text))
    codes = len(re.findall(r"[!-@\[-`]", text))
    true_marks = len(_TRUE_MARKS.findall(text))
    if codes < 2 or small_letters > codes or true_marks > codes:
        return None
    ends = [match.end() for match in _DIGITS.finditer(text)]
    numbers = sum(text.startswith("%", end) or tools.numbers.counted.match(text, end) is not None for end in ends)
    names = sum(tools.names.has(m.group()) for m in _CAPITALS.finditer(text))
    brackets = len(_BRACKETS.findall(text))
    return 0.3 * true_marks + 0.4 * small_letters + numbers + names + brackets


def kinds_of_fonts(
    readings: Sequence[tuple[Run, list[Token]]], fonts: Sequence[str], names: Names
) -> dict[str, FontKind]:
    """Fonts of which it is certain what they print: nearly all codes that speak at all say the same of them."""
    votes: defaultdict[str, Counter[FontKind]] = defaultdict(Counter)
    for run, tokens in readings:
        for token in tokens:
            healthy = token.kind == "plain" and token.known
            if healthy or _weight(run, token, names) > 0:
                for place, kind in zip(run.places[token.start : token.end], font_kinds(token), strict=True):
                    votes[fonts[place]][kind] += 1
    out: dict[str, FontKind] = {}
    for font, counts in votes.items():
        (kind, count), *_ = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if font and count >= _LEAST_VOTES and count >= _CERTAIN * sum(counts.values()):
            out[font] = kind
    return out


def _acronyms(readings: Sequence[tuple[Run, list[Token]]], names: Names) -> Iterator[str]:
    """Capitals that stand by themselves somewhere in the text: known names of this document."""
    for _, tokens in readings:
        for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
            alone = all(t is None or t.kind == "mark" for t in (before, after))
            if alone and token.kind == "word" and 3 <= len(token.text) <= 5 and token.text.isupper():
                halves = range(2, len(token.text) - 1)
                if not any(names.has(token.text[:i]) or names.has(token.text[i:]) for i in halves):
                    yield token.text


def _weight(run: Run, token: Token, names: Names) -> float:
    """How strongly this token speaks for a damaged text."""
    raw = run.codes[token.start : token.end]
    if token.kind == "citation":
        return 1.0 if token.known and len(raw) > 2 else 0.0
    if token.kind == "mark":
        left = run.codes[token.start - 1] if token.start else run.left
        right = run.codes[token.end] if token.end < len(run.codes) else run.right[:1]
        return 0.2 if token.text in _ENDS and has_han(left) and has_han(right) else 0.0
    if not token.known or len(raw) < 2 or token.kind == "plain" or names.has(raw) or len(set(raw)) == 1 < len(raw) - 1:
        return 0.0
    if raw.isdigit():
        return 0.5 if token.kind == "name" else 0.0
    return 1.5 if token.kind == "name" and len(raw) > 2 else 1.0


def _edits(run: Run, tokens: Sequence[Token], table: str) -> Iterator[Edit]:
    """One edit for each stretch of codes without a break; breaks inside a token go, as the line wraps that they are."""
    read: list[str] = []
    within: set[int] = set()
    for token in tokens:
        letters = list(token.text)
        if token.spaced:
            letters[0] = " " + letters[0]
        read += letters
        within.update(range(token.start + 1, token.end))
    start = 0
    for end in range(1, len(run.codes) + 1):
        if end == len(run.codes) or end in run.breaks:
            yield from _changes(run, start, end, read, table)
            if end < len(run.codes) and end in within:
                yield Edit(run.places[end - 1] + 1, run.places[end], "", "wrap")
            start = end


def _changes(run: Run, start: int, end: int, read: Sequence[str], table: str) -> Iterator[Edit]:
    """Edits for codes `start:end`, which stand side by side; what stays as it is parts one edit from the next."""
    first = start
    for i in range(start, end + 1):
        if i == end or read[i] == run.codes[i]:
            if first < i:
                yield Edit(run.places[first], run.places[i - 1] + 1, "".join(read[first:i]), table)
            first = i + 1
