"""A repair that is proposed, with what speaks for and against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from imagingkg.ingest.edits import Edit


@dataclass(frozen=True, slots=True)
class Proposal:
    """`gain`: how many names, numbers and citations come to light; `loss`: how many good ones would be lost."""

    edits: tuple[Edit, ...]
    gain: float
    loss: float


NOTHING: Final = Proposal((), 0.0, 0.0)
