"""How well readings agree with a gold set: entities, links, figures, sample sizes, certainty.

The measures are those by which the field compares systems; each function below states one. Nothing here knows how the
readings were made.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from imagingkg.gold import CERTAINTIES, GoldClaim, GoldDocument
from imagingkg.model import CLAIM_ROLES, Claim, Reading, Result

ENTITY_KINDS: Final = ("modality", "task", "disease", "anatomy", "method", "biomarker", "dataset", "metric")
OVERLAP: Final = 0.3
"""The share of their union that two spans have in common when they mean the same mention, relaxed."""

Span = tuple[int, int]


@dataclass(slots=True)
class Tally:
    """Hits, false alarms and misses."""

    right: int = 0
    spurious: int = 0
    missed: int = 0

    def add(self, right: int, spurious: int, missed: int) -> None:
        """Count one document."""
        self.right += right
        self.spurious += spurious
        self.missed += missed

    def count_sets(self, gold: Collection[Any], predicted: Collection[Any]) -> None:
        """Count one document whose answers are sets."""
        wanted, found = set(gold), set(predicted)
        self.add(len(wanted & found), len(found - wanted), len(wanted - found))

    def row(self) -> dict[str, float | int]:
        """Precision, recall, F1 (four decimals; 0 where there is nothing to divide by) and both counts."""
        predicted, gold = self.right + self.spurious, self.right + self.missed
        p = self.right / predicted if predicted else 0.0
        r = self.right / gold if gold else 0.0
        f1 = 2 * p * r / (p + r) if p + r else 0.0
        return {"p": round(p, 4), "r": round(r, 4), "f1": round(f1, 4), "gold": gold, "predicted": predicted}


@dataclass(frozen=True, slots=True)
class Miss:
    """An entity that only one side has. `what` is "missed" or "spurious"; `text` is it as written."""

    document: str
    what: str
    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures, ready for JSON, and the errors in the order of the documents."""

    figures: Mapping[str, Any]
    misses: Sequence[Miss]


@dataclass(slots=True)
class _Totals:
    relaxed: dict[str, Tally] = field(default_factory=lambda: {k: Tally() for k in (*ENTITY_KINDS, "all")})
    strict: dict[str, Tally] = field(default_factory=lambda: {k: Tally() for k in (*ENTITY_KINDS, "all")})
    links: dict[str, Tally] = field(default_factory=lambda: {k: Tally() for k in (*CLAIM_ROLES, "all")})
    samples: Tally = field(default_factory=Tally)
    certainty: Counter[tuple[str, str]] = field(default_factory=Counter)
    matched: int = 0
    named: int = 0
    results_gold: int = 0
    results_found: int = 0
    results_predicted: int = 0
    metric_right: int = 0
    not_read: int = 0


def evaluate(gold: Sequence[GoldDocument], readings: Mapping[str, Reading]) -> Evaluation:
    """Hold `readings` (by document id) against the gold documents; one without a reading counts as read in vain."""
    totals = _Totals()
    misses: list[Miss] = []
    for document in gold:
        reading = readings.get(document.id)
        totals.not_read += reading is None
        misses += _evaluate_document(document, reading, totals)
    return Evaluation(_figures(len(gold), totals), misses)


def _evaluate_document(gold: GoldDocument, reading: Reading | None, totals: _Totals) -> Iterator[Miss]:
    text = reading.document.text if reading else gold.text
    claims = reading.claims if reading else ()
    same: dict[str, int] = {}  # predicted concept to the gold entity that it is
    for kind in ENTITY_KINDS:
        yield from _entities(kind, gold, reading, text, same, totals)
    index = _Index(gold)
    _links(gold, claims, index, same, totals)
    for claim in gold.claims:
        best = nearest_claim(claims, index.of("task", claim.task), index.role_fillers(claim), same)
        if best is not None:
            totals.certainty[claim.certainty, best.certainty] += 1
        _results(claim, claims, text, index, same, totals)
    totals.results_predicted += sum(len(c.results) for c in claims)
    totals.samples.count_sets(
        {value for c in gold.claims for value in c.samples}, {s.value for c in claims for s in c.sample}
    )


class _Index:
    """The gold entities of a document by kind and name; of two with one name the first counts."""

    def __init__(self, gold: GoldDocument) -> None:
        self.places: dict[tuple[str, str], int] = {}
        for place, entity in enumerate(gold.entities):
            self.places.setdefault((entity.kind, entity.name.casefold()), place)

    def of(self, kind: str, name: str) -> int | None:
        """The entity's place, or None."""
        return self.places.get((kind, name.casefold()))

    def role_fillers(self, claim: GoldClaim) -> set[tuple[str, int | None]]:
        """The fillers of a gold claim with their roles."""
        return {(role, self.of(role, name)) for role in CLAIM_ROLES for name in claim.fillers[role]}


def _entities(
    kind: str, gold: GoldDocument, reading: Reading | None, text: str, same: dict[str, int], totals: _Totals
) -> Iterator[Miss]:
    places = [n for n, entity in enumerate(gold.entities) if entity.kind == kind]
    wanted = [sorted({s for form in gold.entities[n].texts for s in occurrences(form, text)}) for n in places]
    found = _predicted(kind, reading)
    concepts, spans = list(found), [s for s, _ in found.values()]
    for table, measure in ((totals.relaxed, relaxed_likeness), (totals.strict, strict_likeness)):
        pairs = best_pairs(wanted, spans, measure)
        for key in (kind, "all"):
            table[key].add(len(pairs), len(spans) - len(pairs), len(wanted) - len(pairs))
        if measure is strict_likeness:
            continue
        for i, j in pairs.items():
            same[concepts[j]] = places[i]
            totals.matched += 1
            totals.named += normal_name(found[concepts[j]][1]) == normal_name(gold.entities[places[i]].name)
        for i, n in enumerate(places):
            if i not in pairs:
                entity = gold.entities[n]
                yield Miss(gold.id, "missed", kind, entity.name, " | ".join(entity.texts[:2]))
        for j, concept in enumerate(concepts):
            if j not in pairs.values():
                yield Miss(gold.id, "spurious", kind, concept, text[slice(*spans[j][0])])


def _predicted(kind: str, reading: Reading | None) -> dict[str, tuple[list[Span], str]]:
    """The concepts of a kind that are not all background, with the spans of all their mentions and a label."""
    spans: dict[str, list[Span]] = {}
    labels: dict[str, str] = {}
    fore: set[str] = set()
    for mention in reading.mentions if reading else ():
        if mention.kind == kind:
            spans.setdefault(mention.concept, []).append((mention.start, mention.end))
            labels[mention.concept] = mention.label
            if not mention.background:
                fore.add(mention.concept)
    return {concept: (found, labels[concept]) for concept, found in spans.items() if concept in fore}


def _links(
    gold: GoldDocument, claims: Sequence[Claim], index: _Index, same: Mapping[str, int], totals: _Totals
) -> None:
    wanted: set[tuple[str, int | str, int | str]] = set()
    for claim in gold.claims:
        task = index.of("task", claim.task)
        if task is not None:
            wanted |= {(role, task, n) for role, n in index.role_fillers(claim) if n is not None}
    found = {
        (role, same.get(claim.task, claim.task), same.get(filler, filler))
        for claim in claims if claim.task is not None
        for role in CLAIM_ROLES for filler in claim.fillers(role)
    }  # fmt: skip
    for role in CLAIM_ROLES:
        one, other = {x for x in wanted if x[0] == role}, {x for x in found if x[0] == role}
        totals.links[role].count_sets(one, other)
        totals.links["all"].count_sets(one, other)


def nearest_claim(
    claims: Sequence[Claim], task: int | None, fillers: Collection[tuple[str, int | None]], same: Mapping[str, int]
) -> Claim | None:
    """The predicted claim of the task with most of the fillers (the first of equals); None where none has any."""
    best, most = None, 0
    for candidate in claims:
        if task is None or candidate.task is None or same.get(candidate.task) != task:
            continue
        shared = sum((role, same.get(f)) in fillers for role in CLAIM_ROLES for f in candidate.fillers(role))
        if shared > most:
            best, most = candidate, shared
    return best


def _results(
    claim: GoldClaim, claims: Sequence[Claim], text: str, index: _Index, same: Mapping[str, int], totals: _Totals
) -> None:
    for wanted in claim.results:
        totals.results_gold += 1
        spans = occurrences(wanted.quote, text)
        found: list[Result] = [
            result for c in claims for result in c.results
            if same_figure(result.value, result.unit, wanted.value, wanted.unit)
            and any(shared_length((result.start, result.end), span) for span in spans)
        ]  # fmt: skip
        if found:
            totals.results_found += 1
            metric = index.of("metric", wanted.metric)
            totals.metric_right += metric is not None and all(same.get(r.metric) == metric for r in found)


def occurrences(form: str, text: str) -> list[Span]:
    """Every place where a form stands in a text; inside a Latin word only where it stands nowhere else."""
    if not form:
        return []
    left = r"(?<![A-Za-z0-9])" if form[0].isascii() and form[0].isalnum() else ""
    right = r"(?![A-Za-z0-9])" if form[-1].isascii() and form[-1].isalnum() else ""
    whole = [m.span() for m in re.finditer(left + re.escape(form) + right, text)]
    return whole or [m.span() for m in re.finditer(re.escape(form), text)]


def shared_length(a: Span, b: Span) -> int:
    """How many characters two spans share."""
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def relaxed_likeness(a: Span, b: Span) -> float:
    """The share of their union that two spans have in common, or 0 where it is below OVERLAP."""
    shared = shared_length(a, b)
    share = shared / (max(a[1], b[1]) - min(a[0], b[0])) if shared else 0.0
    return share if share >= OVERLAP else 0.0


def strict_likeness(a: Span, b: Span) -> float:
    """1 for equal spans, else 0."""
    return 1.0 if a == b else 0.0


def best_pairs(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]], measure: Any) -> dict[int, int]:
    """Pairs (place in `gold` to place in `found`) of things whose mentions are most alike, one to one, best first."""
    scored = []
    for i, wanted in enumerate(gold):
        for j, spans in enumerate(found):
            likeness = max((measure(a, b) for a in wanted for b in spans), default=0.0)
            if likeness > 0:
                scored.append((-likeness, i, j))
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for _, i, j in sorted(scored):
        if i not in pairs and j not in used:
            pairs[i] = j
            used.add(j)
    return pairs


def same_figure(a: float, unit_a: str, b: float, unit_b: str) -> bool:
    """Is it the same figure? 91 % is 0.91; without a percent sign the numbers must agree as they stand."""
    a, b = (a / 100 if unit_a == "%" else a), (b / 100 if unit_b == "%" else b)
    return abs(a - b) <= 1e-6 * max(1.0, abs(b))


def normal_name(name: str) -> str:
    """A name without its case, dashes, plural and British spellings, to tell whether two labels are one."""
    plain = re.sub(r"[\s\-_/]+", " ", name.casefold())
    return plain.replace("tumour", "tumor").replace("haem", "hem").strip().rstrip("s")


def _figures(documents: int, totals: _Totals) -> dict[str, Any]:
    certainty = totals.certainty
    seen = sum(certainty.values())
    classes = {}
    for name in CERTAINTIES:
        right = certainty[name, name]
        tally = Tally(
            right,
            spurious=sum(n for (wanted, said), n in certainty.items() if said == name) - right,
            missed=sum(n for (wanted, said), n in certainty.items() if wanted == name) - right,
        )
        row = tally.row()
        classes[name] = row["f1"] if row["gold"] else None
    return {
        "documents": documents,
        "not_read": totals.not_read,
        "entities_relaxed": {kind: tally.row() for kind, tally in totals.relaxed.items()},
        "entities_strict": {kind: tally.row() for kind, tally in totals.strict.items()},
        "links": {role: tally.row() for role, tally in totals.links.items()},
        "named": _ratio(totals.named, totals.matched, 4),
        "results": {
            "gold": totals.results_gold,
            "recall": _ratio(totals.results_found, totals.results_gold, 4),
            "metric_ok": _ratio(totals.metric_right, totals.results_found, 4),
            "per_gold": _ratio(totals.results_predicted, totals.results_gold, 2),
        },
        "samples": totals.samples.row(),
        "certainty": {
            "seen": seen,
            "accuracy": _ratio(sum(certainty[name, name] for name in CERTAINTIES), seen, 4),
            **classes,
        },
    }


def _ratio(part: int, whole: int, digits: int) -> float | None:
    return round(part / whole, digits) if whole else None


def figures_as_text(figures: Mapping[str, Any]) -> str:
    """The figures as a table for people."""
    lines = [f"documents {figures['documents']}, not read {figures['not_read']}"]
    for name in ("entities_relaxed", "entities_strict", "links"):
        lines += ["", f"{name.replace('_', ', '):18} {'P':>6} {'R':>6} {'F1':>6} {'gold':>6} {'found':>6}"]
        lines += [_line(key, row) for key, row in figures[name].items()]
    lines += ["", _line("sample sizes", figures["samples"]), ""]
    lines.append(f"entities with the gold name   {_shown(figures['named'])}")
    results, certainty = figures["results"], figures["certainty"]
    found = f"recall {_shown(results['recall'])} of {results['gold']}, right metric {_shown(results['metric_ok'])}"
    lines.append(f"results   {found}, found for each {_shown(results['per_gold'])}")
    classes = ", ".join(f"{name} F1 {_shown(certainty[name])}" for name in CERTAINTIES)
    lines.append(f"certainty   accuracy {_shown(certainty['accuracy'])} of {certainty['seen']}, {classes}")
    return "\n".join(lines) + "\n"


def _line(name: str, row: Mapping[str, Any]) -> str:
    return f"  {name:16} {row['p']:6.3f} {row['r']:6.3f} {row['f1']:6.3f} {row['gold']:6d} {row['predicted']:6d}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def misses_as_text(misses: Iterable[Miss]) -> str:
    """The errors as tab-separated lines, kind by kind: kind, missed or spurious, document, name, as written."""
    ordered = sorted(misses, key=lambda m: (ENTITY_KINDS.index(m.kind), m.what, m.name, m.document, m.text))
    rows = [("kind", "error", "document", "name", "text")]
    rows += [(m.kind, m.what, m.document, m.name, m.text) for m in ordered]
    return "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in rows)
