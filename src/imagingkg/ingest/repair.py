"""Restoring letters, digits and punctuation that font substitution took: a table is chosen by evidence, or none is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imagingkg.ingest.edits import Draft, amend
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.founder_codes import decode_codes
from imagingkg.ingest.founder_rows import decode_rows

_ENOUGH: Final = 2.0
_TIMES_AGAINST: Final = 2.0


def repair_glyphs(draft: Draft, tools: RepairTools, fonts: Sequence[str] = ()) -> Draft:
    """The draft with its substituted glyphs restored; a text without clear signs of substitution comes back as it is.

    The family whose table brings more names, numbers and citations to light is taken, if that is more than chance and
    more than twice what it would destroy. `fonts` names the font of each character, where that is known.
    """
    if draft.text.isascii():
        return draft  # what was lost was lost from a Chinese text
    proposals = (decode_codes(draft.text, tools, fonts), decode_rows(draft.text, tools))
    best = max(proposals, key=lambda p: p.gain - p.loss)
    if best.gain < _ENOUGH or best.gain < _TIMES_AGAINST * best.loss:
        return draft
    return amend(draft, best.edits)
