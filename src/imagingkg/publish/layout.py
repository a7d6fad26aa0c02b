"""Where concepts stand in the picture of the whole network: families of diseases as islands, shared things between.

No forces and no chance: a family is a disc, its diseases in the middle, and around them, in a sector for each kind,
whatever is used with that family alone. What serves several families forms the disc in the centre of the picture.
Discs are packed outwards from there, the largest first. The work grows with the number of links, not of pairs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, cos, hypot, pi, sin, sqrt
from typing import Final

STEP: Final = 26.0
"""The distance between neighbours of a disc, in units of the picture."""

WIDE: Final = 1.5
"""The picture is so much wider than high."""

_GOLDEN: Final = pi * (3 - sqrt(5))
_SHARED: Final = -1
_OTHERS: Final = -2

LONE: Final = 5
"""A family of one disease and fewer than so many concepts joins the island of all others."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """A spot (x, y) for each concept, and the islands: topmost disease, x, y, radius.

    In place of a disease -1 stands for the shared middle and -2 for the island of lone families.
    """

    spots: tuple[tuple[int, int], ...]
    islands: tuple[tuple[int, int, int, int], ...]


def place(kinds: Sequence[int], parents: Sequence[int], rows: Iterable[Sequence[int]]) -> Layout:
    """Where each concept stands. `kinds` and `parents` are by concept (kind 0 is disease, parent -1 none).

    `rows` are the concepts of each claim together; a concept in none of them is left at (0, 0). Equal input gives
    equal spots.
    """
    rows = [sorted(set(row)) for row in rows]
    weight = Counter(concept for row in rows for concept in row)
    families = _families(kinds, parents, rows)
    members: dict[int, list[int]] = defaultdict(list)
    for concept in sorted(weight):
        members[families[concept]].append(concept)
    for family in sorted(members):
        if len(members[family]) < LONE and sum(kinds[c] == 0 for c in members[family]) == 1:
            members[_OTHERS] += members.pop(family)
    order = sorted(members, key=lambda f: (f != _SHARED, -len(members[f]), f))
    discs = {f: _disc(sorted(members[f], key=lambda c: (-weight[c], c)), kinds) for f in order}
    centres = _pack([(f, _radius(discs[f])) for f in order])
    spots = [(0, 0)] * len(kinds)
    for family in order:
        cx, cy = centres[family]
        for concept, (x, y) in discs[family].items():
            spots[concept] = (round(cx + x), round(cy + y))
    islands = ((f, round(centres[f][0]), round(centres[f][1]), round(_radius(discs[f]))) for f in order)
    return Layout(tuple(spots), tuple(islands))


def _families(kinds: Sequence[int], parents: Sequence[int], rows: Iterable[Sequence[int]]) -> list[int]:
    """The family (topmost disease) of each concept, or _SHARED. Two thirds of its claims make a concept a family's."""
    tops = [_top(c, parents) for c in range(len(kinds))]
    used_with: dict[int, Counter[int]] = defaultdict(Counter)
    for row in rows:
        here = {tops[c] for c in row if kinds[c] == 0}
        for concept in row:
            if kinds[concept] != 0:
                used_with[concept].update(here or {_SHARED})
    out = []
    for concept, kind in enumerate(kinds):
        counts = used_with[concept]
        best = min(counts, key=lambda f: (-counts[f], f), default=_SHARED)
        own = counts[best] * 3 >= counts.total() * 2 if counts else False
        out.append(tops[concept] if kind == 0 else best if own else _SHARED)
    return out


def _top(concept: int, parents: Sequence[int]) -> int:
    for _ in parents:  # never longer than that, even should the parents form a ring
        if parents[concept] < 0:
            break
        concept = parents[concept]
    return concept


def _disc(members: Sequence[int], kinds: Sequence[int]) -> dict[int, Point]:
    """Spots around (0, 0): diseases as a sunflower in the middle, other kinds in rings around it, a sector each."""
    spots: dict[int, Point] = {}
    inner = [c for c in members if kinds[c] == 0]
    for n, concept in enumerate(inner):
        radius = STEP * 0.62 * sqrt(n + (len(inner) > 1))
        spots[concept] = (radius * cos(n * _GOLDEN), radius * sin(n * _GOLDEN))
    sectors: dict[int, list[int]] = defaultdict(list)
    for concept in members:
        if kinds[concept] != 0:
            sectors[kinds[concept]].append(concept)
    total = sum(map(len, sectors.values()))
    start = -pi / 2
    first = STEP * (0.62 * sqrt(len(inner) + 1) + 0.9) if inner else STEP * 1.3
    for kind in sorted(sectors):
        share = 2 * pi * len(sectors[kind]) / total
        spots |= _sector(sectors[kind], start, share, first, last=len(sectors) == 1)
        start += share
    return spots


def _sector(concepts: Sequence[int], start: float, share: float, radius: float, *, last: bool) -> dict[int, Point]:
    """Spots ring by ring within the angles from `start` on; a gap at the side keeps sectors apart."""
    spots: dict[int, Point] = {}
    todo = list(concepts)
    while todo:
        arc = share * radius - (0 if last else STEP * 0.5)
        fits = max(1, int(arc / STEP))
        for n, concept in enumerate(todo[:fits]):
            angle = start + share * (n + 0.5) / min(fits, len(todo))
            spots[concept] = (radius * cos(angle), radius * sin(angle))
        del todo[:fits]
        radius += STEP * 0.86
    return spots


def _radius(disc: Mapping[int, Point]) -> float:
    return max((hypot(x, y) for x, y in disc.values()), default=0.0) + STEP * 1.4


def _pack(discs: Sequence[tuple[int, float]]) -> dict[int, Point]:
    """Centres without overlap: each disc in turn at the first free place of a spiral from the middle outwards."""
    placed: list[tuple[float, float, float]] = []
    centres: dict[int, Point] = {}
    distance, last = 0.0, 0.0
    for name, radius in discs:
        # Where a disc as large found no place there is still none; a smaller one may fit into a gap further in.
        distance = distance if radius == last else max(0.0, distance - last)
        while (free := _free_on_ring(distance, radius, placed)) is None:
            distance += STEP
        placed.append((*free, radius))
        centres[name] = free
        last = radius
    return centres


def _free_on_ring(distance: float, radius: float, placed: Sequence[tuple[float, float, float]]) -> Point | None:
    """The first spot at this distance from the middle where a disc overlaps none of `placed`."""
    turns = max(1, ceil(2 * pi * distance / STEP / 2))
    # Only what reaches this ring can be in the way, and what was in the way of one spot is mostly so of the next.
    reach = distance * WIDE + radius
    near = [d for d in placed if distance - radius - d[2] <= hypot(d[0], d[1]) <= reach + d[2]]
    blocker: tuple[float, float, float] | None = None
    for n in range(turns):
        angle = 2 * pi * n / turns
        x, y = distance * WIDE * cos(angle), distance * sin(angle)
        if blocker and hypot(x - blocker[0], y - blocker[1]) < radius + blocker[2]:
            continue
        blocker = next((d for d in near if hypot(x - d[0], y - d[1]) < radius + d[2]), None)
        if blocker is None:
            return x, y
    return None
