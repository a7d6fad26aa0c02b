"""Decisions at work: (lexicon, curation) to a lexicon, and (reading, decisions on readings) to a reading. Both pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from imagingkg.curate.decisions import FILLER_ROLES, ClaimDecision, Curation, TermDecision
from imagingkg.errors import OntologyError
from imagingkg.extension import extend
from imagingkg.forms import has_han, squeeze
from imagingkg.lexicon import Concept, Lexicon, Sense
from imagingkg.model import CLAIM_ROLES, Claim, Mention, Reading, Result

REVIEWED: Final = "+reviewed"
"""Ends the rule of a claim that a reviewer corrected."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one decision. `stale` tells why it changed nothing; "" where it was applied."""

    section: str
    decision: str
    entry: str
    stale: str = ""


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What the decisions ask of readings. Made by `curate_lexicon`.

    `names` says what a name that only documents know (kind, folded name) is: a concept, or None for no name at all.
    """

    lexicon: Lexicon
    names: Mapping[tuple[str, str], str | None]
    claims: Mapping[str, tuple[ClaimDecision, ...]]


def curate_lexicon(lexicon: Lexicon, curation: Curation) -> tuple[Lexicon, ReadingRules, list[Outcome]]:
    """The lexicon with the decided terms and forms in it, the rules for readings, and what came of each decision.

    Raises OntologyError that names the entry for a concept that does not exist or would stand twice.
    """
    outcomes: list[Outcome] = []
    names: dict[tuple[str, str], str | None] = {}
    stopped = {squeeze(t.name) for t in curation.terms if t.decision == "stop"}
    ambiguous = dict(lexicon.ambiguous)
    for form in curation.forms:
        stale = "" if form.key in ambiguous else "the form is not ambiguous any more"
        if form.into:
            _known(lexicon, form.into, f"{curation.file}: forms: {form.form!r}")
        if not stale:
            ambiguous[form.key] = (Sense(form.into or None, ()),)
        outcomes.append(Outcome("forms", form.decision, form.form, stale))
    grown = replace(lexicon, ambiguous=ambiguous, not_names=lexicon.not_names | stopped)
    changed: dict[str, Concept] = {}
    for term in curation.terms:
        where = f"{curation.file}: terms: {term.name!r}"
        stale = ""
        if term.decision == "stop":
            names[term.key] = None
        elif owner := _owner(lexicon, term.name):
            stale = f"the lexicon has it as {owner}"
        else:
            concept = _added(term, where) if term.decision == "add" else _merged(term, lexicon, changed, where)
            if term.decision == "add" and (concept.id in lexicon.concepts or concept.id in changed):
                raise OntologyError(where, f"would be {concept.id}, which there is", "Merge it, or label it otherwise")
            changed[concept.id] = concept
            names[term.key] = concept.id
        outcomes.append(Outcome("terms", term.decision, f"{term.name} ({term.kind})", stale))
    _check_broader(changed, lexicon, curation.file)
    if curation.terms or curation.forms:
        grown, _ = extend(grown, changed.values(), digest=curation.digest)
    claims: dict[str, tuple[ClaimDecision, ...]] = {}
    for decision in curation.claims:
        _check_fillers(decision, grown, f"{curation.file}: claims: {decision.quote[:40]!r}")
        claims[decision.document] = (*claims.get(decision.document, ()), decision)
    return grown, ReadingRules(grown, names, claims), outcomes


def _known(lexicon: Lexicon, concept: str, where: str) -> Concept:
    found = lexicon.concepts.get(concept)
    if found is None:
        raise OntologyError(where, f"names {concept!r}, which is not in the lexicon", "Mend the review file")
    return found


def _owner(lexicon: Lexicon, form: str) -> str | None:
    return next((n.concept or "an ambiguous form" for n in lexicon.names.get(squeeze(form), ())), None)


def _added(term: TermDecision, where: str) -> Concept:
    kind = "disease" if term.as_kind == "finding" else term.as_kind
    en, zh = term.en, term.zh
    if not en and not zh:
        en = zh = term.name
    for target in term.broader:
        if target.partition("/")[0] != kind:
            raise OntologyError(where, f"is a {kind} and cannot be under {target!r}", "Mend the review file")
    return Concept(
        id=f"{kind}/{_slug(en if en and not has_han(en) else '', term.name)}", kind=kind,
        finding=term.as_kind == "finding", en=en or zh, zh=zh or en,
        also=tuple(dict.fromkeys(f for f in (term.name, *term.also) if f not in (en, zh))), abbr=term.abbr,
        broader=term.broader, source=where, terminology=where.partition(":")[0],
    )  # fmt: skip


def _slug(label: str, name: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    if slug and not slug.startswith("new-"):
        return slug
    return f"term-{sha256(squeeze(name).encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _merged(term: TermDecision, lexicon: Lexicon, changed: Mapping[str, Concept], where: str) -> Concept:
    target = changed.get(term.into) or _known(lexicon, term.into, where)
    return replace(target, also=(*target.also, term.name))


def _check_broader(changed: Mapping[str, Concept], lexicon: Lexicon, file: str) -> None:
    for concept in changed.values():
        for target in concept.broader:
            if target not in changed:
                _known(lexicon, target, f"{file}: terms: {concept.en!r}")


def _check_fillers(decision: ClaimDecision, lexicon: Lexicon, where: str) -> None:
    for role, concepts in decision.fillers.items():
        for concept in concepts:
            kind, _, key = concept.partition("/")
            if role in CLAIM_ROLES and kind != role:
                raise OntologyError(where, f"{concept!r} cannot be a {role}", "Mend the review file")
            if not key.startswith("new-"):
                _known(lexicon, concept, where)


@dataclass(frozen=True, slots=True)
class CuratedReading:
    """A reading after review, and the decisions on claims that it met."""

    reading: Reading
    met: tuple[ClaimDecision, ...] = ()


def curate_reading(reading: Reading, rules: ReadingRules) -> CuratedReading:
    """The reading as the reviewers want it: names of its own resolved, claims corrected or gone."""
    reading = _renamed(reading, rules)
    decisions = rules.claims.get(reading.document.sha256, ())
    if not decisions:
        return CuratedReading(reading)
    met: list[ClaimDecision] = []
    claims = []
    for claim in reading.claims:
        decision = _decision(claim, decisions, reading.claims)
        if decision is not None:
            met.append(decision)
        if decision is None or decision.decision == "accept":
            claims.append(claim)
        elif decision.decision == "correct":
            claims.append(_corrected(claim, decision, reading))
    return CuratedReading(replace(reading, claims=tuple(claims)), tuple({d.full_key: d for d in met}.values()))


def claim_outcomes(curation: Curation, met: Sequence[ClaimDecision], documents: frozenset[str]) -> list[Outcome]:
    """What came of the decisions on claims, when all readings are through."""
    found = {d.full_key for d in met}
    out = []
    for decision in curation.claims:
        stale = ""
        if decision.full_key not in found:
            read = decision.document in documents
            stale = "there is no such claim any more" if read else "its document was not read"
        out.append(Outcome("claims", decision.decision, decision.quote[:80], stale))
    return out


def targets(claim: Claim) -> frozenset[str]:
    """What a claim is about: what tells apart the claims of one sentence and one task."""
    return frozenset((*claim.disease, *claim.anatomy, *claim.biomarker, *claim.challenge))


def _decision(claim: Claim, decisions: Sequence[ClaimDecision], claims: Sequence[Claim]) -> ClaimDecision | None:
    """The decision on this claim: one with its targets, else the only one where it is the sentence's only claim."""
    alike = [d for d in decisions if (d.task, d.quote) == (claim.task, claim.quote)]
    exact = next((d for d in alike if d.about == targets(claim)), None)
    if exact is not None:
        return exact
    alone = sum((c.task, c.quote) == (claim.task, claim.quote) for c in claims) == 1
    return alike[0] if alone and len(alike) == 1 else None


def _corrected(claim: Claim, decision: ClaimDecision, reading: Reading) -> Claim:
    fillings = {role: tuple(dict.fromkeys(concepts)) for role, concepts in decision.fillers.items()}
    fixed = replace(claim, **fillings)  # type: ignore[arg-type]  # the keys are roles
    inside = {m.concept for m in reading.mentions if claim.start <= m.start and m.end <= claim.end}
    fillers = {f for role in FILLER_ROLES for f in fixed.fillers(role)}
    # What the reviewer put in stands in the quote or does not: that is a fact of the text, not of the review.
    fresh = fillers - {f for role in FILLER_ROLES for f in claim.fillers(role)} - inside
    context = sorted((set(claim.context) & fillers) | fresh)
    certainty = decision.certainty or claim.certainty  # one of the three: read_curation has checked it
    rule = claim.rule + REVIEWED
    return replace(fixed, context=tuple(context), certainty=certainty, rule=rule)  # type: ignore[arg-type]  # as above


def _renamed(reading: Reading, rules: ReadingRules) -> Reading:
    """The names that only the document knew, as the reviewers decided on them."""
    new: dict[str, str | None] = {}
    for m in reading.mentions:
        if "/new-" in m.concept and (m.kind, squeeze(m.label)) in rules.names:
            new[m.concept] = rules.names[m.kind, squeeze(m.label)]
    if not new:
        return reading
    mentions = (_renamed_mention(m, new, rules.lexicon) for m in reading.mentions)
    claims = (_renamed_claim(c, new, rules.lexicon) for c in reading.claims)
    return replace(
        reading,
        mentions=tuple(m for m in mentions if m is not None),
        claims=tuple(c for c in claims if c is not None),
    )


def _renamed_mention(mention: Mention, new: Mapping[str, str | None], lexicon: Lexicon) -> Mention | None:
    if mention.concept not in new:
        return mention
    concept = new[mention.concept]
    if concept is None:
        return None
    return replace(mention, concept=concept, kind=concept.partition("/")[0], label=lexicon.label(concept))


def _renamed_claim(claim: Claim, new: Mapping[str, str | None], lexicon: Lexicon) -> Claim | None:
    """The claim with each filler in the role of what it is now; a statement left without challenge goes."""
    roles: dict[str, list[str]] = {role: [] for role in FILLER_ROLES}
    for role in roles:
        for filler in claim.fillers(role):
            concept = new.get(filler, filler)
            if concept is None:
                continue
            its = concept.partition("/")[0] if filler in new and role in CLAIM_ROLES else role
            if its in roles:
                roles[its].append(concept)
    if claim.task is None and not roles["challenge"]:
        return None
    if claim.task is not None:
        roles["challenge"] = list(claim.challenge)
    comparator = None if claim.comparator is None else new.get(claim.comparator, claim.comparator)
    fillers = {role: tuple(dict.fromkeys(values)) for role, values in roles.items()}
    present = {f for values in fillers.values() for f in values}
    context = sorted({c for f in claim.context if (c := new.get(f, f)) is not None} & present)
    return replace(
        claim,
        context=tuple(context),
        comparator=comparator,
        comparison=None if comparator is None and claim.comparator is not None else claim.comparison,
        results=tuple(kept for r in claim.results if (kept := _renamed_result(r, new, lexicon)) is not None),
        **fillers,  # type: ignore[arg-type]  # the keys are roles
    )


def _renamed_result(result: Result, new: Mapping[str, str | None], lexicon: Lexicon) -> Result | None:
    metric = new.get(result.metric, result.metric)
    if metric is None or not metric.startswith("metric/"):
        return None
    label = result.label if metric == result.metric else lexicon.label(metric)
    of_method = None if result.of_method is None else new.get(result.of_method, result.of_method)
    return replace(result, metric=metric, label=label, of_method=of_method)
