"""Target and backdrop: which concepts a document only mentions on the way to its own subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from typing import Final

from imagingkg.extract.hits import TARGETS, Hit
from imagingkg.extract.names import NameTable
from imagingkg.extract.page import Page
from imagingkg.extract.relations import Relations
from imagingkg.extract.task_targets import general_title_tasks, is_beside, tasks_in_earnest
from imagingkg.model import CLAIM_ROLES, Claim

# A modality, a method or a data set is part of what a paper is about even where it is only compared with.
_ALWAYS_FORE: Final = ("modality", "method", "dataset", "challenge")
_WORK: Final = ("methods", "results", "body")
_NOTHING: Final = "disease/disease"  # names no target, even where nothing else does
# Said of a system in passing ("fast and accurate") as often as measured: they count with a figure.
_LOOSE: Final = ("metric/accuracy", "metric/workflow-metric")


def backdrop(
    page: Page, claims: Sequence[Claim], table: NameTable, relations: Relations, *, abstract: bool
) -> frozenset[str]:
    """The concepts whose mentions are background: they fill no claim and stand in no line of the work itself.

    A disease that only sets the scene still counts where it lies in the part of the body that the work is about, or, in
    an abstract without sections, opens it: it is the target's class or what the work is for. A task named in two lines
    is no aside, nor is one named beside what it is done on.
    """
    lines = [line for line in page.lines if line.hits]
    if not lines:
        return frozenset()
    filled = {f for c in claims for role in CLAIM_ROLES for f in c.fillers(role)} | {c.task for c in claims if c.task}
    reported = {f.metric.concept for line in page.lines for f in line.figures}
    fore = filled | reported | {r.metric for c in claims for r in c.results}
    for line in lines:
        if line.scene or line.unused:
            continue
        for hit in line.hits:
            if (
                hit.kind in TARGETS
                or (
                    hit.kind == "metric"
                    and (not reported or line.sentence.section in _WORK)
                    and not _is_loose(hit, reported, table)
                )
                or (abstract and line.sentence.section == "title")
            ):
                fore.add(hit.concept)
    named_in = Counter(c for line in lines for c in {h.concept for h in line.of("task")})
    fore |= {task for task, lines in named_in.items() if lines > 1}
    if abstract:
        fore -= relations.vague - tasks_in_earnest(page) - filled
        beside = frozenset[str]().union(*page.aimed) - fore
        fore |= {t for t in beside if not any(k in table.above.get(t, ()) or t in table.above.get(k, ()) for k in fore)}
    fore |= _set_in_scene(page, fore, relations)
    if abstract:
        fore |= _worked_on(page, fore, table)
    named = {h.concept: h.kind for line in lines for h in line.hits}
    general = table.generic - general_title_tasks(page, table)
    special = {kind for concept, kind in named.items() if concept in fore and concept not in general}
    return frozenset(
        concept
        for concept, kind in named.items()
        if (concept in general and (kind in special or kind not in ("disease", "task") or concept == _NOTHING))
        or (kind not in _ALWAYS_FORE and concept not in fore)
    )


def _set_in_scene(page: Page, fore: Set[str], relations: Relations) -> set[str]:
    """The diseases that the scene is set with and that belong to the work."""
    regions = {relations.region.get(c) for c in fore} - {None}
    first = next((line for line in page.lines if line.sentence.section not in ("title", "heading")), None)
    lines = [line for line in page.lines if line.hits]
    named_in = Counter(c for line in lines for c in {h.concept for h in line.of("disease")})
    return {
        h.concept
        for line in lines
        if line.scene
        for h in line.of("disease")
        if (relations.region.get(h.concept) in regions if page.labelled else line is first or named_in[h.concept] > 1)
    }


def _worked_on(page: Page, fore: Set[str], table: NameTable) -> set[str]:
    """The organs right beside a task of the work, where the scene is set: "segmentation of the prostate is hard"."""
    return {
        h.concept
        for line in page.lines
        if line.scene and not line.unused
        for task in line.of("task")
        if task.concept in fore
        for h in line.of("anatomy")
        if h.concept not in table.generic and is_beside(page.plain, task, h)
    }


def _is_loose(hit: Hit, reported: Set[str], table: NameTable) -> bool:
    """Is the metric only said in passing: one of cost and time, or plain accuracy where others have the figures?"""
    accuracy, workflow = _LOOSE
    return (bool(reported) and hit.concept == accuracy) or workflow in table.above.get(hit.concept, ())
