"""Names that no lexicon has, found where the text gives them away, by the rules of ontology/new_names.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from imagingkg.extract.coined import CoinedRules, compile_coined, find_coined
from imagingkg.extract.datasets import DatasetRules, compile_datasets, find_datasets
from imagingkg.extract.genes import GeneRules, compile_genes, find_genes
from imagingkg.extract.hits import Hit, outside, resolve
from imagingkg.extract.wordlists import one_of, read_word_lists


@dataclass(frozen=True, slots=True)
class NewNames:
    """The rules, compiled."""

    last_word: re.Pattern[str]
    coined: CoinedRules
    genes: GeneRules
    datasets: DatasetRules

    def kind_of(self, name: str) -> str | None:
        """The kind that the last word of an unknown name gives away ("neural conditional random field": none)."""
        found = self.last_word.search(name)
        return found.lastgroup if found else None


def load_new_names(path: Path) -> NewNames:
    """The rules in the file. Raises OntologyError for a mistake."""
    lists = read_word_lists(path)
    kinds = "|".join(rf"(?P<{kind}>(?:{one_of(words)})$)" for kind, words in lists["kinds"].items())
    return NewNames(
        last_word=re.compile(kinds, re.IGNORECASE),
        coined=compile_coined(lists["methods"]),
        genes=compile_genes(lists["genes"]["not"], lists["gene_changes"]),
        datasets=compile_datasets(lists["datasets"]),
    )


def find_new(text: str, hits: list[Hit], rules: NewNames, labels: dict[str, str]) -> list[Hit]:
    """`hits` with the document's own names among them; their written forms go into `labels`."""
    fresh = [
        *find_coined(text, hits, rules.coined, labels),
        *find_genes(text, hits, rules.genes, labels),
        *find_datasets(text, hits, rules.datasets, labels),
    ]
    if not fresh:
        return hits
    return resolve([*outside(hits, fresh), *fresh])
