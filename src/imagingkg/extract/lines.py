"""Names, cues, numbers and studies shared out to the sentences that they stand in, and what part each one plays."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from operator import attrgetter
from typing import TypeVar

from imagingkg.extract.cues import CueHit
from imagingkg.extract.figures import read_figures
from imagingkg.extract.hits import Hit
from imagingkg.extract.numbers import Number
from imagingkg.extract.page import Line
from imagingkg.extract.samples import SplitHit
from imagingkg.extract.sentences import OWN_SECTIONS, Sentence
from imagingkg.extract.studies import find_studies, may_cite
from imagingkg.model import Sample, Study

T = TypeVar("T")


def make_lines(
    plain: str,
    sentences: Sequence[Sentence],
    hits: Sequence[Hit],
    cues: Sequence[CueHit],
    numbers: Sequence[Number],
    samples: Sequence[Sample],
    splits: Sequence[SplitHit],
    references: Mapping[str, Study],
) -> tuple[Line, ...]:
    """One line for each sentence, in order."""
    starts = [s.start for s in sentences]
    cites = may_cite(plain)
    hits_in, cues_in = share(starts, hits), share(starts, cues)
    numbers_in, samples_in = share(starts, numbers), share(starts, samples)
    splits_in: list[list[SplitHit]] = [[] for _ in sentences]
    for part in splits:
        splits_in[max(bisect_right(starts, part[0]) - 1, 0)].append(part)
    kinds_in = [{cue.kind for hit in found for cue in hit.cues} for found in cues_in]
    scenes = _scenes(sentences, kinds_in, [_is_measured(n, h) for n, h in zip(numbers_in, hits_in, strict=True)])
    return tuple(
        Line(
            sentence=sentence,
            hits=tuple(hits_in[index]),
            cues=tuple(cues_in[index]),
            figures=tuple(read_figures(plain, sentence.start, numbers_in[index], hits_in[index], splits_in[index])),
            samples=tuple(samples_in[index]),
            studies=tuple(find_studies(plain, sentence.start, sentence.end, references)) if cites else (),
            own="own" in kinds_in[index],
            scene=scenes[index],
            unused="unused" in kinds_in[index],
        )
        for index, sentence in enumerate(sentences)
    )


def _is_measured(numbers: Sequence[Number], hits: Sequence[Hit]) -> bool:
    return bool(numbers) and any(h.kind == "metric" for h in hits)


def share(starts: Sequence[int], items: Iterable[T], start: Callable[[T], int] = attrgetter("start")) -> list[list[T]]:
    """The items of each stretch of text, given where the stretches start; items before the first are left out."""
    out: list[list[T]] = [[] for _ in starts]
    for item in items:
        index = bisect_right(starts, start(item)) - 1
        if index >= 0:
            out[index].append(item)
    return out


def _scenes(sentences: Sequence[Sentence], cues: Sequence[Set[str]], measured: Sequence[bool]) -> list[bool]:
    """Which sentences only set the scene: those before the first word of own work, and those that say what is known."""
    speaks = [
        "own" in kinds or figures or sentence.section in OWN_SECTIONS
        for sentence, kinds, figures in zip(sentences, cues, measured, strict=True)
    ]
    first = next((i for i, s in enumerate(sentences) if speaks[i] and s.section not in ("title", "heading")), None)
    out = []
    for index, sentence in enumerate(sentences):
        known = "scene" in cues[index]
        if sentence.section in ("title", "heading"):
            scene = False
        elif sentence.section == "background":
            scene = True
        elif sentence.section == "body":
            scene = not speaks[index] and (known or (first is not None and index < first))
        else:
            scene = known and not speaks[index] and sentence.section == "purpose"
        out.append(scene)
    return out
