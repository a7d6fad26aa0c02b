"""Layer 3: direct links between concepts, for readers who want a plain network.

They come from affirmed claims of documents that are not retracted, and each from the fillers of one claim: a paper
that grades on MRI and measures Ki-67 on CT must not yield grading on CT. A filler that the sentence does not name (it
was taken from a heading or a neighbouring sentence) yields none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import Triple

from imagingkg.graph.names import Names, ikg
from imagingkg.model import Claim, Reading

LINKS: Final = (
    ("performs", "method", "task"),
    ("usesModality", "method", "modality"),
    ("appliedTo", "method", "disease"),
    ("targets", "task", "disease"),
    ("images", "modality", "disease"),
    ("supportsTask", "modality", "task"),
    ("predicts", "method", "biomarker"),
    ("markerOf", "biomarker", "disease"),
)
"""Each link with the role of its subject and that of its object."""


def direct_links(readings: Iterable[Reading], names: Names) -> Iterator[Triple]:
    """Every direct link that the readings bear out, once, sorted."""
    found = {
        link
        for reading in readings if not reading.document.retracted
        for claim in reading.claims
        for link in links_of(claim)
    }  # fmt: skip
    for name, subject, target in sorted(found):
        yield Triple(names.concept(subject), ikg(name), names.concept(target))


def links_of(claim: Claim) -> Iterator[tuple[str, str, str]]:
    """The links of one claim as (link, subject id, object id); none from a statement, a negated or a hedged claim."""
    if claim.task is None or claim.certainty != "affirmed":
        return
    context = set(claim.context)
    for name, subject_role, object_role in LINKS:
        for subject in _fillers(claim, subject_role):
            for target in _fillers(claim, object_role):
                if subject not in context and target not in context:
                    yield name, subject, target


def _fillers(claim: Claim, role: str) -> tuple[str, ...]:
    return (claim.task,) if role == "task" and claim.task is not None else claim.fillers(role)
