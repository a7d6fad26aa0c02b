"""What a build's graph.ttl says, as plain values, for the writers of tables and lists.

The file is read as it was written, from top to bottom, so that every number keeps the form in which it was printed (the
query store rewrites them) and a graph of any size takes the memory of its concepts, studies and documents, and of one
document's claims at a time. A build writes concepts first, then studies, documents, and the claims by document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, QuadParser, RdfFormat, Triple, parse

from imagingkg.errors import GraphError
from imagingkg.graph.build import ROLE
from imagingkg.graph.concepts import (
    ALT_LABEL,
    CLASS_OF,
    CONCEPT,
    DEFINITION,
    FINDING,
    HIGHER_IS_BETTER,
    MAPPINGS,
    PREF_LABEL,
    RELATIONS,
    UNLINKED,
)
from imagingkg.graph.links import LINKS
from imagingkg.graph.names import DCTERMS, DEFAULT_BASE, PROV, TYPE, VOCAB
from imagingkg.graph.store import graph_file
from imagingkg.publish.facts import (
    ROLES,
    ClaimFacts,
    ConceptFacts,
    DocumentFacts,
    FigureFacts,
    Link,
    SampleFacts,
    StudyFacts,
)

Block = Mapping[NamedNode, list[NamedNode | Literal | BlankNode | Triple]]
"""What a file says of one subject: the objects of each predicate, in their order."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A build's graph: concepts, links, studies and documents at once, by IRI; the claims as they are asked for."""

    path: Path
    prefixes: Mapping[str, str]
    concepts: Mapping[str, ConceptFacts]
    links: tuple[Link, ...]
    studies: Mapping[str, StudyFacts]
    documents: Mapping[str, DocumentFacts]

    @property
    def base(self) -> str:
        """The IRI below which the data is named."""
        return self.prefixes.get("claim", DEFAULT_BASE + "claim/").removesuffix("claim/")

    def name(self, iri: str, language: str = "en") -> str:
        """The name of a concept; the last part of the IRI for one that the graph does not describe."""
        concept = self.concepts.get(iri)
        return concept.name(language) if concept else iri.rsplit("/", 1)[-1]

    def concept_id(self, iri: str) -> str:
        """The id of a concept as in the lexicon: "modality/mri"."""
        return iri.removeprefix(self.base + "concept/")

    def curie(self, iri: str) -> str:
        """The IRI cut short with the longest fitting prefix of the file: "modality:mri"; else as it is."""
        fitting = [p for p, space in self.prefixes.items() if iri.startswith(space)]
        if not fitting:
            return iri
        prefix = max(fitting, key=lambda p: (len(self.prefixes[p]), p))
        return f"{prefix}:{iri.removeprefix(self.prefixes[prefix])}"

    def claims(self) -> Iterator[ClaimFacts]:
        """Every claim and statement, by document in the order of its text. Raises GraphError."""
        return (claim for claim, _ in self.claims_with_blocks())

    def claims_with_blocks(self) -> Iterator[tuple[ClaimFacts, Mapping[str, Block]]]:
        """The same, each with what the file says of it and of all that belongs to its document's claims, by subject."""
        for block in documents_claims(self.path):
            yield from ((_claim(iri, block, self), block) for iri, said in block.items() if _kinds(said) & _CLAIMS)


def read_contents(output: Path) -> Contents:
    """The contents of a build. Raises GraphError for a directory that holds none, or a damaged one."""
    path = graph_file(output, "graph.ttl")
    concepts: dict[str, ConceptFacts] = {}
    links: list[Link] = []
    studies: dict[str, StudyFacts] = {}
    documents: dict[str, DocumentFacts] = {}
    parser = parser_of(path)
    for iri, said in subject_blocks(parser, path):
        kinds = _kinds(said)
        if kinds & _CLAIMS:
            break  # from here on there are claims and what belongs to them: `Contents.claims`
        if CONCEPT.value in kinds:
            concepts[iri] = _concept(iri, said, kinds)
            links += _links(iri, said)
        elif _STUDY in kinds:
            studies[iri] = _study(iri, said)
        elif _DOCUMENT in kinds:
            documents[iri] = _document(iri, said)
    return Contents(path, parser.prefixes, concepts, tuple(sorted(links, key=_link_order)), studies, documents)


def parser_of(path: Path, base: str | None = None) -> QuadParser:
    """The triples of a Turtle file as they come; `base` is what relative IRIs are relative to. Raises GraphError."""
    try:
        return parse(path=str(path), format=RdfFormat.TURTLE, base_iri=base)
    except OSError as error:
        raise GraphError(str(path), f"cannot be read ({error})") from error


def subject_blocks(parser: QuadParser, path: Path) -> Iterator[tuple[str, Block]]:
    """Each subject with all that is said of it in one place of the file. Raises GraphError."""
    try:
        for subject, quads in groupby(parser, key=_subject):
            said: dict[NamedNode, list[NamedNode | Literal | BlankNode | Triple]] = {}
            for quad in quads:
                said.setdefault(quad.predicate, []).append(quad.object)
            yield subject.value if isinstance(subject, NamedNode) else str(subject), said
    except (SyntaxError, OSError) as error:
        raise GraphError(str(path), f"is damaged ({error})", "Build it again") from error


def documents_claims(path: Path) -> Iterator[dict[str, Block]]:
    """The claims of one document after the other, each with its evidence, figures and samples. Raises GraphError."""
    found: dict[str, Block] = {}
    document: str | None = None
    for iri, said in subject_blocks(parser_of(path), path):
        kinds = _kinds(said)
        if kinds & _CLAIMS:
            stated = _one(said, "statedIn")
            if document is not None and stated != document:
                yield found
                found = {}
            document = stated
        elif kinds & _BEFORE_CLAIMS and document is not None:
            what = f"has {iri} after the claims, where no build writes it"
            raise GraphError(str(path), what, "Build it again")
        if document is not None:
            found[iri] = said
    if found:
        yield found


_CLAIMS: Final = {VOCAB + "Claim", VOCAB + "Statement"}
_STUDY: Final = VOCAB + "Study"
_DOCUMENT: Final = VOCAB + "Document"
_BEFORE_CLAIMS: Final = {CONCEPT.value, _STUDY, _DOCUMENT}
_TERMS: Final[dict[str, NamedNode]] = {
    name: NamedNode(VOCAB + name)
    for name in (
        "statedIn", "contextFiller", "certainty", "assertedAs", "study", "evidence", "comparator", "comparison",
        "result", "sample", "rule", "quote", "quoteHash", "start", "end", "metric", "reportedAs", "value",
        "normalizedValue", "unit", "lower", "upper", "pValue", "split", "ofMethod", "authors", "year", "citation",
        "doi", "pmid", "title", "venue", "sha256", "retracted", "describes",
    )
} | {name: NamedNode(DCTERMS + name) for name in ("identifier", "language", "source")} | {
    "wasGeneratedBy": NamedNode(PROV + "wasGeneratedBy")
}  # fmt: skip
_TIES: Final = {
    **{predicate: (predicate.value.removeprefix(VOCAB).rsplit("#", 1)[-1], True) for predicate in RELATIONS.values()},
    **{NamedNode(VOCAB + name): (name, False) for name, _, _ in LINKS},
}


def _subject(quad: object) -> object:
    return quad.subject  # type: ignore[attr-defined]  # groupby knows no generic key of a Quad


def _texts(said: Block, name: str) -> tuple[str, ...]:
    found = said.get(_TERMS[name], ())
    return tuple(sorted(o.value for o in found if isinstance(o, (NamedNode, Literal))))


def _one(said: Block, name: str) -> str:
    found = said.get(_TERMS[name])
    if found is None:
        return ""
    return min((o.value for o in found if isinstance(o, (NamedNode, Literal))), default="")


def _kinds(said: Block) -> set[str]:
    return {o.value for o in said.get(TYPE, ()) if isinstance(o, NamedNode)}


def _literals(said: Block, predicate: NamedNode) -> list[tuple[str, str]]:
    return sorted((o.language or "", o.value) for o in said.get(predicate, ()) if isinstance(o, Literal))


def _concept(iri: str, said: Block, kinds: set[str]) -> ConceptFacts:
    mappings = ((kind, o.value) for kind, p in MAPPINGS.items() for o in said.get(p, ()) if isinstance(o, NamedNode))
    return ConceptFacts(
        iri=iri,
        kind=next((kind for kind, node in CLASS_OF.items() if node.value in kinds), ""),
        finding=FINDING.value in kinds,
        labels=dict(_literals(said, PREF_LABEL)),
        others=tuple(_literals(said, ALT_LABEL)),
        definitions=dict(_literals(said, DEFINITION)),
        mappings=tuple(sorted(mappings)),
        unlinked=UNLINKED in said,
        higher_is_better=("", "true") in _literals(said, HIGHER_IS_BETTER),
    )


def _links(iri: str, said: Block) -> Iterator[Link]:
    for predicate, (name, curated) in _TIES.items():
        yield from (Link(iri, name, o.value, curated) for o in said.get(predicate, ()) if isinstance(o, NamedNode))


def _link_order(link: Link) -> tuple[str, str, str]:
    return link.subject, link.name, link.object


def _study(iri: str, said: Block) -> StudyFacts:
    return StudyFacts(iri, *(_one(said, name) for name in ("authors", "year", "citation", "doi", "pmid", "title")))


def _document(iri: str, said: Block) -> DocumentFacts:
    return DocumentFacts(
        iri=iri, title=_one(said, "title"), identifier=_one(said, "identifier"), language=_one(said, "language"),
        sources=_texts(said, "source"), authors=_one(said, "authors"), year=_one(said, "year"), doi=_one(said, "doi"),
        pmid=_one(said, "pmid"), venue=_one(said, "venue"), sha256=_one(said, "sha256"),
        retracted=_one(said, "retracted") == "true", study=_one(said, "describes"),
    )  # fmt: skip


def _claim(iri: str, block: Mapping[str, Block], contents: Contents) -> ClaimFacts:
    said = block[iri]

    def beside(other: str) -> Block:
        if other not in block:
            raise GraphError(str(contents.path), f"does not have {other} beside {iri}", "Build it again")
        return block[other]

    evidence = _one(said, "evidence")
    place = beside(evidence)
    document = _one(said, "statedIn")
    return ClaimFacts(
        iri=iri,
        statement=VOCAB + "Statement" in _kinds(said),
        fillers={role: found for role in ROLES if (found := _iris(said.get(ROLE[role], ())))},
        context=frozenset(_texts(said, "contextFiller")),
        certainty=_one(said, "certainty").removeprefix(VOCAB),
        asserted_as=_one(said, "assertedAs").removeprefix(VOCAB),
        retracted=document in contents.documents and contents.documents[document].retracted,
        document=document,
        studies=_texts(said, "study"),
        evidence=evidence,
        quote=_one(place, "quote"),
        quote_hash=_one(place, "quoteHash"),
        start=int(_one(place, "start") or -1),
        end=int(_one(place, "end") or -1),
        figures=tuple(_figure(r, beside(r)) for r in _texts(said, "result")),
        samples=tuple(SampleFacts(s, *(_one(beside(s), n) for n in _SIZE)) for s in _texts(said, "sample")),
        comparator=_one(said, "comparator"),
        comparison=_one(said, "comparison"),
        rule=_one(said, "rule"),
        run=_one(said, "wasGeneratedBy"),
    )


_SIZE: Final = ("value", "unit", "split")
_FIGURE: Final = (
    "metric", "reportedAs", "value", "normalizedValue", "unit", "lower", "upper", "pValue", "split", "ofMethod",
)  # fmt: skip


def _figure(iri: str, said: Block) -> FigureFacts:
    return FigureFacts(iri, *(_one(said, name) for name in _FIGURE))


def _iris(found: Iterable[object]) -> tuple[str, ...]:
    return tuple(sorted(o.value for o in found if isinstance(o, NamedNode)))
