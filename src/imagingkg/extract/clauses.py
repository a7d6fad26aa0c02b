"""Clauses of a sentence, and the comparison that one draws."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Final

from imagingkg.extract.cues import CueHit
from imagingkg.model import Comparison

_TURN: Final = r"(?:but|however|although|whereas|while|yet|though|nevertheless)"
# Where the reach of a negation or a doubt ends.
_BREAK: Final = re.compile(
    rf"[;；。:：]|[，,]\s*+(?:(?=但|而|然而|却|不过|同时|并|且|其中|可|能|有|为)|{_TURN}\b)|(?<=[\u4e00-\u9fff）)])[，,]"
    r"|(?<=[\d%])[，,](?=[\u4e00-\u9fff])"
    rf"|\b{_TURN}\b|(?=但(?:是|在|不|未|对|也|尚)|然而)"
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
