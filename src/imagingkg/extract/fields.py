"""Parts of the body that only say where a modality looks: the chest of "chest CT", the abdomen of "腹部增强CT"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from imagingkg.extract.hits import Hit
from imagingkg.extract.names import NameTable

_REGION: Final = "anatomy/body-region"
# What may stand between the region and the modality.
_BETWEEN: Final = re.compile(r"(?i)[\s\-]*(?:(?:contrast[- ])?enhanced|plain|增强|平扫|薄层|低剂量|常规)?[\s\-]*")


def fields_of_view(plain: str, hits: Sequence[Hit], table: NameTable) -> frozenset[Hit]:
    """The hits (in order) of regions of the body that stand before a modality and belong to its name.

    An organ there ("lung CT", "膝关节MRI") is what the images are of and may well be the target; a region seldom is.
    """
    return frozenset(
        first
        for first, second in pairwise(hits)
        if second.kind == "modality"
        and first.kind == "anatomy"
        and _REGION in table.above.get(first.concept, ())
        and _BETWEEN.fullmatch(plain, first.end, max(first.end, second.start))
    )
