"""How a claim is put together, whoever found its parts: identity, quote, certainty, studies, samples, figures."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from imagingkg.extract.clauses import clauses, comparison
from imagingkg.extract.figures import Figure
from imagingkg.extract.page import Line, Page
from imagingkg.model import CLAIM_ROLES, AssertedAs, Certainty, Claim, Result, Sample, Study

_QUOTE_LIMIT: Final = 360
_FILLER_LIMIT: Final = 12


def make_claim(
    page: Page,
    line: Line,
    *,
    task: str,
    fillers: Mapping[str, Sequence[str]],
    rule: str,
    certainty: Certainty,
    figures: Iterable[Figure] = (),
    samples: Iterable[Sample] = (),
    studies: Iterable[Study] = (),
    asserted_as: AssertedAs = "primary",
) -> Claim:
    """The claim that `line` states. Fillers that do not stand in the quote are marked as context."""
    span = _quote_span(page, line, task, fillers)
    kept = _within_limit(fillers)
    context = sorted({f for role in CLAIM_ROLES for f in kept.get(role, ())} - _named(line, span))
    against, verdict = comparison(line.cues)
    results = tuple(dict.fromkeys(_result(page, f) for f in figures))
    return Claim(
        id=_identity(page, span, task, kept),
        task=task,
        start=span[0],
        end=span[1],
        quote=page.document.text[span[0] : span[1]],
        rule=rule,
        **{role: tuple(kept.get(role, ())) for role in CLAIM_ROLES},
        context=tuple(context),
        certainty=certainty,
        asserted_as=asserted_as,
        comparator=against,
        comparison=verdict,
        results=results,
        sample=tuple(dict.fromkeys(samples)),
        studies=tuple(dict.fromkeys(studies)),
    )


def with_figures(page: Page, claim: Claim, figures: Iterable[Figure]) -> Claim:
    """The claim with further figures; its quote and its identity stay."""
    return replace(claim, results=tuple(dict.fromkeys((*claim.results, *(_result(page, f) for f in figures)))))


def make_statement(page: Page, line: Line, challenges: Sequence[str], remedies: Sequence[str], rule: str) -> Claim:
    """A statement on challenges of the field and what helps against them; a heading may state one."""
    fillers = {"challenge": tuple(dict.fromkeys(challenges)), "remedy": tuple(dict.fromkeys(remedies))}
    span = _quote_span(page, line, None, fillers)
    studies = tuple(dict.fromkeys(s.study for s in line.studies))
    return Claim(
        id=_identity(page, span, None, fillers),
        task=None,
        start=span[0],
        end=span[1],
        quote=page.document.text[span[0] : span[1]],
        rule=rule,
        challenge=fillers["challenge"],
        remedy=fillers["remedy"],
        context=tuple(sorted({*fillers["challenge"], *fillers["remedy"]} - _named(line, span))),
        asserted_as="reported" if studies else "primary",
        studies=studies,
    )


def _named(line: Line, span: tuple[int, int]) -> set[str]:
    """The concepts that stand in the quote itself."""
    return {h.concept for h in line.hits if span[0] <= h.start and h.end <= span[1]}


def _within_limit(fillers: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """At most _FILLER_LIMIT fillers in all, the task counted; what was found last in the longest role goes first."""
    kept = {role: list(dict.fromkeys(fillers.get(role, ()))) for role in CLAIM_ROLES}
    while sum(map(len, kept.values())) > _FILLER_LIMIT - 1:
        longest = max(kept, key=lambda role: len(kept[role]))
        kept[longest].pop()
    return {role: tuple(values) for role, values in kept.items()}


def _identity(page: Page, span: tuple[int, int], task: str | None, fillers: Mapping[str, Sequence[str]]) -> str:
    parts = [page.document.sha256, str(span[0]), str(span[1]), task or ""]
    parts += [f"{role}={','.join(sorted(fillers[role]))}" for role in sorted(fillers)]
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _quote_span(page: Page, line: Line, task: str | None, fillers: Mapping[str, Sequence[str]]) -> tuple[int, int]:
    """The sentence; of one that is too long to quote, the run of clauses around what the claim names."""
    start, end = line.sentence.start, line.sentence.end
    if end - start <= _QUOTE_LIMIT:
        return start, end
    wanted = {task, *(f for values in fillers.values() for f in values)}
    spots = [h for h in line.hits if h.concept in wanted] or list(line.hits)
    if not spots:
        return start, start + _QUOTE_LIMIT
    pieces = clauses(page.plain, start, end)
    marks = sorted(h.start for h in spots)
    best = (-1, -1, start, start)  # names held, the earlier run before the later, its span
    last = 0
    for first, (begin, _) in enumerate(pieces):
        last = max(last, first)
        while last + 1 < len(pieces) and pieces[last + 1][1] - begin <= _QUOTE_LIMIT:
            last += 1
        stop = pieces[last][1]
        best = max(best, (bisect_left(marks, stop) - bisect_left(marks, begin), -first, begin, stop))
    begin, stop = best[2], min(best[3], best[2] + _QUOTE_LIMIT)
    text = page.document.text
    while begin < stop and text[begin].isspace():
        begin += 1
    while stop > begin and text[stop - 1].isspace():
        stop -= 1
    return begin, stop


def _result(page: Page, figure: Figure) -> Result:
    number = figure.number
    return Result(
        metric=figure.metric.concept,
        label=page.labels.get(figure.metric.concept, figure.metric.concept),
        value=number.value,
        reported_as=page.document.text[number.start : number.end].strip(),
        start=number.start,
        end=number.end,
        unit=number.unit,
        lower=number.lower,
        upper=number.upper,
        p=number.p,
        split=figure.split,
        of_method=figure.method,
    )
