"""Clauses of a sentence, its parts on one study each, and the comparison that one draws."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import Final

from imagingkg.extract.cues import CueHit
from imagingkg.extract.lines import share
from imagingkg.extract.page import Line, Page
from imagingkg.model import Comparison

_TURN: Final = r"(?:but|however|although|whereas|while|yet|though|nevertheless|hence)"
# Where the reach of a negation or a doubt ends.
_BREAK: Final = re.compile(
    rf"[;；。:：]|[，,]\s*+(?:(?=但|而|然而|却|不过|同时|并|且|其中|可|能|有|为)|{_TURN}\b)|(?<=[\u4e00-\u9fff）)])[，,]"
    r"|(?<=[\d%])[，,](?=[\u4e00-\u9fff])"
    rf"|\b{_TURN}\b|(?=但(?:是|在|不|未|对|也|尚)|然而)"
)
# "…, but Moor et al. …": the next study is set against the one before.
_AGAINST: Final = re.compile(
    r"[\s,，]*(?:但|而|然而|不过|却|另|也有|亦有|其后|随后|后来|后续|(?:but|whereas|while|however|another)\b)",
    re.IGNORECASE,
)
_COMPARISONS: Final[Mapping[str, Comparison]] = {"better": "better", "equal": "equal", "worse": "worse"}


def clauses(plain: str, start: int, end: int) -> list[tuple[int, int]]:
    """The clauses of the sentence plain[start:end], as spans that cover it."""
    cuts = [start]
    cuts += [m.end() for m in _BREAK.finditer(plain, start, end) if start < m.end() < end]
    cuts.append(end)
    return [(a, b) for a, b in pairwise(cuts) if b > a]


def clause_at(spans: Sequence[tuple[int, int]], position: int) -> int:
    """The index of the clause that holds `position`; the spans cover a sentence."""
    return bisect_right(spans, position, key=itemgetter(0)) - 1


def segments(page: Page, line: Line) -> list[Line]:
    """The line cut where another study is set against one and either is denied, and at its semicolons.

    Not at semicolons unless each part names a task or a metric of its own. A part that names no study is on those of
    the part before it.
    """
    return [part for each in _studies_apart(page, line) for part in _at_semicolons(page, each)]


def _studies_apart(page: Page, line: Line) -> list[Line]:
    if len(line.studies) < 2 or not any(c.value("negation") is not None for c in line.cues):
        return [line]
    spans = clauses(page.plain, line.sentence.start, line.sentence.end)
    cited = {clause_at(spans, s.start) for s in line.studies}
    first = min(cited)
    cuts = [
        begin for i, (begin, _) in enumerate(spans) if i > first and i in cited and _AGAINST.match(page.plain, begin)
    ]
    if not cuts:
        return [line]
    parts = _cut(line, cuts)
    # What is told of another task is no denial of this one.
    topic = {h.concept for h in parts[0].of("task")}
    return parts if topic and all({h.concept for h in p.of("task")} <= topic for p in parts[1:]) else [line]


def _at_semicolons(page: Page, line: Line) -> list[Line]:
    begin, end = line.sentence.start, line.sentence.end
    cuts = [i + 1 for i in range(begin, end - 1) if page.plain[i] == ";"]
    if not cuts:
        return [line]
    hits = share([begin, *cuts], line.hits)
    if not all(any(h.kind in ("task", "metric") for h in found) for found in hits):
        return [line]
    return _cut(line, cuts)


def _cut(line: Line, cuts: Sequence[int]) -> list[Line]:
    starts, end = [line.sentence.start, *cuts], line.sentence.end
    hits = share(starts, line.hits)
    cues, samples, studies = share(starts, line.cues), share(starts, line.samples), share(starts, line.studies)
    figures = share(starts, line.figures, attrgetter("number.start"))
    out: list[Line] = []
    for index, (start, stop) in enumerate(pairwise([*starts, end])):
        part = line._replace(
            sentence=line.sentence._replace(start=start, end=stop),
            hits=tuple(hits[index]),
            cues=tuple(cues[index]),
            figures=tuple(figures[index]),
            samples=tuple(samples[index]),
            studies=tuple(studies[index]) if studies[index] or not out else out[-1].studies,
        )
        out.append(part)
    return out


def comparison(cues: Sequence[CueHit]) -> tuple[str | None, Comparison | None]:
    """Against whom a system is held in a sentence, and how it fares; (None, None) where no one is named."""
    against = next((value for c in cues if (value := c.value("comparator"))), None)
    if against is None:
        return None, None
    for cue in cues:
        verdict = cue.value("comparison")
        if verdict is not None:
            return against, _COMPARISONS[verdict]
    return None, None
