"""Clauses of a sentence, and whether a negation, a doubt or a comparison reaches into one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from imagingkg.extract.cues import CueHit
from imagingkg.model import Certainty, Comparison

# Where the reach of a negation or a doubt ends.
_BREAK: Final = re.compile(
    r"[;；。:：]|[，,]\s*(?=但|而|然而|却|不过|同时|并且?|且|其中|可|能|有|为|但是)|[,，]?\s*\b(?:but|however|although|whereas|while|yet"
    r"|though|nevertheless)\b|(?<=[\u4e00-\u9fff）)])[，,]|(?=但(?:是|在|不|未|对|也|尚)|然而)"
)


def clauses(plain: str, start: int, end: int) -> list[tuple[int, int]]:
    """The clauses of the sentence plain[start:end], as spans that cover it."""
    cuts = [start]
    cuts += [m.end() for m in _BREAK.finditer(plain, start, end) if start < m.end() < end]
    cuts.append(end)
    return [(a, b) for a, b in zip(cuts, cuts[1:], strict=False) if b > a]


def colour(spans: Sequence[tuple[int, int]], parts: Sequence[tuple[int, int]], cues: Sequence[CueHit]) -> Certainty:
    """How certain the parts (spans of task and targets) are said to be, within clauses `spans`.

    A cue reaches over its clause: forward from an "after" cue, backward from a "before" one. Negation outweighs doubt.
    """
    found: Certainty = "affirmed"
    for begin, stop in spans:
        inside = [p for p in parts if begin <= p[0] < stop]
        if not inside:
            continue
        here = [c for c in cues if begin <= c.start < stop and c.value("neutral") is None]
        against_chance = any(c.value("chance") is not None for c in here)
        for cue in here:
            reach = cue.value("negation")
            if reach is not None and not (cue.value("no_difference") is not None and not against_chance):
                if any(_reaches(cue, reach, p) for p in inside):
                    return "negated"
            doubt = cue.value("hedge")
            if doubt is not None and any(_reaches(cue, doubt, p) for p in inside):
                found = "hedged"
    return found


def _reaches(cue: CueHit, direction: str, part: tuple[int, int]) -> bool:
    return direction == "both" or (direction == "after") == (part[0] >= cue.start)


def comparison(cues: Sequence[CueHit]) -> tuple[str | None, Comparison | None]:
    """Against whom a system is held in a sentence, and how it fares; (None, None) where no one is named."""
    against = next((value for c in cues if (value := c.value("comparator"))), None)
    if against is None:
        return None, None
    for cue in cues:
        verdict = cue.value("comparison")
        if verdict == "better":
            return against, "better"
        if verdict == "equal":
            return against, "equal"
        if verdict == "worse":
            return against, "worse"
    return None, None
