"""The claims, concepts and links of a graph as rows of text, and how a figure, a study or a sample is put in words.

Where a cell lists several things, "; " stands between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from imagingkg.publish.contents import Contents
from imagingkg.publish.facts import (
    ROLES,
    ClaimFacts,
    ConceptFacts,
    FigureFacts,
    SampleFacts,
    StudyFacts,
    bearings,
    is_direct,
)

CLAIM_COLUMNS: Final = (
    "claim", "type", "certainty", "asserted as", "retracted", *ROLES, "from context", "best figure", "figures",
    "sample", "comparator", "comparison", "study", "year", "study doi", "study pmid", "document", "source",
    "document doi", "document pmid", "quote", "start", "end", *(f"{role} (zh)" for role in ROLES), "concepts", "rule",
    "evidence", "quote hash",
)  # fmt: skip
NODE_COLUMNS: Final = (
    "concept", "id", "kind", "finding", "label (en)", "label (zh)", "other names", "definition (en)",
    "definition (zh)", "exact match", "close match", "broad match", "unlinked",
)  # fmt: skip
EDGE_COLUMNS: Final = (
    "subject", "link", "object", "subject label (en)", "object label (en)", "subject label (zh)", "object label (zh)",
    "origin", "certainty", "direct", "from context", "claim",
)  # fmt: skip
_SEPARATOR: Final = "; "
_RELATIONS: Final = "<>=≤≥"


def claim_rows(contents: Contents) -> Iterator[tuple[str, ...]]:
    """A row for each claim and statement, in the order of CLAIM_COLUMNS."""
    return (_claim_row(claim, contents) for claim in contents.claims())


def node_rows(contents: Contents) -> Iterator[tuple[str, ...]]:
    """A row for each concept, in the order of NODE_COLUMNS."""
    for iri in sorted(contents.concepts):
        concept = contents.concepts[iri]
        matches = (
            listed(contents.curie(to) for how, to in concept.mappings if how == asked)
            for asked in ("exact", "close", "broad")
        )
        yield (
            iri, contents.concept_id(iri), concept.kind, truth(concept.finding), concept.name("en"), concept.name("zh"),
            listed(name for _, name in concept.others), concept.definitions.get("en", ""),
            concept.definitions.get("zh", ""), *matches, truth(concept.unlinked),
        )  # fmt: skip


def edge_rows(contents: Contents) -> Iterator[tuple[str, ...]]:
    """A row for each link, in the order of EDGE_COLUMNS: first those of the lexicon, then those of each claim.

    A claim's row says with what certainty it speaks of the link; `direct` tells the links that the graph asserts.
    """
    for link in contents.links:
        if link.curated:
            yield _edge_row(contents, link.subject, link.name, link.object, "lexicon", "", "", "", "")
    for claim in contents.claims():
        for bearing in bearings(claim):
            yield _edge_row(
                contents, bearing.subject, bearing.name, bearing.object, "claim", claim.certainty,
                truth(is_direct(claim, bearing)), truth(bearing.from_context), claim.iri,
            )  # fmt: skip


def _edge_row(contents: Contents, subject: str, name: str, target: str, *rest: str) -> tuple[str, ...]:
    labels = (contents.name(end, language) for language in ("en", "zh") for end in (subject, target))
    return subject, name, target, *labels, *rest


def _claim_row(claim: ClaimFacts, contents: Contents) -> tuple[str, ...]:
    studies = [contents.studies[s] for s in claim.studies if s in contents.studies]
    document = contents.documents.get(claim.document)
    of_document = (
        (document.title or claim.document, listed(document.sources), document.doi, document.pmid)
        if document
        else (claim.document, "", "", "")
    )
    of_studies = (listed(_unique(column)) for column in zip(*((s.year, s.doi, s.pmid) for s in studies), strict=True))
    concepts = (f"{role}={contents.concept_id(iri)}" for role, iris in claim.fillers.items() for iri in iris)
    return (
        claim.iri, "statement" if claim.statement else "claim", claim.certainty, claim.asserted_as,
        truth(claim.retracted), *_by_role(claim, contents, "en"), names(claim.context, contents),
        best_figure(claim, contents), listed(figure(f, contents) for f in claim.figures),
        listed(map(sample, claim.samples)), comparator(claim, contents), claim.comparison,
        listed(map(study, studies)), *(tuple(of_studies) or ("", "", "")), *of_document, claim.quote,
        str(claim.start), str(claim.end), *_by_role(claim, contents, "zh"), listed(concepts), claim.rule,
        claim.evidence, claim.quote_hash,
    )  # fmt: skip


def _by_role(claim: ClaimFacts, contents: Contents, language: str) -> Iterator[str]:
    return (names(claim.fillers.get(role, ()), contents, language) for role in ROLES)


def names(concepts: Iterable[str], contents: Contents, language: str = "en") -> str:
    """The names of concepts, sorted."""
    return listed(sorted(contents.name(iri, language) for iri in concepts))


def figure(found: FigureFacts, contents: Contents) -> str:
    """A figure as printed, with method, metric, interval, split and p value: "U-Net: AUC 0.95 [0.93, 0.97] (test)"."""
    bounds = f" [{found.lower}, {found.upper}]" if found.lower or found.upper else ""
    split = f" ({found.split})" if found.split not in ("", "unspecified") else ""
    p = f", p{'' if found.p[0] in _RELATIONS else '='}{found.p}" if found.p else ""
    method = f"{contents.name(found.of_method)}: " if found.of_method else ""
    return f"{method}{contents.name(found.metric)} {found.reported}{bounds}{split}{p}"


def best_figure(claim: ClaimFacts, contents: Contents) -> str:
    """The highest of those in 0-1 where more is better, else the first; training splits are left aside."""
    held_out = [(v, f) for f in claim.figures if f.split != "training" and (v := _decimal(f.normalized)) is not None]
    unit = [(v, f) for v, f in held_out if 0 <= v <= 1 and _higher_is_better(contents.concepts.get(f.metric))]
    best = max(unit, key=lambda pair: pair[0], default=held_out[0] if held_out else None)
    return figure(best[1], contents) if best else ""


def _higher_is_better(metric: ConceptFacts | None) -> bool:
    return metric is not None and metric.higher_is_better


def sample(found: SampleFacts) -> str:
    """A sample size in words: "134 patients", "82 images (test)"."""
    split = f" ({found.split})" if found.split not in ("", "unspecified") else ""
    return f"{found.value} {found.unit}".strip() + split


def study(found: StudyFacts) -> str:
    """A study in words: "Su 2019 [21] 10.1000/x PMID 123", by its title where no author is known."""
    name = " ".join(filter(None, (found.authors or found.title, found.year)))
    marks = (f"[{found.citation}]" * bool(found.citation), found.doi, found.pmid and f"PMID {found.pmid}")
    return " ".join(filter(None, (name, *marks)))


def comparator(claim: ClaimFacts, contents: Contents) -> str:
    """What a claim's method is compared with: a concept by its name, another thing as it is called."""
    known = claim.comparator in contents.concepts
    return contents.name(claim.comparator) if known else claim.comparator


def listed(texts: Iterable[str]) -> str:
    """The texts that are not empty, in one cell."""
    return _SEPARATOR.join(filter(None, texts))


def truth(value: bool) -> str:
    """A truth value as the tables write it."""
    return "true" if value else "false"


def _unique(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
