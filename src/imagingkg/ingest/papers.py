"""The same paper met in several files: told by DOI, PMID or title, and made one document with several sources.

Whatever the order of the documents, the outcome is the same. A text in another language is another document.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from imagingkg.forms import has_han
from imagingkg.model import Document

_NO_LETTER: Final = re.compile(r"[\W_]+")
_LEAST_LATIN: Final = 30  # letters; "Lung cancer" and "Letter to the editor" are the titles of many papers
_LEAST_HAN: Final = 10
_YEARS_APART: Final = 1  # online in December, printed in January


def one_per_paper(documents: Sequence[Document]) -> list[Document]:
    """One document a paper, in the order in which each was met first."""
    return [merged([documents[place] for place in places]) for places in same_papers(documents)]


def same_papers(documents: Iterable[Document]) -> list[list[int]]:
    """Groups of places in the sequence that hold the same paper; every place is in one. Takes memory for keys alone.

    One DOI or one PMID is one paper. One title is, where the years agree and no two of those that have the title have
    different DOIs or PMIDs: a preprint and what became of it stay apart.
    """
    leaders: list[int] = []
    by_number: dict[int, int] = {}
    by_title: defaultdict[int, list[tuple[int, str, str, int | None]]] = defaultdict(list)
    for place, document in enumerate(documents):
        leaders.append(place)
        doi, pmid = document.doi.strip().lower(), document.pmid.strip()
        for kind, number in (("doi", doi), ("pmid", pmid)):
            if number:
                _join(leaders, by_number.setdefault(_key(kind, number, document.lang), place), place)
        if title := _plain_title(document.title):
            by_title[_key(title, document.lang)].append((place, doi, pmid, document.year))
    for named in by_title.values():
        dois, pmids = {doi for _, doi, _, _ in named if doi}, {pmid for _, _, pmid, _ in named if pmid}
        years = [year for *_, year in named if year]
        if len(dois) <= 1 and len(pmids) <= 1 and (not years or max(years) - min(years) <= _YEARS_APART):
            for place, *_ in named[1:]:
                _join(leaders, named[0][0], place)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(len(leaders)):
        groups[_leader(leaders, place)].append(place)
    return list(groups.values())


def merged(copies: Sequence[Document]) -> Document:
    """The copy with the most text, with what only the others know of the paper, and the sources of all.

    A paper that one source knows to be retracted is retracted.
    """
    ranked = sorted(copies, key=lambda d: (-len(d.text), d.sha256, d.source, d.id))
    best = ranked[0]
    if len(copies) == 1:
        return best
    return replace(
        best,
        sources=tuple(sorted({source for d in copies for source in (d.source, *d.sources) if source})),
        title=best.title or next((d.title for d in ranked if d.title), ""),
        year=best.year or next((d.year for d in ranked if d.year), None),
        doi=best.doi or next((d.doi for d in ranked if d.doi), ""),
        pmid=best.pmid or next((d.pmid for d in ranked if d.pmid), ""),
        authors=best.authors or next((d.authors for d in ranked if d.authors), ""),
        venue=best.venue or next((d.venue for d in ranked if d.venue), ""),
        retracted=any(d.retracted for d in copies),
        references=best.references or next((d.references for d in ranked if d.references), ()),
    )


def _plain_title(title: str) -> str:
    """The letters and digits of a title that is long enough to be the name of one paper; else nothing."""
    plain = _NO_LETTER.sub("", unicodedata.normalize("NFKC", title)).casefold()
    return plain if len(plain) >= (_LEAST_HAN if has_han(plain) else _LEAST_LATIN) else ""


def _key(*parts: str) -> int:
    """Eight bytes that stand for the parts, in every run the same."""
    return int.from_bytes(blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _leader(leaders: list[int], place: int) -> int:
    while leaders[place] != place:
        leaders[place] = place = leaders[leaders[place]]
    return place


def _join(leaders: list[int], one: int, other: int) -> None:
    """Two groups become one, led by the place that comes first."""
    first, second = sorted((_leader(leaders, one), _leader(leaders, other)))
    leaders[second] = first
