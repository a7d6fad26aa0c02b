"""The same paper met in several files is made one document with several sources.

Whatever the order of the documents, the outcome is the same: which copy is the best is known when all were met, so they
wait on disk until then. In memory is a number of four bytes for each, and what one paper's copies take.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from types import TracebackType
from typing import Final, Self, cast

from imagingkg.errors import KgError
from imagingkg.ingest.paper_likeness import Gist, Kind, agree, alike, gist, number_key, paper_keys, plain_doi
from imagingkg.ingest.spool import Noted, Spool
from imagingkg.model import Document, Skipped

_MOST_LEADERS: Final = 16  # papers told apart under one title or number; what is like none of them stays alone


def papers(items: Iterable[Document | Skipped]) -> Iterator[Document | Skipped]:
    """One document a paper, in the order in which each was met first; what was set aside comes at once.

    A copy is told by DOI, PMID or title, where the texts bear it out. The one with the most text stays, of PubMed's
    versions of a record the newest, with what only the others know. A record that PubMed took back is set aside, and
    what a notice among the items retracts is retracted. Raises KgError where the disk for temporary files is full.
    """
    with Papers() as met:
        for item in items:
            met.add(item)
            if isinstance(item, Skipped):
                yield item
        yield from (item for item in met.one_each() if not isinstance(item, bytes))


class Papers:
    """The items so far, for those who have a use for documents before all are met: `add` each, then `one_each`."""

    def __init__(self) -> None:
        self._spool = Spool()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.__exit__(kind, error, trace)

    def add(self, item: Document | Skipped, note: bytes = b"") -> list[int]:
        """Takes an item in and gives its keys, of eight bytes each: what has none in common with an item leaves that as
        it is. The note stands for a document that stays so. Raises KgError as `papers` does."""
        with _room():
            if isinstance(item, Skipped):
                self._spool.withdraw(item.withdraws, item.source)
                return [number_key(pmid) for pmid in item.withdraws]
            retracted = [link for link in item.links if link.relation == "retraction of"]
            numbers = [n for link in retracted for n in (plain_doi(link.doi), link.pmid) if n]
            self._spool.retract(numbers)
            keys = list(paper_keys(item))
            self._spool.add(item, keys, note)
            numbers += [n for n in (plain_doi(item.doi), item.pmid) if n]
            return [*(key for _, key in keys), *map(number_key, numbers)]

    def one_each(self) -> Iterator[Document | Skipped | bytes]:
        """What `papers` gives when all are met; of a document that stays as it came its note, where it has one.

        Raises KgError as `papers` does.
        """
        with _room():
            yield from _one_each(self._spool, _leaders(self._spool))


@contextmanager
def _room() -> Iterator[None]:
    """An error of the disk as one about it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        what = f"documents cannot be set down while they are compared ({error})"
        raise KgError("temporary files", what, "Point TMPDIR at a disk with more room") from error


def merged(copies: Sequence[Document]) -> Document:
    """The copy with the most text, with what only the others know of the paper, and the sources of all.

    Of PubMed's versions of a record the newest speaks alone. A paper that one source knows to be retracted is
    retracted.
    """
    newest = max(copy.revised for copy in copies)
    ranked = sorted(
        (copy for copy in copies if copy.revised in ("", newest)),
        key=lambda d: (-len(d.text), d.sha256, d.source, d.id),
    )
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
        retracted=any(d.retracted for d in ranked),
        references=best.references or next((d.references for d in ranked if d.references), ()),
        links=tuple(sorted(set(chain.from_iterable(d.links for d in ranked)), key=str)),
        revised=newest,
    )


def _leaders(spool: Spool) -> array[int]:
    """For each place one that holds the same paper, and so on to the first of them, which leads to itself."""
    leaders = array("I", range(spool.count))
    for kind, places in spool.shared():
        for alikes in _alikes(spool, cast(Kind, kind), places):
            for place in alikes[1:]:
                _join(leaders, alikes[0], place)
    return leaders


def _alikes(spool: Spool, kind: Kind, places: Sequence[int]) -> Iterator[list[int]]:
    """The places that share a key in groups that hold the same paper, compared with the longest text of each."""
    groups: list[tuple[list[int], list[Gist]]] = []
    for place in spool.ranked(places):
        this = gist(spool.document(place))
        for members, gists in groups:
            if alike(kind, this, gists[0]):
                members.append(place)
                gists.append(replace(this, shingles=(), all_shingles=frozenset()))
                break
        else:
            if len(groups) < _MOST_LEADERS:
                groups.append(([place], [this]))
    for members, gists in groups:
        if len(members) > 1 and agree(kind, gists):
            yield members


def _one_each(spool: Spool, leaders: array[int]) -> Iterator[Document | Skipped | bytes]:
    followers: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(spool.count):
        if (leader := _leader(leaders, place)) != place:
            followers[leader].append(place)
    for place, known in enumerate(spool.noted()):
        if leaders[place] != place:
            continue
        if known.note and place not in followers and _stays(spool, known):
            yield known.note
            continue
        kept = []
        for copy in map(spool.document, (place, *followers.get(place, ()))):
            taken_back = spool.withdrawn_by(copy.pmid) if copy.revised and copy.pmid else ""
            if taken_back:
                yield Skipped(copy.source, f"PMID {copy.pmid} is withdrawn by {taken_back}")
            else:
                kept.append(copy)
        if kept:
            paper = merged(kept)
            retracted = paper.retracted or spool.is_retracted(plain_doi(paper.doi), paper.pmid)
            yield replace(paper, retracted=True) if retracted and not paper.retracted else paper


def _stays(spool: Spool, known: Noted) -> bool:
    """Has no other record anything to say of the document?"""
    withdrawn = known.revised and known.pmid and spool.withdrawn_by(known.pmid)
    return not withdrawn and (known.retracted or not spool.is_retracted(plain_doi(known.doi), known.pmid))


def _leader(leaders: array[int], place: int) -> int:
    while leaders[place] != place:
        leaders[place] = place = leaders[leaders[place]]
    return place


def _join(leaders: array[int], one: int, other: int) -> None:
    """Two groups become one, led by the place that comes first."""
    first, second = sorted((_leader(leaders, one), _leader(leaders, other)))
    leaders[second] = first
