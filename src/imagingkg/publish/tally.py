"""Counting readings one by one: what a report says of a corpus, without the corpus in memory."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading

LISTED: Final = 10_000
"""At most so many entries of one kind are listed in a report; more are counted."""


def facts_of(reading: Reading, lexicon: Lexicon) -> dict[str, Any]:
    """What is counted of a reading, as JSON has it."""
    document, claims = reading.document, reading.claims
    known = lexicon.concepts.keys()
    return {
        "source": document.source,
        "lang": document.lang,
        "encoding": document.encoding,
        "mentions": len(reading.mentions),
        "mentioned": sorted({m.concept for m in reading.mentions} & known),
        "claims": sum(c.task is not None for c in claims),
        "statements": sum(c.task is None for c in claims),
        "certainty": dict(Counter(c.certainty for c in claims)),
        "repairs": dict(Counter(r.table for r in document.repairs)),
        "tasks": sorted({c.task for c in claims if c.task}),
        "pairs": sorted({(c.task, d) for c in claims if c.task for d in c.disease if d in known}),
    }


@dataclass(slots=True)
class Smallest:
    """The LISTED smallest of the rows that came, and how many came."""

    count: int = 0
    _rows: list[Any] = field(default_factory=list)

    def add(self, row: Any) -> None:
        """Takes a row in."""
        self.count += 1
        self._rows.append(row)
        if len(self._rows) >= 2 * LISTED:
            self._rows = heapq.nsmallest(LISTED, self._rows)

    def rows(self) -> list[Any]:
        """The rows, sorted."""
        return heapq.nsmallest(LISTED, self._rows)


_NUMBERS: Final = ("documents", "claims", "statements", "mentions")
_COUNTERS: Final = ("languages", "encodings", "certainty")
_LISTS: Final = ("unread", "repairs")


@dataclass(slots=True)
class Tally:
    """The sums over the readings so far."""

    documents: int = 0
    claims: int = 0
    statements: int = 0
    mentions: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    certainty: Counter[str] = field(default_factory=Counter)
    mentioned: set[str] = field(default_factory=set)
    unread: Smallest = field(default_factory=Smallest)
    repairs: Smallest = field(default_factory=Smallest)
    unlinked: Smallest = field(default_factory=Smallest)
    unlinked_kinds: Counter[str] = field(default_factory=Counter)
    _tasks: set[str] = field(default_factory=set)
    _pairs: set[tuple[str, str]] = field(default_factory=set)

    def add(self, facts: Mapping[str, Any]) -> None:
        """Counts what `facts_of` gave for one reading."""
        self.documents += 1
        self.claims += facts["claims"]
        self.statements += facts["statements"]
        self.mentions += facts["mentions"]
        self.languages[facts["lang"]] += 1
        self.encodings[facts["encoding"]] += 1
        self.certainty.update(facts["certainty"])
        self.mentioned.update(facts["mentioned"])
        if facts["lang"] not in ("en", "zh"):
            self.unread.add(facts["source"])
        for table, count in sorted(facts["repairs"].items()):
            self.repairs.add((facts["source"], table, count))
        self._tasks.update(facts["tasks"])
        self._pairs.update((task, disease) for task, disease in facts["pairs"])

    def add_unlinked(self, concept: str, mentioned: Mapping[str, int], documents: int) -> None:
        """Counts a name that the lexicon lacks; one that no document mentions is none."""
        if documents:
            kind = concept.partition("/")[0]
            label = min(mentioned, key=lambda text: (-mentioned[text], text))
            self.unlinked.add((-documents, kind, label))
            self.unlinked_kinds[kind] += 1

    def kept(self) -> dict[str, Any]:
        """The sums as JSON has them, without the names that the lexicon lacks."""
        sums = {name: getattr(self, name) for name in (*_NUMBERS, *_COUNTERS)}
        listed = {name: [getattr(self, name).count, getattr(self, name).rows()] for name in _LISTS}
        sets = {"mentioned": sorted(self.mentioned), "tasks": sorted(self._tasks), "pairs": sorted(self._pairs)}
        return {**sums, **listed, **sets}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Tally:
        """The tally whose sums these are."""
        tally = cls()
        for name in _NUMBERS:
            setattr(tally, name, int(kept[name]))
        for name in _COUNTERS:
            setattr(tally, name, Counter(kept[name]))
        for name in _LISTS:
            count, rows = kept[name]
            setattr(tally, name, Smallest(count, [tuple(row) if isinstance(row, list) else row for row in rows]))
        tally.mentioned, tally._tasks = set(kept["mentioned"]), set(kept["tasks"])
        tally._pairs = {(task, disease) for task, disease in kept["pairs"]}
        return tally

    def concepts(self, kinds: Iterable[str]) -> dict[str, int]:
        """How many concepts of each kind are mentioned."""
        found = Counter(concept.partition("/")[0] for concept in self.mentioned) + self.unlinked_kinds
        return {kind: found[kind] for kind in kinds}

    def gaps(self) -> dict[str, int]:
        """How full the map of tasks and diseases is, over the concepts with at least one claim."""
        diseases = {disease for _, disease in self._pairs}
        size = len(self._tasks) * len(diseases)
        return {
            "tasks": len(self._tasks), "diseases": len(diseases), "filled": len(self._pairs),
            "empty": size - len(self._pairs),
        }  # fmt: skip
