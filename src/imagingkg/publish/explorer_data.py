"""What the explorer page holds: readings and lexicon as one JSON-ready value of columns.

A column is a list with one entry per row, so that a row is an index: concepts, documents, studies, sentences and
claims refer to one another by such indices. Claims of one sentence share it; a concept is there when a claim, a figure
or a document's mentions use it, or when it stands above one that is. Mention offsets count UTF-16 code units within
the sentence, which is how a browser counts. A document's `names` are those that no sentence of its claims marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from math import isfinite
from typing import Any, Final

from imagingkg.forms import fold
from imagingkg.graph.names import Names
from imagingkg.graph.sources import load_sources, usable
from imagingkg.lexicon import Lexicon
from imagingkg.model import CLAIM_ROLES, KINDS, Claim, Document, Mention, Reading, Result, Study
from imagingkg.publish.layout import place

SHOWN_KINDS: Final = ("disease", "task", "modality", "method", "biomarker", "anatomy", "dataset", "metric", "challenge")
CERTAINTIES: Final = ("affirmed", "hedged", "negated")
SPLITS: Final = ("unspecified", "training", "validation", "test", "external")
COMPARISONS: Final = ("better", "equal", "worse")
assert set(SHOWN_KINDS) == set(KINDS)

MAX_OPPONENTS: Final = 20
"""At most so many contradicting claims are listed with a claim; a popular cell could name hundreds."""

MOST_CLAIMS: Final = 60_000
"""A page holds at most so many claims and statements: some 10 MB, which a browser unpacks in a few seconds."""

MOST_DOCUMENTS: Final = 20_000
"""And at most so many documents."""

MOST_OF_A_SENTENCE: Final = 4_000
"""Characters of a sentence that a page holds; what is longer is no sentence but a table or a list."""

_NAMES: Final = Names()


@dataclass(frozen=True, slots=True)
class Whole:
    """The corpus that a page shows a part of: its documents, claims and statements."""

    documents: int
    claims: int
    statements: int


def explorer_data(
    readings: Sequence[Reading], lexicon: Lexicon, *, quotes: bool = True, licensed_codes: bool = False,
    whole: Whole | None = None, most: int = MOST_CLAIMS,
) -> dict[str, Any]:  # fmt: skip
    """The columns of the page, the same for the same readings in any order.

    Without `quotes` no sentence is in it, without `licensed_codes` no code of a vocabulary that needs a licence. It
    holds at most `most` claims and statements, as `bounded` chooses them. The key "of" tells what it is a part of,
    where that is more than it holds: `whole`, else the readings given.
    """
    whole = whole or _whole(readings)
    held = bounded(readings, most)
    part = {"of": asdict(whole)} if whole != _whole(held) else {}
    ordered = sorted(held, key=lambda r: (r.document.source, r.document.sha256, r.document.id))
    concepts = _concept_columns(
        _used(ordered, lexicon), concept_names(ordered, lexicon), lexicon, licensed_codes=licensed_codes
    )
    index = {concept: n for n, concept in enumerate(concepts["id"])}
    tables = _Tables(index, quotes)
    for reading in ordered:
        tables.add(reading)
    for table, column in ((tables.sentences, "document"), (tables.claims, "sentence")):
        table[column] = _steps(table[column])
    tables.claims["against"] = contradictions([c for r in ordered for c in r.claims])
    layout = place(concepts["kind"], concepts["parent"], tables.claims["fillers"])
    concepts["x"], concepts["y"] = [x for x, _ in layout.spots], [y for _, y in layout.spots]
    return {
        "version": 1, "kinds": list(SHOWN_KINDS), "concepts": concepts, "traditional": _traditional(concepts),
        "documents": dict(tables.documents), "studies": tables.study_columns(), "sentences": dict(tables.sentences),
        "claims": dict(tables.claims), "islands": [list(island) for island in layout.islands], **part,
    }  # fmt: skip


def bounded(readings: Sequence[Reading], most: int, documents: int = MOST_DOCUMENTS) -> list[Reading]:
    """At most so many readings, with at most `most` claims together: those with claims, in the order of hashes.

    That order has nothing to do with what is in them, so that the part is a fair sample of any corpus.
    """
    if len(readings) <= documents and sum(len(r.claims) for r in readings) <= most:
        return list(readings)
    out: list[Reading] = []
    for reading in sorted(readings, key=lambda r: (not r.claims, r.document.sha256, r.document.id))[:documents]:
        if not most:
            break
        out.append(replace(reading, claims=reading.claims[:most]))
        most -= len(out[-1].claims)
    return out


def _whole(readings: Sequence[Reading]) -> Whole:
    tasks = [claim.task for reading in readings for claim in reading.claims]
    return Whole(len(readings), len(tasks) - tasks.count(None), tasks.count(None))


def _steps(column: Sequence[int]) -> list[int]:
    """The first value, then each as the difference from the one before: mostly 0 and 1, packed to next to nothing."""
    return [value - before for before, value in zip((0, *column), column, strict=False)]


def fillers(claim: Claim) -> tuple[str, ...]:
    """Every concept that the claim ties together, each once: task, roles, challenge and remedy."""
    found = [] if claim.task is None else [claim.task]
    for role in (*CLAIM_ROLES, "challenge", "remedy"):
        found += claim.fillers(role)
    return tuple(dict.fromkeys(found))


def metric_of(result: Result) -> str:
    """The concept id of a result's metric; a metric without one goes by its label."""
    return result.metric or f"metric/new-{result.label}"


def contradictions(claims: Sequence[Claim]) -> list[list[int]]:
    """For each claim the indices of those that contradict it (at most MAX_OPPONENTS).

    Two claims contradict when they share task, disease and modality or method, and one is affirmed and one negated, or
    they compare themselves with the same comparator to another end, or their intervals on one metric and split kind
    are disjoint.
    """
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for n, claim in enumerate(claims):
        for disease, tool in product(claim.disease, (*claim.modality, *claim.method)):
            if claim.task:
                groups[claim.task, disease, tool].append(n)
    intervals = [_intervals(claim) for claim in claims]
    against: list[set[int]] = [set() for _ in claims]
    for _, group in sorted(groups.items()):
        for a in group:
            if claims[a].certainty == "negated" or claims[a].comparison or intervals[a]:
                _oppose(a, group, claims, intervals, against)
    return [sorted(found) for found in against]


_Intervals = dict[tuple[str, str], tuple[float, float]]


def _oppose(
    a: int, group: Sequence[int], claims: Sequence[Claim], intervals: Sequence[_Intervals], against: list[set[int]]
) -> None:
    for b in group:
        if len(against[a]) >= MAX_OPPONENTS:
            return
        if a != b and len(against[b]) < MAX_OPPONENTS and _differ(claims[a], claims[b], intervals[a], intervals[b]):
            against[a].add(b)
            against[b].add(a)


def _differ(a: Claim, b: Claim, ours: _Intervals, theirs: _Intervals) -> bool:
    if {a.certainty, b.certainty} == {"affirmed", "negated"}:
        return True
    if a.comparison and b.comparison and a.comparison != b.comparison and a.comparator == b.comparator:
        return True
    return any(ours[k][1] < theirs[k][0] or theirs[k][1] < ours[k][0] for k in ours.keys() & theirs.keys())


def _intervals(claim: Claim) -> _Intervals:
    return {
        (r.metric, r.split): (_share(r.lower, r.unit), _share(r.upper, r.unit))
        for r in claim.results if r.lower is not None and r.upper is not None
    }  # fmt: skip


def _share(value: float, unit: str) -> float:
    return value / 100 if unit == "%" else value


def _used(readings: Iterable[Reading], lexicon: Lexicon) -> set[str]:
    """Concepts of claims, of figures and of mentions, and all above them. Unlinked names count only in claims."""
    used: set[str] = set()
    for reading in readings:
        used.update(m.concept for m in reading.mentions if m.concept in lexicon.concepts)
        for claim in reading.claims:
            used |= _parts(claim)
    for concept in list(used):
        used |= lexicon.ancestors(concept)
    return {concept for concept in used if concept.partition("/")[0] in KINDS}


def concept_names(readings: Iterable[Reading], lexicon: Lexicon) -> dict[str, tuple[str, str]]:
    """English and Chinese name of each concept of the readings' claims.

    What the lexicon does not know goes by the label of a mention or a figure, or else by its key, in both languages.
    """
    names: dict[str, str] = {}
    used: set[str] = set()
    for reading in readings:
        for mention in reading.mentions:
            names[mention.concept] = min(mention.label, names.get(mention.concept, mention.label))
        for claim in reading.claims:
            used.update(_parts(claim))
            for result in claim.results:
                names[metric_of(result)] = min(result.label, names.get(metric_of(result), result.label))
    named = {c: _clean(names.get(c) or c.partition("/")[2]) for c in used if c not in lexicon.concepts}
    known = {c: (lexicon.concepts[c].en, lexicon.concepts[c].zh) for c in used if c in lexicon.concepts}
    return known | {c: (name, name) for c, name in named.items()}


def _parts(claim: Claim) -> set[str]:
    """Every concept that a claim says anything with: fillers, metrics, the method of a figure, the comparator."""
    found = {
        *fillers(claim),
        *(metric_of(r) for r in claim.results),
        *(r.of_method for r in claim.results if r.of_method),
    }
    if claim.comparator and claim.comparator.partition("/")[0] in KINDS:
        found.add(claim.comparator)
    return found


_CONCEPT_COLUMNS: Final = (
    "id", "kind", "en", "zh", "also", "broader", "parent", "generic", "better", "codes", "def_en", "def_zh"
)  # fmt: skip


def _concept_columns(
    used: set[str], names: Mapping[str, tuple[str, str]], lexicon: Lexicon, *, licensed_codes: bool
) -> dict[str, list[Any]]:
    sources = load_sources()
    ids = sorted(used, key=lambda c: (SHOWN_KINDS.index(c.partition("/")[0]), c))
    index = {concept: n for n, concept in enumerate(ids)}
    columns: dict[str, list[Any]] = {name: [] for name in _CONCEPT_COLUMNS}
    for concept in ids:
        known = lexicon.concepts.get(concept)
        en, zh = (known.en, known.zh) if known else names[concept]
        columns["id"].append(concept)
        columns["kind"].append(SHOWN_KINDS.index(concept.partition("/")[0]))
        columns["en"].append(_clean(en))
        columns["zh"].append("" if zh == en else _clean(zh))
        columns["also"].append([_clean(f) for f in (*known.also, *known.abbr) if f not in (en, zh)] if known else [])
        columns["broader"].append([index[b] for b in known.broader if b in index] if known else [])
        columns["parent"].append(index.get(shown_parent(concept, lexicon) or "", -1))
        columns["generic"].append(int(known is not None and known.generic))
        columns["better"].append({True: 1, False: -1, None: 0}[known.higher_is_better if known else None])
        codes = sorted(known.exact) if known else []
        columns["codes"].append([c for c in codes if usable(c, sources, licensed_codes=licensed_codes)])
        columns["def_en"].append(known.definition_en if known else "")
        columns["def_zh"].append(known.definition_zh if known else "")
    return columns


def shown_parent(concept: str, lexicon: Lexicon) -> str | None:
    """The concept that this one is shown below: the first broader one that is not too general to be a family.

    Generic ones at the top of the tree (tumour, imaging modality) would make one family of everything.
    """
    known = lexicon.concepts.get(concept)
    return next((b for b in known.broader if not _too_general(b, lexicon)), None) if known else None


def _too_general(concept: str, lexicon: Lexicon) -> bool:
    chain = (concept, *lexicon.ancestors(concept))
    return all(lexicon.concepts[c].generic for c in chain if c in lexicon.concepts)


def _traditional(concepts: Mapping[str, list[Any]]) -> str:
    """Pairs of a traditional character and the simplified one that a label here is written with."""
    written = {
        c for zh, also in zip(concepts["zh"], concepts["also"], strict=True) for name in (zh, *also) for c in name
    }
    every = "".join(map(chr, range(0x4E00, 0x9FFF)))
    return "".join(old + new for old, new in zip(every, fold(every), strict=True) if old != new and new in written)


@dataclass(slots=True)
class _Tables:
    """The growing columns of documents, studies, sentences and claims."""

    index: Mapping[str, int]
    quotes: bool
    documents: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    sentences: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    claims: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    studies: dict[Study, int] = field(default_factory=dict)

    def add(self, reading: Reading) -> None:
        self._add_document(reading.document)
        first = len(self.sentences["text"])
        mentions = sorted(reading.mentions, key=lambda m: (m.start, -m.end))
        places: dict[tuple[int, int], int] = {}
        for claim in reading.claims:
            span = (claim.start, claim.end)
            if span not in places:
                places[span] = len(self.sentences["text"])
                self._add_sentence(claim, mentions)
            self._add_claim(reading.document, claim, places[span])
        marked = {concept for offsets in self.sentences["mentions"][first:] for concept in offsets[2::3]}
        named = {self.index[m.concept] for m in mentions if m.concept in self.index}
        self.documents["names"].append(sorted(named - marked))

    def study_columns(self) -> dict[str, list[Any]]:
        names = ("authors", "year", "citation", "doi", "pmid", "title")
        return {name: [getattr(s, name) or (0 if name == "year" else "") for s in self.studies] for name in names}

    def _add_document(self, document: Document) -> None:
        d = self.documents
        for name in ("id", "title", "authors", "venue", "lang", "source", "doi", "pmid"):
            d[name].append(_clean(getattr(document, name)))
        d["year"].append(document.year or 0)
        d["retracted"].append(int(document.retracted))

    def _add_sentence(self, claim: Claim, mentions: Sequence[Mention]) -> None:
        s = self.sentences
        text = _clean(_cut(claim.quote)) if self.quotes else ""
        s["document"].append(len(self.documents["id"]) - 1)
        s["start"].append(claim.start)
        s["text"].append(text)
        s["mentions"].append(self._offsets(text, claim.start, mentions))

    def _offsets(self, text: str, start: int, mentions: Sequence[Mention]) -> list[int]:
        """Start, length and concept of each mention in the sentence, in turn; of overlapping ones the first."""
        out: list[int] = []
        at = 0
        for m in mentions:
            a, b = m.start - start, m.end - start
            if a >= at and a < b <= len(text) and m.concept in self.index:
                out += (_utf16(text[:a]), _utf16(text[a:b]), self.index[m.concept])
                at = b
        return out

    def _add_claim(self, document: Document, claim: Claim, sentence: int) -> None:
        c, index = self.claims, self.index
        c["key"].append(_NAMES.claim(document, claim).value.rpartition("/")[2][:8])  # as the graph names it
        c["sentence"].append(sentence)
        c["fillers"].append([index[f] for f in fillers(claim) if f in index])
        c["context"].append(sorted(index[f] for f in claim.context if f in index))
        c["remedy"].append([index[f] for f in claim.remedy if f in index])
        c["certainty"].append(CERTAINTIES.index(claim.certainty))
        c["reported"].append(int(claim.asserted_as == "reported"))
        c["results"].append([self._result(r) for r in claim.results])
        c["sample"].append([[s.value, s.unit, SPLITS.index(s.split)] for s in claim.sample])
        c["studies"].append([self.studies.setdefault(s, len(self.studies)) for s in claim.studies])
        c["comparison"].append(self._comparison(claim))

    def _result(self, r: Result) -> list[Any]:
        method = self.index.get(r.of_method or "", -1)
        printed = "" if r.reported_as in {f"{r.value:g}", f"{r.value:g}{r.unit}"} else _clean(r.reported_as)
        value, lower, upper = (n if n is not None and isfinite(n) else None for n in (r.value, r.lower, r.upper))
        row = [self.index[metric_of(r)], value, r.unit, SPLITS.index(r.split), printed, lower, upper, r.p, method]
        while len(row) > 4 and row[-1] in (None, "", -1):
            row.pop()
        return row

    def _comparison(self, claim: Claim) -> list[Any]:
        if claim.comparison is None:
            return []
        other = claim.comparator or ""
        return [COMPARISONS.index(claim.comparison), self.index.get(other, _clean(other))]


def _cut(text: str) -> str:
    return text if len(text) <= MOST_OF_A_SENTENCE else text[: MOST_OF_A_SENTENCE - 1] + "…"


def _utf16(text: str) -> int:
    return len(text) + sum(c > "\uffff" for c in text)


def _clean(text: str) -> str:
    """`text` with each lone surrogate, which no UTF-8 file can hold, as one replacement character."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text) if not text.isascii() else text
