"""Altered genes that no lexicon has: "BRAF mutation", "ALK融合"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imagingkg.extract.hits import Hit, new_concept
from imagingkg.extract.wordlists import one_of

_ROMAN: Final = re.compile(r"[IVX]+")


@dataclass(frozen=True, slots=True)
class GeneRules:
    """What happens to genes, and capitals that are none. `changes` gives the one name of each wording."""

    altered: re.Pattern[str]
    changes: Mapping[str, str]
    not_gene: frozenset[str]


def compile_genes(not_genes: Sequence[str], changes: Mapping[str, Sequence[str]]) -> GeneRules:
    """The rules from the word lists."""
    wordings = {wording: change for change, words in changes.items() for wording in words}
    return GeneRules(
        altered=re.compile(
            r"(?P<gene>[A-Z](?<![A-Za-z0-9-][A-Z])[A-Z0-9]{1,6}(?:-[A-Z0-9]{1,3})?)\s?(?:基因)?\s?"
            rf"(?:promoter |gene |启动子)?(?P<change>{one_of(wordings)})(?![a-z])"
        ),
        changes=wordings,
        not_gene=frozenset(not_genes),
    )


def find_genes(text: str, hits: Sequence[Hit], rules: GeneRules, labels: dict[str, str]) -> list[Hit]:
    """The altered genes of the text that `hits` have not; their names go into `labels`."""
    known = {h.start: h.end for h in hits}
    out = []
    for found in rules.altered.finditer(text):
        gene = found["gene"]
        if gene in rules.not_gene or _ROMAN.fullmatch(gene) or known.get(found.start(), 0) >= found.end():
            continue
        name = f"{gene} {rules.changes[found['change']]}"
        concept = new_concept("biomarker", name)
        labels.setdefault(concept, name)
        out.append(Hit(found.start(), found.end(), "biomarker", concept))
    return out
