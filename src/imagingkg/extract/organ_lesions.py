"""An organ before a general word for a disease is one name ("bladder lesion", "胆囊病变"), as are two in English."""

from __future__ import annotations

from collections.abc import Iterable

from imagingkg.extract.hits import Hit, new_concept
from imagingkg.extract.names import NameTable


def join_organ_lesions(text: str, hits: Iterable[Hit], table: NameTable, labels: dict[str, str]) -> list[Hit]:
    """`hits` in order with each such pair as one disease: the lexicon's, or a new one whose name goes into `labels`."""
    out: list[Hit] = []
    for hit in hits:
        organ = out[-1] if out else None
        if (
            organ is not None
            and organ.kind == "anatomy"
            and hit.kind == "disease"
            and hit.concept in table.generic
            and text[organ.end : hit.start] in ("", " ")
        ):
            concept = table.lesion_of(organ.concept, hit.concept)
            if concept is None:
                name = text[organ.start : hit.end]
                concept = new_concept("disease", name)
                labels.setdefault(concept, name)
            out[-1] = Hit(organ.start, hit.end, "disease", concept)
        elif organ is not None and organ.kind == hit.kind == "anatomy" and text[organ.end : hit.start] == " ":
            out[-1] = Hit(organ.start, hit.end, "anatomy", hit.concept)  # "fetal abdominal aorta" is an aorta
        else:
            out.append(hit)
    return out
