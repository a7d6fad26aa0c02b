"""Which number is which metric's: the figures that a sentence reports, with what each of them belongs to."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple

from imagingkg.extract.hits import TARGETS, Hit
from imagingkg.extract.numbers import Number
from imagingkg.extract.samples import SplitHit
from imagingkg.model import Split


class Figure(NamedTuple):
    """A number with its metric. `target` and `method` are the concepts that a list aligned with it names, if any."""

    number: Number
    metric: Hit
    split: Split
    target: str | None
    method: str | None


# What may stand between two members of a list.
_LINK: Final = re.compile(
    r"[\s,，、/;；~]*+(?:and|or|as well as|和|与|及|或|以及)?[\s,，、/~]*+(?:an?|the|of|its)?\s*+"
    r"(?:[(（][^()（）]{1,60}[)）])?\s*+"
)
_NUMBERS: Final = re.compile(r"[\s,，、/;；$\\~)）]*(?:and|和|与|及|to|vs\.?|versus|or)?[\s,，、/$\\~(（]*")
# A number that comes first belongs to the metric right behind it: "90.4% sensitivity", "a 0.93 mean AUC".
_BEHIND: Final = re.compile(
    r"[\s$\\)]*+(?:in |for |of |on )?(?:the )?"
    r"(?:mean |average |overall |median |total |test(?:ing)? |classification |top-1 |diagnostic |detection "
    r"|segmentation |cross-validated |pixel-?wise |voxel-?wise |global |的|平均)*+[\s$\\~]*$"
)
_FORWARD: Final = re.compile(
    r"(?:为|是|达到?|至|到|=|:|：|of|is|was|were|are|reached|to|equals?|than|≥|≤|>|<|~|about|over|仅|\()\s*[$\\]*\s*$"
)
_GAIN: Final = re.compile(
    r"(?:\bby|by (?:up to|about|over|more than|approximately)"
    r"|(?:improvement|increase|gain|reduction|decrease|margin) of|(?:improv|reduc|increas|decreas)\w+"
    r"|(?:提高|提升|增加|下降|降低|减少|缩短)了?)\s*(?:约|近|超过|了)?\s*[$\\~]*\s*$|(?<![\w)\]])\+\s?$",
    re.IGNORECASE,
)
_GAIN_AFTER: Final = re.compile(
    r"\s*+(?:\\?%)?\s*+(?:absolute |relative )?"
    r"(?:improvements?|increases?|gains?|reductions?|decreases?|higher|lower|better|faster|points?|of the)\b",
    re.IGNORECASE,
)


_LONGEST_LIST: Final = 16  # members of a list that is aligned with figures
_start, _end, _split_end = attrgetter("start"), attrgetter("end"), itemgetter(1)


def linked(plain: str, start: int, end: int) -> bool:
    """Do plain[start:end] tie two members of a list (", ", " and the ", "、", " (AUC) / ")?"""
    return _LINK.fullmatch(plain, start, end) is not None


def read_figures(
    plain: str, start: int, numbers: Sequence[Number], hits: Sequence[Hit], splits: Sequence[SplitHit]
) -> list[Figure]:
    """The figures of the sentence from plain[start]; `numbers`, `hits` and `splits` are those inside it, in order.

    A list of numbers is aligned with a list of metrics, or with a list of targets, methods or splits before it
    ("respectively", "分别为"); a lone metric takes all numbers that follow it.
    """
    if not numbers:
        return []
    metrics = [h for h in hits if h.kind == "metric"]
    if not metrics:
        return []
    methods = [h for h in hits if h.kind == "method"]
    out: list[Figure] = []
    used: list[Hit] = []  # the metrics of this sentence that have numbers, in order of first use
    for group in _groups(plain, numbers):
        first = group[0]
        if _is_gain(plain, first, start):
            continue
        owners = _owners(plain, group, metrics, used)
        if owners is None:
            continue
        lists = _lists_before(plain, start, first.start, hits, len(group))
        part = _splits_for(plain, first.start, splits, len(group))
        for index, number in enumerate(group):
            metric = owners[index]
            if not _fits(plain, number, metric):
                continue
            target, method = lists[index] if lists else (None, None)
            out.append(Figure(number, metric, part[index], target, method or _method_before(methods, number.start)))
        for metric in owners:
            if metric.concept not in {u.concept for u in used}:
                used.append(metric)
    return out


def _groups(plain: str, numbers: Sequence[Number]) -> list[list[Number]]:
    """Runs of numbers with nothing but list marks between them."""
    groups = [[numbers[0]]]
    for number in numbers[1:]:
        before = groups[-1][-1]
        gap = plain[before.stop : number.start]
        if len(gap) <= 12 and _NUMBERS.fullmatch(gap):
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def _is_gain(plain: str, number: Number, start: int) -> bool:
    before = plain[max(start, number.start - 24) : number.start]
    return _GAIN.search(before) is not None or _GAIN_AFTER.match(plain, number.stop) is not None


def _owners(plain: str, group: Sequence[Number], metrics: Sequence[Hit], used: Sequence[Hit]) -> list[Hit] | None:
    """The metric of each number of a group, or None where no metric is near enough."""
    first, last = group[0], group[-1]
    size = len(group)
    at = bisect_right(metrics, first.start, key=_end)
    before = metrics[max(0, at - _LONGEST_LIST) : at]
    after = bisect_left(metrics, last.stop, key=_start)
    behind = metrics[after] if after < len(metrics) else None
    between = plain[before[-1].end : first.start] if before else ""
    if behind is not None and _BEHIND.match(plain, last.stop, behind.start):
        announced = _FORWARD.search(plain[max(0, first.start - 12) : first.start])
        if not announced or not before or len(between) > 24:
            return [behind] * size
    if not before or len(between) > 140:
        return None
    run = [before[-1]]  # the list of metrics that ends with the nearest one
    for metric in reversed(before[:-1]):
        if run[0].start - metric.end > 90 or not linked(plain, metric.end, run[0].start):
            break
        if metric.concept != run[0].concept:
            run.insert(0, metric)
    fresh = before[-1].concept not in {u.concept for u in used}
    if len(run) == size:
        return run
    if size > 1 and len(run) > 1 and size % len(run) == 0 and fresh:
        return [run[i % len(run)] for i in range(size)]
    if size > 1 and not fresh and size == len(used):
        return list(used)  # "…, U-Net 36.9, 0.948 and 0.052": the same metrics once more
    return [before[-1]] * size


def _fits(plain: str, number: Number, metric: Hit) -> bool:
    """A figure has a decimal point, a percent sign or a unit, or is tied to its metric by "of", "=", "为"."""
    if number.unit or "." in number.printed:
        return True
    gap = plain[metric.end : number.start] if metric.end <= number.start else ""
    return 0 < len(gap) <= 14 and _FORWARD.search(gap) is not None


def _splits_for(plain: str, at: int, splits: Sequence[SplitHit], size: int) -> list[Split]:
    nearest = bisect_right(splits, at, key=_split_end)
    before = splits[max(0, nearest - _LONGEST_LIST) : nearest]
    if not before:
        return ["unspecified"] * size
    run = [before[-1]]
    for part in reversed(before[:-1]):
        if not linked(plain, part[1], run[0][0]):
            break
        run.insert(0, part)
    if size > 1 and len(run) == size:
        return [part[2] for part in run]
    return [run[-1][2]] * size


def _lists_before(
    plain: str, start: int, at: int, hits: Sequence[Hit], size: int
) -> list[tuple[str | None, str | None]] | None:
    """The list of targets or methods, as long as the group of numbers, that it is aligned with."""
    if size < 2:
        return None
    nearest = bisect_right(hits, at, key=_end)
    near = [h for h in hits[max(0, nearest - 4 * _LONGEST_LIST) : nearest] if h.start >= start]
    for kinds in (TARGETS, ("method",)):
        members = [h for h in near if h.kind in kinds]
        run: list[Hit] = []
        for hit in reversed(members):
            if run and not linked(plain, hit.end, run[0].start):
                if len(run) == size:
                    break
                run = []
            run.insert(0, hit)
        if len(run) == size and len({h.concept for h in run}) == size:
            return [(None, h.concept) if h.kind == "method" else (h.concept, None) for h in run]
    return None


def _method_before(methods: Sequence[Hit], at: int) -> str | None:
    nearest = bisect_right(methods, at, key=_end)
    return methods[nearest - 1].concept if nearest else None
