"""A document taken apart: its lines with the names, cues, numbers and studies in each, before any claim is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imagingkg.extract.cues import CueHit
from imagingkg.extract.figures import Figure
from imagingkg.extract.mentions import Hit
from imagingkg.extract.sentences import Sentence
from imagingkg.extract.studies import StudyMention
from imagingkg.model import Document, Sample


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence (or heading) and what stands in it, each in order.

    `own`: it speaks of the document's own work. `scene`: it only sets the scene (known facts, work of others at large).
    """

    sentence: Sentence
    hits: tuple[Hit, ...]
    cues: tuple[CueHit, ...]
    figures: tuple[Figure, ...]
    samples: tuple[Sample, ...]
    studies: tuple[StudyMention, ...]
    own: bool
    scene: bool

    def of(self, kind: str) -> list[Hit]:
        """The names of one kind in this line."""
        return [h for h in self.hits if h.kind == kind]

    def has_cue(self, kind: str) -> bool:
        """Is there a cue of this kind?"""
        return any(c.value(kind) is not None for c in self.cues)


@dataclass(frozen=True, slots=True)
class Page:
    """A document and its lines. `plain` is its text at half width; `labels` names concepts that no lexicon has."""

    document: Document
    plain: str
    lines: tuple[Line, ...]
    labels: Mapping[str, str]

    @property
    def labelled(self) -> bool:
        """Does the text name its sections ("Methods:", "结果")?"""
        return any(line.sentence.section in ("methods", "results", "conclusion") for line in self.lines)

    def quote(self, line: Line) -> str:
        """The sentence as it stands in the text."""
        return self.document.text[line.sentence.start : line.sentence.end]
