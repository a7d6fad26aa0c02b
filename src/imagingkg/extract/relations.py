"""The rules of ontology/relations.yaml, read and compiled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imagingkg.errors import OntologyError
from imagingkg.extract.hits import Hit
from imagingkg.lexicon import Lexicon
from imagingkg.strict_yaml import read_yaml

_HEADS: Final = {"patterns", "implies", "with_biomarker", "regions", "vague"}


@dataclass(frozen=True, slots=True)
class Relations:
    """Wordings that mean a concept, tasks that a metric implies, which part of the body a concept belongs to, and tasks
    whose names are everyday verbs.
    """

    patterns: tuple[tuple[str, re.Pattern[str], str], ...]
    implies: Mapping[str, str]
    with_biomarker: Mapping[str, str]
    region: Mapping[str, str]
    vague: frozenset[str]

    def wordings(self, folded: str) -> list[Hit]:
        """Concepts that the text means without naming them."""
        return [
            Hit(found.start(), found.end(), concept.partition("/")[0], concept)
            for needed, pattern, concept in self.patterns
            if needed in folded
            for found in pattern.finditer(folded)
        ]


def load_relations(path: Path, lexicon: Lexicon) -> Relations:
    """The rules, checked against the lexicon. Raises OntologyError."""
    data = read_yaml(path)
    if not isinstance(data, dict) or not data.keys() >= _HEADS:
        raise OntologyError(str(path), f"needs {', '.join(sorted(_HEADS))}")
    patterns = []
    for entry in data["patterns"]:
        _known(path, entry["is"], lexicon)
        try:
            patterns.append((entry["needs"], re.compile(entry["form"]), entry["is"]))
        except re.error as error:
            raise OntologyError(f"{path}: {entry['form']}", f"is no regular expression ({error})") from error
    for head in ("implies", "with_biomarker"):
        for source, target in data[head].items():
            _known(path, source, lexicon)
            _known(path, target, lexicon)
    for task in data["vague"]:
        _known(path, task, lexicon)
    regions = _regions(path, data["regions"], lexicon)
    return Relations(tuple(patterns), data["implies"], data["with_biomarker"], regions, frozenset(data["vague"]))


def _known(path: Path, concept: Any, lexicon: Lexicon) -> None:
    if concept not in lexicon.concepts:
        raise OntologyError(str(path), f"names {concept!r}, which is not in the lexicon")


def _regions(path: Path, names: list[str], lexicon: Lexicon) -> dict[str, str]:
    """Disease or anatomy to the region of the body that it lies in, the narrowest one named in the rules."""
    wanted = {f"anatomy/{n}" for n in names}
    for concept in wanted:
        _known(path, concept, lexicon)
    memo: dict[str, str | None] = {}

    def region(concept: str) -> str | None:
        if concept in wanted:
            return concept
        if concept not in memo:
            memo[concept] = None  # a loop over part-of and broader finds nothing new
            entry = lexicon.concepts.get(concept)
            above = () if entry is None else (*entry.located_in, *entry.part_of, *entry.broader)
            memo[concept] = next((found for a in above if (found := region(a)) is not None), None)
        return memo[concept]

    out = {}
    for concept, entry in lexicon.concepts.items():
        if entry.kind in ("disease", "anatomy") and (found := region(concept)):
            out[concept] = found
    return out
