"""The values that the writers of tables and lists work with: what a graph says of its concepts, studies and claims.

Every number is the text that stands in the file; names of things are IRIs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from imagingkg.graph.links import LINKS
from imagingkg.model import CLAIM_ROLES

ROLES: Final = ("task", *CLAIM_ROLES, "challenge", "remedy")
"""Every role that a claim or statement may fill, in the order of the tables."""


@dataclass(frozen=True, slots=True)
class ConceptFacts:
    """A concept. `labels` and `definitions` go by language; `others` are (language, name); `mappings` (kind, IRI).

    `higher_is_better` is for metrics of which more is known to be better.
    """

    iri: str
    kind: str
    finding: bool
    labels: Mapping[str, str]
    others: tuple[tuple[str, str], ...]
    definitions: Mapping[str, str]
    mappings: tuple[tuple[str, str], ...]
    unlinked: bool
    higher_is_better: bool

    def name(self, language: str) -> str:
        """The preferred label in a language, or the one there is, or the last part of the IRI."""
        return self.labels.get(language) or min(self.labels.values(), default="") or self.iri.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Link:
    """A tie between two concepts: a direct link ("performs") or, `curated`, one of the lexicon ("broader")."""

    subject: str
    name: str
    object: str
    curated: bool


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """A study, as far as the documents tell; what is unknown is empty."""

    iri: str
    authors: str
    year: str
    citation: str
    doi: str
    pmid: str
    title: str

    @property
    def known(self) -> bool:
        """Can a reader find it, or at least ask for it by name?"""
        return bool(self.title or self.doi or self.pmid or self.authors)


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document that was read. `sources` are the places where its text was met, `study` the one that it describes."""

    iri: str
    title: str
    identifier: str
    language: str
    sources: tuple[str, ...]
    authors: str
    year: str
    doi: str
    pmid: str
    venue: str
    sha256: str
    retracted: bool
    study: str


@dataclass(frozen=True, slots=True)
class FigureFacts:
    """A reported figure; every number is the text that stands in the file. `of_method` and `metric` are IRIs."""

    iri: str
    metric: str
    reported: str
    value: str
    normalized: str
    unit: str
    lower: str
    upper: str
    p: str
    split: str
    of_method: str


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """A sample size."""

    iri: str
    value: str
    unit: str
    split: str


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """A claim or (`statement`) a statement. `fillers` has the IRIs of each role that is filled, sorted.

    `context` are the fillers that the quote does not name; `retracted` says that the document was. `offsets` are code
    points into the document's text. Without quotes in the build `quote` is empty and `quote_hash` stays.
    """

    iri: str
    statement: bool
    fillers: Mapping[str, tuple[str, ...]]
    context: frozenset[str]
    certainty: str
    asserted_as: str
    retracted: bool
    document: str
    studies: tuple[str, ...]
    evidence: str
    quote: str
    quote_hash: str
    start: int
    end: int
    figures: tuple[FigureFacts, ...]
    samples: tuple[SampleFacts, ...]
    comparator: str
    comparison: str
    rule: str
    run: str


@dataclass(frozen=True, slots=True)
class Bearing:
    """A link that a claim speaks for or against. `from_context`: its quote does not name both ends."""

    subject: str
    name: str
    object: str
    from_context: bool


def bearings(claim: ClaimFacts) -> Iterator[Bearing]:
    """The links of a claim, of whatever certainty, sorted; a statement has none.

    They are direct links of the graph where the claim is affirmed, its document stands and the quote names both ends.
    """
    if claim.statement:
        return
    for name, role, target_role in LINKS:
        for subject in claim.fillers.get(role, ()):
            for target in claim.fillers.get(target_role, ()):
                yield Bearing(subject, name, target, not claim.context.isdisjoint((subject, target)))


def is_direct(claim: ClaimFacts, bearing: Bearing) -> bool:
    """Does the graph have this link of the claim as a direct one?"""
    return claim.certainty == "affirmed" and not claim.retracted and not bearing.from_context
