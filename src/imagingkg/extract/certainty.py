"""How certain a claim is said to be: negations and doubts, and which task and targets each of them is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imagingkg.extract.clauses import clauses
from imagingkg.extract.cues import CueHit
from imagingkg.extract.mentions import Hit, NameTable
from imagingkg.extract.page import Line, Page
from imagingkg.model import Certainty

_TARGETS = ("disease", "anatomy", "biomarker")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one clause says. What it leaves unnamed is taken over from the clause before it in the same sentence."""

    tasks: frozenset[str]
    targets: frozenset[str]
    certainty: Certainty


def verdicts(page: Page, line: Line, table: NameTable) -> list[Verdict]:
    """The verdict of each clause of the line, in order. A general task word ("assess") stands for any task."""
    out: list[Verdict] = []
    tasks: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    for begin, stop in clauses(page.plain, line.sentence.start, line.sentence.end):
        inside = [h for h in line.hits if begin <= h.start < stop]
        cues = [c for c in line.cues if begin <= c.start < stop]
        named = frozenset(h.concept for h in inside if h.kind == "task" and h.concept not in table.generic)
        about = frozenset(h.concept for h in inside if h.kind in _TARGETS)
        if page.plain[begin - 1 : begin] in (";", "；") and begin > line.sentence.start and about:
            tasks = targets = frozenset()
        tasks, targets = named or tasks, about or targets
        out.append(Verdict(tasks, targets, _colour(inside, cues)))
    return out


def _colour(inside: Sequence[Hit], cues: Sequence[CueHit]) -> Certainty:
    """Negation outweighs doubt. A cue reaches the names on its side of the clause; in a clause without names, all of it."""
    found: Certainty = "affirmed"
    against_chance = any(c.value("chance") is not None for c in cues)
    names = [h for h in inside if h.kind == "task" or h.kind in _TARGETS]
    for cue in cues:
        if cue.value("neutral") is not None:
            continue
        reach = cue.value("negation")
        # "No significant difference" between two systems says that they are equal; from chance, that one fails.
        if reach is not None and (cue.value("no_difference") is None or against_chance) and _reaches(cue, reach, names):
            return "negated"
        doubt = cue.value("hedge")
        if doubt is not None and _reaches(cue, doubt, names):
            found = "hedged"
    return found


def _reaches(cue: CueHit, direction: str, names: Sequence[Hit]) -> bool:
    if direction == "both" or not names:
        return True
    ahead = any(h.start >= cue.start for h in names)
    # "The model failed to generalise": nothing named behind the cue, so it is about what came before.
    return ahead or direction == "before" or not any(h.start >= cue.end for h in names)


def overall(found: Sequence[Verdict], task: str, targets: Iterable[str], *, alone: bool = False) -> Certainty | None:
    """What the clauses say of a task on its targets: None where none is about them.

    Clauses with no other task in them come before those with several. `alone`: the text has no other task, so that a
    clause that names nothing is about this one.
    """
    wanted = frozenset(targets)
    about = [
        v
        for v in found
        if (not v.tasks or task in v.tasks)
        and (v.targets & wanted or (task in v.tasks and (not wanted or not v.targets)) or (alone and not v.targets))
    ]
    sharp = [v for v in about if v.tasks == {task}] or about
    for certainty in ("negated", "hedged", "affirmed"):
        if any(v.certainty == certainty for v in sharp):
            return certainty
    return None
