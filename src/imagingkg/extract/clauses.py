"""Clauses of a sentence, and the comparison that one draws."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from imagingkg.extract.cues import CueHit
from imagingkg.model import Comparison

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
    return [(a, b) for a, b in pairwise(cuts) if b > a]


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
