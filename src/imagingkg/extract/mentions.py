"""Mentions of the lexicon's concepts: which concept each stretch of a text names, after case and ambiguity."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from imagingkg.extract.hits import Hit
from imagingkg.extract.names import NameTable
from imagingkg.lexicon import Sense

_ASSISTANCE: Final = "method/computer-aided-detection"
_REGION: Final = "anatomy/body-region"
# A name of images that says what they show and not how they were made.
_PICTURES: Final = re.compile(r"(?i)([a-z]+) (?:[a-z]+ )?(?:images?|scans?|photographs?)")


def find_names(cased: str, seen: str, table: NameTable) -> list[Hit]:
    """What the lexicon finds, in order. `cased` is forms.fold_width(text), `seen` is matcher.view(text)."""
    out: list[Hit] = []
    folded = ""
    kinds = table.kinds
    for start, end, names in table.matcher.find(seen):
        concept = None
        for name in names:
            if name.exact is None or name.exact == cased[start:end]:
                concept = name.concept
                break
        if concept is None:
            continue
        if not concept:
            folded = folded or cased.lower()
            concept = _sense(table.senses[cased[start:end]], folded)
            if concept is None:
                continue
        out.append(Hit(start, end, kinds[concept], concept))
    return out


def _sense(senses: Iterable[Sense], folded: str) -> str | None:
    """The first sense with one of its words in the text; a sense without such words always holds."""
    for sense in senses:
        if not sense.near or any(word in folded for word in sense.near):
            return sense.concept
    return None


def tasks_inside(text: str, hits: Iterable[Hit], table: NameTable) -> list[Hit]:
    """Tasks that close the name of a system: "computer-aided diagnosis" is a diagnosis, "计算机辅助检测" detection."""
    out = []
    for hit in hits:
        if hit.concept != _ASSISTANCE:
            continue
        surface = text[hit.start : hit.end]
        last = surface.rpartition(" ")[2] if surface.isascii() else surface[-2:]
        concept = table.concept_of(last)
        if concept is not None and concept.startswith("task/"):
            out.append(Hit(hit.start, hit.end, "task", concept))
    return out


def organs_inside(text: str, hits: Iterable[Hit], table: NameTable) -> list[Hit]:
    """Organs that open the name of images: "retinal images" are of the retina. A region ("chest") is the field of view.

    Where the name says how the images were made ("breast MRI"), the organ is a part of it.
    """
    out = []
    for hit in hits:
        pictures = _PICTURES.fullmatch(text, hit.start, hit.end) if hit.kind == "modality" else None
        if pictures is None:
            continue
        concept = table.concept_of(pictures[1])
        if concept is not None and concept.startswith("anatomy/") and _REGION not in table.above.get(concept, ()):
            out.append(Hit(hit.start, hit.start + len(pictures[1]), "anatomy", concept))
    return out
