"""One task under two names: the "registration" of a paper on "deformable registration" is the deformable one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imagingkg.extract.hits import Hit
from imagingkg.extract.names import NameTable

# What is predicted makes the task: an outcome is not the marker that is predicted beside it.
_OPEN: Final = "task/prediction"


def join_tasks(folded: str, hits: Sequence[Hit], table: NameTable, *, english: bool) -> list[Hit]:
    """The hits, a general task standing for the narrower one where the document names just one such.

    In Chinese only where the narrower name ends with the general one. English abstracts say "distinguish" and
    "identify" for the classification or detection that they are about.
    """
    spelled: dict[str, list[str]] = {}
    for hit in hits:
        if hit.kind == "task":
            spelled.setdefault(hit.concept, []).append(folded[hit.start : hit.end])
    if len(spelled) < 2:
        return list(hits)
    narrower: dict[str, set[str]] = {}
    loose: dict[str, set[str]] = {}
    for task, names in spelled.items():
        for general in table.above.get(task, ()):
            words = spelled.get(general, ())
            if any(name.endswith(word) for word in words for name in names):
                narrower.setdefault(general, set()).add(task)
            elif words and english and general != _OPEN:
                loose.setdefault(task, set()).add(general)
    one = {general: tasks.pop() for general, tasks in narrower.items() if len(tasks) == 1}
    for task, generals in loose.items():
        if task not in one.values():
            one[task] = max(sorted(generals), key=lambda g: len(spelled[g]))
    return [h._replace(concept=one[h.concept]) if h.concept in one else h for h in hits] if one else list(hits)
