"""Names, cues, numbers and studies shared out to the sentences that they stand in, and each sentence's part in the text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import TypeVar

from imagingkg.extract.cues import CueHit
from imagingkg.extract.figures import SplitHit, read_figures
from imagingkg.extract.mentions import Hit
from imagingkg.extract.numbers import Number
from imagingkg.extract.page import Line
from imagingkg.extract.sentences import Sentence
from imagingkg.extract.studies import find_studies
from imagingkg.model import Sample, Study

T = TypeVar("T", Hit, CueHit, Number, Sample)


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
    hits_in, cues_in = _share(starts, hits), _share(starts, cues)
    numbers_in, samples_in = _share(starts, numbers), _share(starts, samples)
    splits_in: list[list[SplitHit]] = [[] for _ in sentences]
    for part in splits:
        splits_in[max(bisect_right(starts, part[0]) - 1, 0)].append(part)
    own = [any(c.value("own") is not None for c in found) for found in cues_in]
    measured = [bool(n) and any(h.kind == "metric" for h in found) for n, found in zip(numbers_in, hits_in, strict=True)]
    scene = _scenes(sentences, own, cues_in, measured)
    out = []
    for index, sentence in enumerate(sentences):
        begin, end = sentence.start, sentence.end
        out.append(
            Line(
                sentence=sentence,
                hits=tuple(hits_in[index]),
                cues=tuple(cues_in[index]),
                figures=tuple(
                    read_figures(plain, begin, end, numbers_in[index], hits_in[index], splits_in[index])
                    if numbers_in[index] else ()
                ),
                samples=tuple(samples_in[index]),
                studies=tuple(find_studies(plain, begin, end, references) if _may_cite(plain, begin, end) else ()),
                own=own[index],
                scene=scene[index],
            )
        )  # fmt: skip
    return tuple(out)


def _share(starts: Sequence[int], items: Sequence[T]) -> list[list[T]]:
    out: list[list[T]] = [[] for _ in starts]
    for item in items:
        index = bisect_right(starts, item.start) - 1
        if index >= 0:
            out[index].append(item)
    return out


def _may_cite(plain: str, begin: int, end: int) -> bool:
    return plain.find("[", begin, end) >= 0 or plain.find("等", begin, end) >= 0 or plain.find("et al", begin, end) >= 0


def _scenes(
    sentences: Sequence[Sentence], own: Sequence[bool], cues: Sequence[Sequence[CueHit]], measured: Sequence[bool]
) -> list[bool]:
    """Which sentences only set the scene: those before the first word of own work, and those that say what is known."""
    speaks = [
        mine or figures or s.section in ("methods", "results", "conclusion")
        for s, mine, figures in zip(sentences, own, measured, strict=True)
    ]
    first = next((i for i, s in enumerate(sentences) if speaks[i] and s.section not in ("title", "heading")), None)
    out = []
    for index, sentence in enumerate(sentences):
        known = any(c.value("scene") is not None for c in cues[index])
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
