"""A text that is being mended: what it says now, what was read, and each stretch in which the two differ.

Every step of ingest hands on a `Draft`; `amend` is the only way from one draft to the next, so that the list of
repairs stays true whatever the order of steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from imagingkg.model import Repair


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` where `start:end` of the draft's text stands; `table` names the reason."""

    start: int
    end: int
    text: str
    table: str


@dataclass(frozen=True, slots=True)
class Draft:
    """`text` with its `repairs`: sorted, disjoint, `text[r.start:r.end] == r.text`; `undo` gives the text as read."""

    text: str
    repairs: tuple[Repair, ...] = ()


def amend(draft: Draft, edits: Iterable[Edit]) -> Draft:
    """The draft after the edits, which may not overlap one another. An edit over an older repair takes it in."""
    todo = [e for e in sorted(edits, key=lambda e: (e.start, e.end)) if draft.text[e.start : e.end] != e.text]
    if not todo:
        return draft
    _refuse_overlap(todo)
    out: list[str] = []
    repairs: list[Repair] = []
    length = position = 0
    for first, last, old, new in _groups(draft.repairs, todo):
        out.append(draft.text[position:first])
        length += first - position
        if new:
            text = _changed(draft.text, first, last, [(e.start, e.end, e.text) for e in new])
            raw = _changed(draft.text, first, last, [(r.start, r.end, r.raw) for r in old])
            table = new[-1].table
        else:
            text, raw, table = old[0].text, old[0].raw, old[0].table
        if text != raw:
            repairs.append(Repair(length, length + len(text), raw, text, table))
        out.append(text)
        length += len(text)
        position = last
    out.append(draft.text[position:])
    return Draft("".join(out), tuple(repairs))


def undo(text: str, repairs: Sequence[Repair]) -> str:
    """The text as it was read, before any repair."""
    return _changed(text, 0, len(text), [(r.start, r.end, r.raw) for r in repairs])


def _refuse_overlap(edits: Sequence[Edit]) -> None:
    for left, right in pairwise(edits):
        if left.end > right.start:
            raise ValueError(f"edits overlap: {left} and {right}")


def _groups(repairs: Sequence[Repair], edits: Sequence[Edit]) -> Iterable[tuple[int, int, list[Repair], list[Edit]]]:
    """Stretches of the text with the repairs and edits in them, in order; what overlaps is in one stretch."""
    spans: list[tuple[int, int, Repair | Edit]] = [(r.start, r.end, r) for r in repairs]
    spans += [(e.start, e.end, e) for e in edits]
    spans.sort(key=lambda s: (s[0], s[1], isinstance(s[2], Edit)))
    group: list[tuple[int, int, Repair | Edit]] = []
    first = last = 0
    for span in spans:
        if group and span[0] >= last:
            yield _group(first, last, group)
            group = []
        if not group:
            first, last = span[0], span[1]
        group.append(span)
        last = max(last, span[1])
    if group:
        yield _group(first, last, group)


def _group(
    first: int, last: int, spans: Iterable[tuple[int, int, Repair | Edit]]
) -> tuple[int, int, list[Repair], list[Edit]]:
    items = [item for _, _, item in spans]
    return first, last, [i for i in items if isinstance(i, Repair)], [i for i in items if isinstance(i, Edit)]


def _changed(text: str, first: int, last: int, changes: Sequence[tuple[int, int, str]]) -> str:
    parts = []
    for start, end, new in changes:
        parts += [text[first:start], new]
        first = end
    return "".join([*parts, text[first:last]])
