"""What a build leaves for people to decide, as a YAML file to review: made from readings, and kept across rebuilds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from imagingkg.curate.apply import targets
from imagingkg.curate.decisions import FILLER_ROLES, ClaimDecision, Curation, FormDecision, TermDecision
from imagingkg.errors import UsageError
from imagingkg.forms import fold_width, squeeze
from imagingkg.lexicon import Lexicon
from imagingkg.model import Claim, Mention, Reading

EXAMPLES: Final = 2
_EXAMPLE_WIDTH: Final = 160
_DECIDED: Final = ("decision", "reason", "into", "as_kind", "en", "zh", "also", "abbr", "broader", "to")

HEAD: Final = """\
# Review of a build. Fill in decisions, keep the file under version control, and build with --curation FILE.
#
# terms: names that the lexicon lacks.
#   decision: add     as a concept; en: and zh: its labels (default: the name); as_kind:, also:, broader: if needed
#   decision: merge   into: disease/glioma (the name is one more form of that concept)
#   decision: stop    it names nothing
# forms: forms that can mean several things.
#   decision: settle  into: the concept that it always means here        decision: stop   it never names anything
# claims: hedged, negated, or resting on words outside the sentence (context).
#   decision: accept  it is right as it stands
#   decision: correct to: {certainty: affirmed, disease: [disease/glioma]} (only what changes)
#   decision: reject  reason: why
# A reason may stand with every decision. An entry without a decision waits.
"""


@dataclass(slots=True)
class _Name:
    labels: Counter[str] = field(default_factory=Counter)
    documents: set[str] = field(default_factory=set)
    mentions: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Review:
    """Entries for the three lists, and how many were left out beyond the most that were asked for."""

    terms: list[dict[str, Any]]
    forms: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    left_out: int


def make_review(
    readings: Iterable[Reading], lexicon: Lexicon, decided: Curation | None = None, *, most: int = 0
) -> Review:
    """What is open in the readings, at most `most` entries a list (0: all), with the decisions of `decided` in place.

    A decided entry stays though the build may not show it any more. Raises UsageError for readings without sentences.
    """
    ordered = sorted(readings, key=lambda r: (r.document.source, r.document.sha256))
    if any(r.claims for r in ordered) and not any(c.quote for r in ordered for c in r.claims):
        raise UsageError("claims.jsonl", "has no sentences to review", "Build without --no-quotes")
    old = decided or Curation("")
    left = 0
    lists: list[list[dict[str, Any]]] = []
    for entries, decisions, key in (
        (_terms(ordered, lexicon), old.terms, _term_key),
        (_forms(ordered, lexicon), old.forms, _form_key),
        (_claims(ordered), old.claims, _claim_key),
    ):
        kept = {d.full_key if isinstance(d, ClaimDecision) else d.key: d for d in decisions}
        open_ = [e for e in entries if key(e) not in kept]
        shown = open_[:most] if most else open_
        left += len(open_) - len(shown)
        fresh = {key(e): e for e in entries}
        lists.append([_with_decision(fresh.get(k), d) for k, d in kept.items()] + shown)
    return Review(lists[0], lists[1], lists[2], left)


def _with_decision(
    entry: dict[str, Any] | None, decision: TermDecision | FormDecision | ClaimDecision
) -> dict[str, Any]:
    """The entry as the build has it now, with what was decided on it; as it was, where the build has it no more."""
    if entry is None:
        return dict(decision.entry)
    return entry | {name: decision.entry[name] for name in _DECIDED if name in decision.entry}


def _term_key(entry: dict[str, Any]) -> Any:
    return entry["kind"], squeeze(entry["name"])


def _form_key(entry: dict[str, Any]) -> Any:
    return fold_width(entry["form"])


def _claim_key(entry: dict[str, Any]) -> Any:
    return entry["document"], entry["task"] or "", entry["quote"], frozenset(entry["about"])


def _terms(readings: Sequence[Reading], lexicon: Lexicon) -> list[dict[str, Any]]:
    """Names that the lexicon lacks, those of most documents first."""
    found: dict[tuple[str, str], _Name] = {}
    for reading in readings:
        for mention in reading.mentions:
            if mention.concept in lexicon.concepts or "/new-" not in mention.concept:
                continue
            name = found.setdefault((mention.kind, squeeze(mention.label)), _Name())
            name.labels[mention.label] += 1
            name.documents.add(reading.document.sha256)
            name.mentions += 1
            _add_example(name.examples, reading, mention)
    entries = [
        {
            "name": min(name.labels, key=lambda text: (-name.labels[text], text)), "kind": kind,
            "documents": len(name.documents), "mentions": name.mentions, "examples": name.examples, "decision": None,
        }
        for (kind, _), name in found.items()
    ]  # fmt: skip
    return sorted(entries, key=lambda e: (-e["documents"], -e["mentions"], e["kind"], e["name"]))


def _forms(readings: Sequence[Reading], lexicon: Lexicon) -> list[dict[str, Any]]:
    """Ambiguous forms that the texts have, with what each was taken for and how often; the commonest first."""
    met: dict[str, Counter[str]] = {}
    examples: dict[str, list[str]] = {}
    for reading in readings:
        for mention in reading.mentions:
            form = fold_width(mention.text)
            senses = lexicon.ambiguous.get(form, ())
            # A document's own definition of an abbreviation leaves nothing to decide.
            if any(sense.concept == mention.concept for sense in senses):
                met.setdefault(form, Counter())[mention.concept] += 1
                _add_example(examples.setdefault(form, []), reading, mention)
    entries = [
        {
            "form": form, "met_as": dict(sorted(counts.items())),
            "senses": list(dict.fromkeys(s.concept or "no name" for s in lexicon.ambiguous[form])),
            "examples": examples[form], "decision": None,
        }
        for form, counts in met.items()
    ]  # fmt: skip
    return sorted(entries, key=lambda e: (-sum(e["met_as"].values()), e["form"]))


def _claims(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """Claims that a reader may doubt: negated and hedged ones first, then those that rest on context."""
    entries: list[tuple[Any, dict[str, Any]]] = []
    for reading in readings:
        for claim in reading.claims:
            why = _doubts(claim)
            if why:
                place = (why[0] == "context", reading.document.source, reading.document.sha256, claim.start, claim.id)
                entries.append((place, _claim_entry(reading, claim, why)))
    unique = {_claim_key(entry): entry for _, entry in sorted(entries, key=lambda e: e[0])}
    return list(unique.values())


def _doubts(claim: Claim) -> list[str]:
    doubts: list[str] = [claim.certainty] if claim.certainty != "affirmed" else []
    return [*doubts, "context"] if claim.context else doubts


def _claim_entry(reading: Reading, claim: Claim, why: list[str]) -> dict[str, Any]:
    fillers = {role: list(claim.fillers(role)) for role in FILLER_ROLES if claim.fillers(role)}
    context = {"context": sorted(claim.context)} if claim.context else {}
    return {
        "document": reading.document.sha256, "source": reading.document.source, "task": claim.task,
        "about": sorted(targets(claim)), "quote": claim.quote, "why": why, "certainty": claim.certainty,
        "fillers": fillers, **context, "decision": None,
    }  # fmt: skip


def _add_example(examples: list[str], reading: Reading, mention: Mention) -> None:
    """The words around a mention, from the first few documents that have it."""
    text = reading.document.text
    if len(examples) >= EXAMPLES or not text:
        return
    spare = max(0, _EXAMPLE_WIDTH - (mention.end - mention.start)) // 2
    start, end = max(0, mention.start - spare), min(len(text), mention.end + spare)
    shown = " ".join(text[start:end].split())
    example = f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}"
    if example not in examples:
        examples.append(example)


class _Dumper(yaml.SafeDumper):
    """An empty decision is written as nothing at all, to be filled in."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (pyyaml's signature)
        return True


_Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


def review_text(review: Review) -> str:
    """The review as YAML, with a head that explains it."""
    parts = [HEAD]
    for name in ("terms", "forms", "claims"):
        entries = getattr(review, name)
        written = yaml.dump({name: entries}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
        parts.append(written)
    return "\n".join(parts)


def write_review(path: Path, review: Review) -> None:
    """Write the file. Raises UsageError where it cannot be written."""
    try:
        path.write_text(review_text(review), encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(str(path), f"cannot be written ({error.strerror})") from error
