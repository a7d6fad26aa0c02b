"""The bridge: what was read in a document becomes layer 2 of the graph, its assertions with their evidence.

`reading_triples` gives the triples of one document, subject by subject: the document, its studies, then each assertion
in the order of the text, followed by its evidence, figures and sample sizes. No blank node is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from math import isfinite
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from imagingkg.graph.concepts import is_concept_id
from imagingkg.graph.names import (
    DCTERMS,
    DECIMAL,
    INTEGER,
    OA,
    PROV,
    TYPE,
    Names,
    clean,
    described,
    ikg,
    normal_doi,
    normal_pmid,
    text_literal,
)
from imagingkg.model import CLAIM_ROLES, Claim, Document, Reading, Result, Sample, Study

ROLE: Final = {role: ikg(role) for role in ("task", *CLAIM_ROLES, "challenge", "remedy")}
_CERTAINTY: Final = {name: ikg(name) for name in ("affirmed", "hedged", "negated")}
_ASSERTED_AS: Final = {name: ikg(name) for name in ("primary", "reported")}
_TERM: Final = {
    name: ikg(name)
    for name in (
        "Document", "Claim", "Statement", "Evidence", "Study", "Result", "Sample", "mentions", "describes", "certainty",
        "assertedAs", "statedIn", "study", "contextFiller", "rule", "evidence", "quote", "quoteHash", "start", "end",
        "result", "sample", "comparator", "comparison", "metric", "value", "reportedAs", "unit", "normalizedValue",
        "lower", "upper", "normalizedLower", "normalizedUpper", "pValue", "split", "ofMethod", "authors", "year",
        "citation", "doi", "pmid", "title", "venue", "sha256", "retracted",
    )
}  # fmt: skip
_OA: Final = {
    name: NamedNode(OA + name)
    for name in (
        "Annotation", "SpecificResource", "TextQuoteSelector", "TextPositionSelector", "hasTarget", "hasSource",
        "hasSelector", "exact", "start", "end",
    )
}  # fmt: skip
_DC: Final = {name: NamedNode(DCTERMS + name) for name in ("identifier", "title", "language", "source")}
_GENERATED: Final = NamedNode(PROV + "wasGeneratedBy")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_SCALE: Final = {"%": Decimal(100), "％": Decimal(100), "percent": Decimal(100), "‰": Decimal(1000)}


def reading_triples(reading: Reading, names: Names, run: NamedNode, *, quotes: bool = True) -> Iterator[Triple]:
    """Layer 2 of one document: `document_triples`, `study_triples` and `assertion_triples` in that order."""
    yield from document_triples(reading, names)
    yield from study_triples(reading, names)
    yield from assertion_triples(reading, names, run, quotes=quotes)


def document_triples(reading: Reading, names: Names) -> Iterator[Triple]:
    """The document and the concepts that it names, claimed or not."""
    document = reading.document
    node = names.document(document)
    yield Triple(node, TYPE, _TERM["Document"])
    if name := document.title or document.source:
        # Ours too, so that a query on titles need not care whether it meets a document or a study. A text without a
        # title goes by its file.
        yield from (Triple(node, title, text_literal(name)) for title in (_DC["title"], _TERM["title"]))
    if document.id:
        yield Triple(node, _DC["identifier"], text_literal(document.id))
    yield Triple(node, _DC["language"], text_literal(document.lang))
    for source in sorted({document.source, *document.sources} - {""}):
        yield Triple(node, _DC["source"], text_literal(source))
    yield Triple(node, _TERM["sha256"], Literal(document.sha256))
    yield from _bibliography(node, described(document))
    if document.venue:
        yield Triple(node, _TERM["venue"], text_literal(document.venue))
    if document.retracted:
        yield Triple(node, _TERM["retracted"], Literal(True))
    yield Triple(node, _TERM["describes"], names.own_study(document))
    for concept in sorted({m.concept for m in reading.mentions}):
        yield Triple(node, _TERM["mentions"], names.concept(concept))


def study_triples(reading: Reading, names: Names) -> Iterator[Triple]:
    """The study that the document describes and those that it reports, by IRI, as far as this document tells."""
    document = reading.document
    said: dict[NamedNode, set[Study]] = {names.own_study(document): {described(document)}}
    for claim in reading.claims:
        for node, study in studies_of(document, claim, names):
            said.setdefault(node, set()).add(study)
    for node in sorted(said, key=str):
        yield Triple(node, TYPE, _TERM["Study"])
        for study in said[node]:
            if study.title:
                yield Triple(node, _TERM["title"], text_literal(study.title))
            if study.citation:
                yield Triple(node, _TERM["citation"], text_literal(study.citation))
            yield from _bibliography(node, study)


def studies_of(document: Document, claim: Claim, names: Names) -> list[tuple[NamedNode, Study]]:
    """The studies that a claim is about: never none.

    A primary claim's is the one that the document describes. A reported claim's are those that it cites, each completed
    from the reference list; where it names none, one unknown study stands for them.
    """
    if claim.asserted_as == "primary":
        return [(names.own_study(document), described(document))]
    if not claim.studies:
        return [(names.unnamed_study(document, claim), Study())]
    references = {s.citation: s for s in document.references if s.citation}
    studies = [_completed(s, references.get(s.citation)) for s in claim.studies]
    return [(names.study(document, study), study) for study in studies]


def _completed(study: Study, reference: Study | None) -> Study:
    """What the text says of a study, with what the reference list adds."""
    if reference is None:
        return study
    return replace(
        study,
        authors=study.authors or reference.authors,
        year=study.year if study.year is not None else reference.year,
        doi=study.doi or reference.doi,
        pmid=study.pmid or reference.pmid,
        title=study.title or reference.title,
    )


def _bibliography(node: NamedNode, study: Study) -> Iterator[Triple]:
    if study.authors:
        yield Triple(node, _TERM["authors"], text_literal(study.authors))
    if study.year is not None:
        yield Triple(node, _TERM["year"], _integer(study.year))
    if doi := normal_doi(study.doi):
        yield Triple(node, _TERM["doi"], text_literal(doi))
    if pmid := normal_pmid(study.pmid):
        yield Triple(node, _TERM["pmid"], text_literal(pmid))


def assertion_triples(reading: Reading, names: Names, run: NamedNode, *, quotes: bool = True) -> Iterator[Triple]:
    """Claims and statements in the order of the text, each followed by its evidence, figures and sample sizes."""
    document = reading.document
    for _, _, node, claim in sorted(
        ((c.start, c.end, names.claim(document, c), c) for c in reading.claims), key=lambda x: (*x[:2], x[2].value)
    ):
        results = [(names.result(document, result), result) for result in claim.results]
        samples = [(names.sample(document, sample, claim), sample) for sample in claim.sample]
        yield from _assertion(node, document, claim, names)
        yield from (Triple(node, _TERM["result"], result) for result, _ in results)
        yield from (Triple(node, _TERM["sample"], sample) for sample, _ in samples)
        yield Triple(node, _GENERATED, run)
        yield from _evidence(document, claim, names, quotes=quotes)
        for result, figure in results:
            yield from _result(result, figure, names)
        for sample, size in samples:
            yield from _sample(sample, size)


def _assertion(node: NamedNode, document: Document, claim: Claim, names: Names) -> Iterator[Triple]:
    yield Triple(node, TYPE, _TERM["Statement" if claim.task is None else "Claim"])
    if claim.task is not None:
        yield Triple(node, ROLE["task"], names.concept(claim.task))
    fillers = {claim.task}
    for role in (*CLAIM_ROLES, "challenge", "remedy"):
        for concept in claim.fillers(role):
            fillers.add(concept)
            yield Triple(node, ROLE[role], names.concept(concept))
    for concept in claim.context:
        if concept in fillers:
            yield Triple(node, _TERM["contextFiller"], names.concept(concept))
    yield Triple(node, _TERM["certainty"], _CERTAINTY[claim.certainty])
    yield Triple(node, _TERM["assertedAs"], _ASSERTED_AS[claim.asserted_as])
    yield Triple(node, _TERM["statedIn"], names.document(document))
    for study, _ in studies_of(document, claim, names):
        yield Triple(node, _TERM["study"], study)
    yield Triple(node, _TERM["evidence"], names.evidence(document, claim.start, claim.end))
    if claim.comparator:
        known = is_concept_id(claim.comparator)
        comparator = names.concept(claim.comparator) if known else text_literal(claim.comparator)
        yield Triple(node, _TERM["comparator"], comparator)
    if claim.comparison:
        yield Triple(node, _TERM["comparison"], Literal(claim.comparison))
    yield Triple(node, _TERM["rule"], text_literal(claim.rule))


def _evidence(document: Document, claim: Claim, names: Names, *, quotes: bool) -> Iterator[Triple]:
    """The sentence, in our terms and as a web annotation: its target is the document, by quote and position."""
    node = names.evidence(document, claim.start, claim.end)
    mark = "/" if "#" in node.value else "#"  # below a base that ends in # there is a fragment already
    target, position, quoted = (NamedNode(f"{node.value}{mark}{part}") for part in ("target", "position", "quote"))
    yield Triple(node, TYPE, _TERM["Evidence"])
    yield Triple(node, TYPE, _OA["Annotation"])
    if quotes:
        yield Triple(node, _TERM["quote"], text_literal(claim.quote))
    yield Triple(node, _TERM["quoteHash"], Literal(quote_hash(claim.quote)))
    yield Triple(node, _TERM["start"], _integer(claim.start))
    yield Triple(node, _TERM["end"], _integer(claim.end))
    yield Triple(node, _OA["hasTarget"], target)
    yield Triple(target, TYPE, _OA["SpecificResource"])
    yield Triple(target, _OA["hasSource"], names.document(document))
    yield Triple(target, _OA["hasSelector"], position)
    if quotes:
        yield Triple(target, _OA["hasSelector"], quoted)
    yield Triple(position, TYPE, _OA["TextPositionSelector"])
    yield Triple(position, _OA["start"], _integer(claim.start))
    yield Triple(position, _OA["end"], _integer(claim.end))
    if quotes:
        yield Triple(quoted, TYPE, _OA["TextQuoteSelector"])
        yield Triple(quoted, _OA["exact"], text_literal(claim.quote))


def quote_hash(quote: str) -> str:
    """SHA-256, in hex, of a quote as the graph writes it: who has the text can check it where the quote is left out."""
    return sha256(clean(quote).encode("utf-8")).hexdigest()


def _result(node: NamedNode, result: Result, names: Names) -> Iterator[Triple]:
    scale = _SCALE.get(result.unit.strip().casefold(), Decimal(1))
    yield Triple(node, TYPE, _TERM["Result"])
    yield Triple(node, _TERM["metric"], names.concept(result.metric))
    yield Triple(node, _TERM["reportedAs"], text_literal(result.reported_as))
    for name, normalized, value in (
        ("value", "normalizedValue", _printed(result)),
        ("lower", "normalizedLower", _decimal(result.lower)),
        ("upper", "normalizedUpper", _decimal(result.upper)),
    ):
        if value is not None:
            yield Triple(node, _TERM[name], Literal(format(value, "f"), datatype=DECIMAL))
            yield Triple(node, _TERM[normalized], Literal(format(value / scale, "f"), datatype=DECIMAL))
    if result.unit:
        yield Triple(node, _TERM["unit"], text_literal(result.unit))
    if result.p is not None:
        yield Triple(node, _TERM["pValue"], text_literal(result.p))
    yield Triple(node, _TERM["split"], Literal(result.split))
    if result.of_method is not None:
        yield Triple(node, _TERM["ofMethod"], names.concept(result.of_method))


def _sample(node: NamedNode, sample: Sample) -> Iterator[Triple]:
    yield Triple(node, TYPE, _TERM["Sample"])
    yield Triple(node, _TERM["value"], _integer(sample.value))
    yield Triple(node, _TERM["unit"], text_literal(sample.unit))
    yield Triple(node, _TERM["split"], Literal(sample.split))


def _printed(result: Result) -> Decimal | None:
    """The value with the zeros that were printed: 0.950 stays 0.950, so that its precision is not lost."""
    value = _decimal(result.value)
    found = _NUMBER.search(result.reported_as)
    return Decimal(found[0]) if found and value is not None and Decimal(found[0]) == value else value


def _decimal(number: float | None) -> Decimal | None:
    return Decimal(repr(float(number))) if number is not None and isfinite(number) else None


def _integer(number: int) -> Literal:
    return Literal(str(int(number)), datatype=INTEGER)
