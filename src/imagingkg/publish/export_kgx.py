"""KGX, the exchange format of Biolink graphs: nodes.tsv and edges.tsv.

Each claim is one association for every link that it speaks for or against, with its certainty, sentence, figures and
publications; a denied one is `negated`. Where a claim fills a role that no link covers, its task is related to the
filler, so that nothing that it names is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from imagingkg.graph.links import LINKS
from imagingkg.graph.names import VOCAB
from imagingkg.publish.claim_table import comparator, figure, sample, truth
from imagingkg.publish.contents import Contents, read_contents
from imagingkg.publish.facts import Bearing, ClaimFacts, bearings, is_direct

NODE_COLUMNS: Final = (
    "id", "category", "name", "name_zh", "synonym", "description", "description_zh", "xref", "iri", "publications",
    "year", "authors", "provided_by",
)  # fmt: skip
EDGE_COLUMNS: Final = (
    "id", "subject", "predicate", "object", "category", "original_predicate", "negated", "certainty", "direct",
    "from_context", "asserted_as", "retracted", "knowledge_level", "agent_type", "publications", "supporting_text",
    "has_evidence", "start", "end", "figures", "sample", "comparator", "comparison", "claim", "document", "study",
    "rule", "provided_by",
)  # fmt: skip
CATEGORIES: Final = {
    "modality": "biolink:Procedure",
    "task": "biolink:Activity",
    "disease": "biolink:Disease",
    "anatomy": "biolink:AnatomicalEntity",
    "method": "biolink:InformationContentEntity",
    "biomarker": "biolink:NamedThing",
    "metric": "biolink:InformationContentEntity",
    "dataset": "biolink:Dataset",
    "challenge": "biolink:NamedThing",
}
PREDICATES: Final = {
    "broader": "biolink:subclass_of",
    "partOf": "biolink:part_of",
    "locatedIn": "biolink:located_in",
    "knownMarkerOf": "biolink:associated_with",
    "markerOf": "biolink:associated_with",
    "mentions": "biolink:mentions",
}
"""The Biolink predicates that say what ours do; every other is biolink:related_to. `original_predicate` has ours."""
_OTHER: Final = "biolink:related_to"
_LINKS: Final = frozenset(name for name, _, _ in LINKS)
_FINDING: Final = "biolink:PhenotypicFeature"
_OURS: Final = "imagingkg"
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def write_kgx_folder(output: Path, folder: Path) -> None:
    """nodes.tsv (concepts, studies, documents) and edges.tsv (the lexicon's links, then those of each claim)."""
    contents = read_contents(output)
    for name, columns, rows in (
        ("nodes.tsv", NODE_COLUMNS, _nodes(contents)),
        ("edges.tsv", EDGE_COLUMNS, _edges(contents)),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="\n") as out:
            out.write("\t".join(columns) + "\n")
            out.writelines("\t".join(row) + "\n" for row in rows)


def _nodes(contents: Contents) -> Iterator[Iterable[str]]:
    for iri in sorted(contents.concepts):
        concept = contents.concepts[iri]
        category = _FINDING if concept.finding else CATEGORIES.get(concept.kind, "biolink:NamedThing")
        yield (
            contents.curie(iri), category, cell(concept.name("en")), cell(concept.labels.get("zh", "")),
            cells(name for _, name in concept.others), cell(concept.definitions.get("en", "")),
            cell(concept.definitions.get("zh", "")), cells(contents.curie(to) for _, to in concept.mappings),
            iri, "", "", "", _OURS,
        )  # fmt: skip
    for iri in sorted(contents.studies):
        study = contents.studies[iri]
        name = study.title or " ".join(filter(None, (study.authors, study.year, study.citation)))
        yield (
            contents.curie(iri), "biolink:Study", cell(name), "", "", "", "", "", iri,
            cells(_publication(study.doi, study.pmid)), study.year, cell(study.authors), _OURS,
        )  # fmt: skip
    for iri in sorted(contents.documents):
        document = contents.documents[iri]
        yield (
            contents.curie(iri), "biolink:Publication", cell(document.title), "", "", cells(document.sources), "", "",
            iri, cells(_publication(document.doi, document.pmid)), document.year, cell(document.authors), _OURS,
        )  # fmt: skip


def _edges(contents: Contents) -> Iterator[Iterable[str]]:
    for number, link in enumerate(link for link in contents.links if link.curated):
        known = {
            "id": f"lexicon-{number}", **_triple(link.subject, link.name, link.object, contents), "negated": "false",
            "direct": "true", "knowledge_level": "knowledge_assertion", "agent_type": "manual_agent",
        }  # fmt: skip
        yield (known.get(column, _OURS if column == "provided_by" else "") for column in EDGE_COLUMNS)
    for claim in contents.claims():
        said = _of_claim(claim, contents)
        for number, bearing in enumerate(associations(claim)):
            known = {
                "id": f"{contents.curie(claim.iri)}-{number}",
                **_triple(bearing.subject, bearing.name, bearing.object, contents),
                "direct": truth(bearing.name in _LINKS and is_direct(claim, bearing)),
                "from_context": truth(bearing.from_context),
                **said,
            }
            yield (known[column] for column in EDGE_COLUMNS)


def associations(claim: ClaimFacts) -> list[Bearing]:
    """The links of a claim, and one from its task to each filler that no link names; never none.

    Of a statement: from each challenge to each remedy. A claim that names its task alone is mentioned by its document.
    """
    found = list(bearings(claim))
    named = {end for link in found for end in (link.subject, link.object)}
    hubs = claim.fillers.get("challenge" if claim.statement else "task", ())
    for role, fillers in claim.fillers.items():
        for filler in fillers:
            if filler not in named and filler not in hubs:
                found += (Bearing(hub, role, filler, not claim.context.isdisjoint((hub, filler))) for hub in hubs)
    named = {end for link in found for end in (link.subject, link.object)}
    alone = (filler for fillers in claim.fillers.values() for filler in fillers if filler not in named)
    found += (Bearing(claim.document, "mentions", filler, filler in claim.context) for filler in dict.fromkeys(alone))
    return found


def _triple(subject: str, name: str, target: str, contents: Contents) -> dict[str, str]:
    return {
        "subject": contents.curie(subject),
        "predicate": PREDICATES.get(name, _OTHER),
        "object": contents.curie(target),
        "category": "biolink:Association",
        "original_predicate": contents.curie(VOCAB + name),
    }


def _of_claim(claim: ClaimFacts, contents: Contents) -> dict[str, str]:
    document = contents.documents.get(claim.document)
    studies = [contents.studies[s] for s in claim.studies if s in contents.studies]
    published = [p for s in studies for p in _publication(s.doi, s.pmid)]
    published += _publication(document.doi, document.pmid) if document else []
    return {
        "negated": truth(claim.certainty == "negated"),
        "certainty": claim.certainty,
        "asserted_as": claim.asserted_as,
        "retracted": truth(claim.retracted),
        "knowledge_level": "not_provided" if claim.certainty == "hedged" else "knowledge_assertion",
        "agent_type": "text_mining_agent",
        "publications": cells(dict.fromkeys(published)),
        "supporting_text": cell(claim.quote),
        "has_evidence": contents.curie(claim.evidence),
        "start": str(claim.start),
        "end": str(claim.end),
        "figures": cells(figure(f, contents) for f in claim.figures),
        "sample": cells(map(sample, claim.samples)),
        "comparator": cell(comparator(claim, contents)),
        "comparison": claim.comparison,
        "claim": contents.curie(claim.iri),
        "document": contents.curie(claim.document),
        "study": cells(map(contents.curie, claim.studies)),
        "rule": cell(claim.rule),
        "provided_by": _OURS,
    }


def _publication(doi: str, pmid: str) -> list[str]:
    return [f"{prefix}:{local}" for prefix, local in (("PMID", pmid), ("DOI", doi)) if local]


def cell(text: str) -> str:
    """`text` on one line: the format has no way to write a tab or a line break. Other characters stay as they are."""
    return _BREAKS.sub(" ", text).strip()


def cells(texts: Iterable[str]) -> str:
    """Several texts in one cell. "|" stands between them, so that one within a text is written as "¦"."""
    return "|".join(cell(text).replace("|", "¦") for text in texts if text)
