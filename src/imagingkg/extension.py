"""A lexicon with more concepts in it: how terms and decisions from outside join what is curated.

What is there keeps its names: a form that the lexicon gives to another concept, or rules out, is left out and told of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from imagingkg.forms import fold_width, has_han, is_acronym, squeeze, variants
from imagingkg.lexicon import Concept, Lexicon, Name

SHORTEST: Final = 2
"""Characters of the shortest form that is taken from outside: a single one stands in every text."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A form that `concept` was to have and did not get, since `owner` has it ("": it is ambiguous, or no name)."""

    concept: str
    form: str
    owner: str


def extend(lexicon: Lexicon, concepts: Iterable[Concept], *, digest: str) -> tuple[Lexicon, list[LeftOut]]:
    """The lexicon with `concepts` in it: new ones, or richer versions of ones that it has.

    Labels are given their forms first, then synonyms, then the spellings that a form stands for; within each, by id. A
    synonym that is left out is no label of its concept either. `digest` names what was added.
    """
    added = sorted(concepts, key=lambda c: c.id)
    table = _Names(lexicon)
    for concept in added:
        for label in dict.fromkeys((concept.en, concept.zh)):
            if concept.id not in lexicon.concepts:
                table.take(concept.id, label, label if is_acronym(label) else None)
    kept = [_with_free_forms(concept, lexicon.concepts.get(concept.id), table) for concept in added]
    table.take_variants()
    grown = {**lexicon.concepts, **{c.id: c for c in kept}}
    above = {**lexicon.above, **ancestors_of([c.id for c in kept], grown)}
    named = sha256(f"{lexicon.digest}\n{digest}".encode()).hexdigest()
    return replace(lexicon, concepts=grown, names=table.names, above=above, digest=named), table.left_out


def _with_free_forms(concept: Concept, before: Concept | None, table: _Names) -> Concept:
    """The concept with those of its synonyms that it had `before` or that nobody else has."""
    if not concept.also and not concept.abbr:
        return concept
    had = frozenset((*before.also, *before.abbr)) if before else frozenset()
    return replace(
        concept,
        also=tuple(f for f in concept.also if f in had or table.take(concept.id, f, f if is_acronym(f) else None)),
        abbr=tuple(f for f in concept.abbr if f in had or table.take(concept.id, f, f)),
    )


class _Names:
    """The names of a lexicon while forms are added to them. `fresh` are those added, in order."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.names: dict[str, tuple[Name, ...]] = dict(lexicon.names)
        self.not_names = lexicon.not_names
        self.fresh: list[tuple[str, str, str | None]] = []
        self.left_out: list[LeftOut] = []

    def take(self, concept: str, form: str, exact: str | None) -> bool:
        """Give the form to the concept, unless another has it; says whether the concept has it now."""
        folded = squeeze(form)
        owners = self.names.get(folded, ())
        other = next((n.concept for n in owners if n.concept != concept), None)
        if other is not None or not _is_name(folded) or folded in self.not_names:
            self.left_out.append(LeftOut(concept, form, other or ""))
            return False
        name = Name(concept, None if exact is None else fold_width(exact))
        if name not in owners:
            self.names[folded] = tuple(sorted((*owners, name), key=lambda n: (n.exact is None, n.concept)))
            self.fresh.append((folded, concept, exact))
        return True

    def take_variants(self) -> None:
        """Give the concepts the further spellings of their new forms, where nobody has them."""
        for folded, concept, exact in self.fresh:
            if exact is None:
                for variant in sorted(variants(folded)):
                    if variant not in self.names and variant not in self.not_names:
                        self.names[variant] = (Name(concept, None),)
            elif exact[-1].isalpha() and exact[-1] != "s" and not has_han(exact):
                self.names.setdefault(folded + "s", (Name(concept, fold_width(exact) + "s"),))


def _is_name(folded: str) -> bool:
    return len(folded) >= SHORTEST and any(c.isalpha() for c in folded)


def ancestors_of(ids: Sequence[str], concepts: Mapping[str, Concept]) -> dict[str, frozenset[str]]:
    """What stands above each of these concepts by `broader`; one that is above itself is among its own."""
    above: dict[str, frozenset[str]] = {}
    for start in ids:
        seen: set[str] = set()
        todo = list(concepts[start].broader)
        while todo:
            here = todo.pop()
            if here in seen or here not in concepts:
                continue
            seen.add(here)
            if here in above:
                seen |= above[here]
            else:
                todo += concepts[here].broader
        if seen:
            above[start] = frozenset(seen)
    return above
