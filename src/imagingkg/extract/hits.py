"""A hit: a stretch of the text that names a concept; what the finders of names share."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from hashlib import sha256
from itertools import accumulate
from typing import Final, NamedTuple

from imagingkg.forms import squeeze

TARGETS: Final = ("disease", "anatomy", "biomarker")
"""The kinds that a task is done on."""


class Hit(NamedTuple):
    """text[start:end] names `concept` of `kind`: one of the lexicon, or one that only this document knows."""

    start: int
    end: int
    kind: str
    concept: str


def covers(outer: Hit, inner: Hit) -> bool:
    """Does `inner` lie within `outer`?"""
    return outer.start <= inner.start and inner.end <= outer.end


def outside(hits: Iterable[Hit], others: Iterable[Hit]) -> list[Hit]:
    """The hits that lie within none of the others."""
    ordered = sorted(others)
    starts = [other.start for other in ordered]
    reach = [0, *accumulate((other.end for other in ordered), max)]  # how far the first n of them go
    return [hit for hit in hits if reach[bisect_right(starts, hit.start)] < hit.end]


def resolve(hits: Iterable[Hit]) -> list[Hit]:
    """Overlapping hits reduced to the longest (then leftmost) ones, in order."""
    out: list[Hit] = []
    for hit in sorted(set(hits), key=lambda h: (h.start, -h.end, h.concept)):
        if out and hit.start < out[-1].end:
            if hit.end - hit.start > out[-1].end - out[-1].start:
                out[-1] = hit
            continue
        out.append(hit)
    return out


def new_concept(kind: str, name: str) -> str:
    """The id of a concept that only a document names: equal names (case and dashes aside) are one concept."""
    return f"{kind}/new-{sha256(f'{kind} {squeeze(name)}'.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
