"""The values that flow through imagingkg: documents, what was read in them, and what was set aside.

All are frozen. Offsets are code points into `Document.text`, half open: `text[m.start:m.end]` is what the reader sees.
Concept ids are "<kind>/<key>", for example "modality/mri"; a name that only a document knows is "<kind>/new-<sha>".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

Certainty = Literal["affirmed", "hedged", "negated"]
AssertedAs = Literal["primary", "reported"]
Split = Literal["training", "validation", "test", "external", "unspecified"]
Comparison = Literal["better", "equal", "worse"]

KINDS: Final = ("modality", "task", "disease", "anatomy", "method", "biomarker", "metric", "dataset", "challenge")
"""The kinds of concept. A finding (lung nodule) is of kind disease; its class tells it apart."""

CLAIM_ROLES: Final = ("modality", "disease", "anatomy", "method", "biomarker", "dataset")
"""The roles that a claim may fill beside its one task; a statement fills challenge and remedy instead."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A stretch of text that was restored at ingest: `raw` stood where `Document.text[start:end]` now says `text`."""

    start: int
    end: int
    raw: str
    text: str
    table: str


@dataclass(frozen=True, slots=True)
class Study:
    """A piece of work that a claim is about, as far as the document identifies it. Unknown fields are empty."""

    authors: str = ""
    year: int | None = None
    citation: str = ""
    doi: str = ""
    pmid: str = ""
    title: str = ""


Notice = Literal[
    "retraction of", "retracted in", "correction of", "corrected in",
    "concern about", "concern in", "update of", "updated in",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A document's tie to another by a notice: it is the `relation` (a retraction of ...) what the fields name."""

    relation: Notice
    doi: str = ""
    pmid: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One text to read.

    `text` never changes after ingest. `source` is relative to the root that was given ("folder/a.txt",
    "export.jsonl#12"); `sources` has every place where the same paper was met. `references` maps a citation number to
    the study behind it where the document has a reference list. `revised` is set for a record of a database that
    replaces its records: of two with one PMID the greater one stands. `links` are retractions and corrections.
    """

    id: str
    text: str
    title: str = ""
    lang: str = "en"
    source: str = ""
    sources: tuple[str, ...] = ()
    year: int | None = None
    doi: str = ""
    pmid: str = ""
    authors: str = ""
    venue: str = ""
    retracted: bool = False
    encoding: str = "utf-8"
    repairs: tuple[Repair, ...] = ()
    references: tuple[Study, ...] = ()
    links: tuple[Link, ...] = ()
    revised: str = ""
    raw: str | None = None
    sha256: str = field(default="")

    def __post_init__(self) -> None:
        if not self.sha256:
            object.__setattr__(self, "sha256", text_hash(self.text))


def text_hash(text: str) -> str:
    """The name of a text: SHA-256 of its UTF-8 bytes, in hex. Lone surrogates count as they stand."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input, or part of one, that could not be used; reported, never silent.

    `withdraws` are the PMIDs of records that a database took back.
    """

    source: str
    reason: str
    line: int | None = None
    withdraws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept named in the text. `background`: it names no target or part of the document's own or cited systems."""

    start: int
    end: int
    text: str
    kind: str
    concept: str
    label: str
    background: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A reported figure. `value` is the printed number (91 for "91 %"), `reported_as` the printed string."""

    metric: str
    label: str
    value: float
    reported_as: str
    start: int
    end: int
    unit: str = ""
    lower: float | None = None
    upper: float | None = None
    p: str | None = None
    split: Split = "unspecified"
    of_method: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample size as printed: 134 patients, 2303 images."""

    value: int
    unit: str
    split: Split = "unspecified"
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sentence asserts of one task (or, with `task` None, a statement on a challenge and its remedies).

    `context` holds those fillers that came from the heading, the title or a neighbouring sentence and not from the
    quote. `comparator` is a concept id or a plain word such as "radiologist".
    """

    id: str
    task: str | None
    start: int
    end: int
    quote: str
    rule: str
    modality: tuple[str, ...] = ()
    disease: tuple[str, ...] = ()
    anatomy: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    biomarker: tuple[str, ...] = ()
    dataset: tuple[str, ...] = ()
    challenge: tuple[str, ...] = ()
    remedy: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    certainty: Certainty = "affirmed"
    asserted_as: AssertedAs = "primary"
    comparator: str | None = None
    comparison: Comparison | None = None
    results: tuple[Result, ...] = ()
    sample: tuple[Sample, ...] = ()
    studies: tuple[Study, ...] = ()

    def fillers(self, role: str) -> tuple[str, ...]:
        """The concept ids in one of CLAIM_ROLES, "challenge" or "remedy"."""
        value: tuple[str, ...] = getattr(self, role)
        return value


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one document: the unit of work, caching, testing and distribution. Pure and picklable."""

    document: Document
    mentions: tuple[Mention, ...] = ()
    claims: tuple[Claim, ...] = ()
