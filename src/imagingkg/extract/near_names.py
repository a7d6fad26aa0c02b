"""A name that no lexicon has but for one letter ("convolutinal neural network") is linked to the one that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from imagingkg.extract.hits import Hit
from imagingkg.extract.names import NameTable
from imagingkg.forms import squeeze

_SHORTEST: Final = 10  # letters; one letter of a shorter name may well make another name

Block = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class NearNames:
    """Listed forms of Latin letters with their concepts, by kind, first two letters, number of words and length."""

    blocks: Mapping[Block, tuple[tuple[str, str], ...]]


def compile_near(table: NameTable) -> NearNames:
    """The forms that a misspelt name may be held against; those that several concepts share are left out."""
    blocks: dict[Block, list[tuple[str, str]]] = {}
    for form in table.names:
        concept = table.concept_of(form) if _is_fit(form) else None
        if concept is not None:
            blocks.setdefault(_block(table.kinds[concept], form, len(form)), []).append((form, concept))
    return NearNames({block: tuple(sorted(forms)) for block, forms in blocks.items()})


def link_near(hits: Sequence[Hit], near: NearNames, labels: dict[str, str]) -> list[Hit]:
    """The hits, each new name (`labels` has them) that has a neighbour in the lexicon as what that one names."""
    known: dict[str, str] = {}
    for concept, label in list(labels.items()):
        found = _neighbour(concept.partition("/")[0], squeeze(label), near)
        if found is not None:
            known[concept] = found
            labels.pop(concept)
    if not known:
        return list(hits)
    return [h._replace(concept=known.get(h.concept, h.concept)) for h in hits]


def _neighbour(kind: str, name: str, near: NearNames) -> str | None:
    """The one concept with a form that differs from the name in one letter, added, lost, changed or swapped."""
    if not _is_fit(name):
        return None
    found = {
        concept
        for length in (len(name) - 1, len(name), len(name) + 1)
        for form, concept in near.blocks.get(_block(kind, name, length), ())
        if _is_slip(name, form)
    }
    return found.pop() if len(found) == 1 else None


def _is_slip(name: str, form: str) -> bool:
    # A slip at the beginning of a word makes another word: "microadenoma", "macroadenoma".
    return OSA.distance(name, form, score_cutoff=1) <= 1 and all(
        a[:2] == b[:2] for a, b in zip(name.split(), form.split(), strict=True)
    )


def _is_fit(form: str) -> bool:
    return len(form) >= _SHORTEST and form.isascii() and form.replace(" ", "").isalpha()


def _block(kind: str, form: str, length: int) -> Block:
    return kind, form[:2], form.count(" "), length
