"""A document taken apart: its lines with the names, cues, numbers and studies in each, before any claim is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from imagingkg.extract.cues import CueHit
from imagingkg.extract.figures import Figure
from imagingkg.extract.hits import Hit
from imagingkg.extract.sentences import Sentence
from imagingkg.extract.studies import StudyMention
from imagingkg.model import Document, Sample


class Line(NamedTuple):
    """One sentence (or heading) and what stands in it, each in order.

    `own`: it speaks of the document's own work. `scene`: it only sets the scene (known facts, work of others at large).
    `unused`: it says that something was left out, or used for comparison only.
    """

    sentence: Sentence
    hits: tuple[Hit, ...]
    cues: tuple[CueHit, ...]
    figures: tuple[Figure, ...]
    samples: tuple[Sample, ...]
    studies: tuple[StudyMention, ...]
    own: bool
    scene: bool
    unused: bool

    def of(self, kind: str) -> list[Hit]:
        """The names of one kind in this line."""
        return [h for h in self.hits if h.kind == kind]


@dataclass(frozen=True, slots=True)
class Page:
    """A document and its lines.

    `plain` is its text at half width. `fields` are parts of the body that only say where a modality looks; no line has
    them. `aimed` has the tasks that each line names right beside a target. `labels` names concepts that no lexicon has.
    `labelled`: the text names its sections ("Methods:", "结果").
    """

    document: Document
    plain: str
    lines: tuple[Line, ...]
    fields: tuple[Hit, ...]
    aimed: tuple[frozenset[str], ...]
    labels: Mapping[str, str]
    labelled: bool
