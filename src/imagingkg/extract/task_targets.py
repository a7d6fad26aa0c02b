"""Tasks named beside what they are done on: "glaucoma detection", "detection of glaucoma", "青光眼检测"."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from imagingkg.extract.hits import TARGETS, Hit
from imagingkg.extract.names import NameTable
from imagingkg.extract.page import Line, Page

_NEAR: Final = 12  # characters between a task and its target: an article, an adjective, a short word
_APART: Final = re.compile(r"[,;:.!?，。；：、()（）]")
# "was diagnosed", "the segmented walls": what happened to the target, not what a system does.
_PARTICIPLE: Final = re.compile(r"(?i)[a-z]ed$")
_PASSIVE: Final = re.compile(r"(?i)\b(?:is|are|was|were|be|been|being|the|these|those|all|each|of|with|ly)\s$")
_BY_HAND: Final = re.compile(r"(?i)\bmanual(?:ly)?\b|\bby hand\b|手动|手工|人工(?!智能)|医[师生]")
# "a network to classify", "is trained for the task of translation": what a system is for.
_SYSTEM: Final = (
    "methods?|systems?|models?|networks?|algorithms?|approach(?:es)?|frameworks?|pipelines?|tools?|CNNs?|nets?|"
    "techniques?|way|GANs?|architectures?|[a-z]*transformers?|learning|software|schemes?|strateg(?:y|ies)|modules?|"
    "autoencoders?|classifiers?|detectors?"
)
_FOR: Final = re.compile(
    rf"(?i)\b(?:{_SYSTEM})(?: \([a-z\-]{{2,9}}\))?,? "
    r"(?:(?:is|are|was|were|has been|have been) (?:[a-z]+ )?(?:trained|used|applied|developed|proposed|designed|"
    r"employed|utili[sz]ed|introduced|built|adopted) )?(?:able to|capable of|for|to|that|which|of)"
    r"(?: the task of| the| an| a| joint| automatic| automated| accurate){0,3}(?: [a-z]{1,16}ly)? $"
)
_FOR_LIMIT: Final = 90
# The last two letters of the words that may lead on to a task there; most places are passed over by them.
_LEADS: Final = frozenset(("or", "to", "at", "ch", "of", "he", "an", " a", "nt", "ic", "ed", "te", "ly"))
_BY: Final = re.compile(r"(?i),? (?:using|by|with|via) (?:an? |the |our )?")


def tasks_on_targets(plain: str, line: Line, table: NameTable) -> frozenset[str]:
    """The specific tasks that a line of the work itself names right beside a target, or as what a system is for.

    Those done by hand are left aside.
    """
    tasks = [h for h in line.hits if h.kind == "task" and h.concept not in table.generic]
    if line.scene or line.unused or not tasks:
        return frozenset()
    targets = [h for h in line.hits if h.kind in TARGETS]
    starts = [h.start for h in targets]
    return frozenset(
        h.concept
        for h in tasks
        if (
            _is_of_system(plain, h, line)
            or (
                any(is_beside(plain, h, target) for target in _around(targets, starts, h.start))
                and not _is_done_to(plain, h, _around(targets, starts, h.start))
            )
        )
        and not _BY_HAND.search(plain, max(line.sentence.start, h.start - _NEAR), h.start)
    )


def _is_of_system(plain: str, task: Hit, line: Line) -> bool:
    """Is the task what a system does: "a network to classify", "classified by a network"?"""
    if plain[task.start - 3 : task.start - 1] in _LEADS:
        return _FOR.search(plain, max(line.sentence.start, task.start - _FOR_LIMIT), task.start) is not None
    by = _BY.match(plain, task.end) if plain.startswith("ed", task.end - 2) else None
    return by is not None and any(h.kind == "method" and 0 <= h.start - by.end() <= _NEAR for h in line.hits)


def _is_done_to(plain: str, task: Hit, around: Sequence[Hit]) -> bool:
    """Does the word say what happened to the target: "was detected", "the segmented walls"? "It detected" does not."""
    if not _PARTICIPLE.search(plain[task.start : task.end]):
        return False
    acts = any(target.start == task.end + 1 for target in around)
    return not acts or _PASSIVE.search(plain, max(0, task.start - _NEAR), task.start) is not None


def _around(targets: Sequence[Hit], starts: Sequence[int], position: int) -> Sequence[Hit]:
    """The targets next to a position, on either side: only the nearest can stand right beside it."""
    at = bisect_right(starts, position)
    return targets[max(0, at - 2) : at + 2]


def is_beside(plain: str, task: Hit, target: Hit) -> bool:
    """Do the two stand next to each other, but for an article or a short word and no mark between?"""
    first, second = (task, target) if task.start <= target.start else (target, task)
    gap = second.start - first.end
    return gap <= _NEAR and not (gap > 0 and _APART.search(plain, first.end, second.start))


def tasks_in_earnest(page: Page) -> frozenset[str]:
    """The tasks that the title names, or a line of the work itself beside a target."""
    return _title_tasks(page).union(*page.aimed)


def general_title_tasks(page: Page, table: NameTable) -> frozenset[str]:
    """The tasks of an English title that names general ones only ("Annotation of lesions"): they are what is done.

    A Chinese title says 评估 of whatever is done.
    """
    if page.document.lang != "en":
        return frozenset()
    tasks = _title_tasks(page)
    return tasks if tasks <= table.generic else frozenset()


def _title_tasks(page: Page) -> frozenset[str]:
    return frozenset(h.concept for line in page.lines if line.sentence.section == "title" for h in line.of("task"))
