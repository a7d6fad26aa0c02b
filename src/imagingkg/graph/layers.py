"""The whole graph of a corpus, layers 1 to 3, in the order in which it is written.

Nothing is held but the readings: each section is made as it is asked for, so that memory does not grow with the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

import imagingkg.graph.names as ns
from imagingkg.graph.build import assertion_triples, document_triples, reading_triples, study_triples
from imagingkg.graph.concepts import concept_triples, concepts_needed, unlinked_triples
from imagingkg.graph.links import direct_links
from imagingkg.graph.names import Names, ikg, text_literal
from imagingkg.graph.sources import Source
from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that a graph is made from. `readings`: one a text, by the hash of the text (`corpus` sees to that).

    `concepts` are the ids of the lexicon's concepts that the graph has: those that these readings need. Without
    `quotes` no sentence is written. `licensed_codes`: write the codes of vocabularies that need a licence. `version` is
    that of the program and names the run, with the lexicon's digest.
    """

    readings: tuple[Reading, ...]
    concepts: frozenset[str]
    lexicon: Lexicon
    names: Names
    sources: Mapping[str, Source]
    version: str
    quotes: bool = True
    licensed_codes: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the graph: a heading for people, and triples with those of a subject together."""

    heading: str
    blocks: Iterable[Sequence[Triple]]


def corpus(
    readings: Iterable[Reading],
    lexicon: Lexicon,
    *,
    names: Names,
    sources: Mapping[str, Source],
    version: str,
    quotes: bool = True,
    licensed_codes: bool = False,
) -> Corpus:
    """The readings in the order of the graph, whatever theirs was; of two with one text the first by source stays."""
    by_text: dict[str, Reading] = {}
    for reading in sorted(readings, key=lambda r: (r.document.sha256, r.document.source, r.document.id)):
        by_text.setdefault(reading.document.sha256, reading)
    kept = tuple(by_text.values())
    needed = concepts_needed(kept, lexicon)
    return Corpus(kept, needed, lexicon, names, sources, version, quotes, licensed_codes)


def sections(corpus: Corpus) -> Iterator[Section]:
    """The default graph: the run, concepts with their direct links, studies, documents, assertions by document."""
    names, readings = corpus.names, corpus.readings
    run = _run(corpus)
    yield Section("This run, and the rights in the codes that concepts are mapped to", [metadata(corpus)])
    yield Section("Concepts and the direct links between them", _concept_blocks(corpus))
    studies = (t for reading in readings for t in study_triples(reading, names))
    yield Section("Studies", [arranged(studies, by_subject=True)])
    yield Section("Documents", (arranged(document_triples(r, names)) for r in readings))
    yield Section(
        "Claims and statements, by document in the order of the text",
        (arranged(assertion_triples(r, names, run, quotes=corpus.quotes)) for r in readings if r.claims),
    )


def named_graphs(corpus: Corpus) -> Iterator[tuple[NamedNode, Sequence[Triple]]]:
    """The same triples in graphs: metadata, concepts, links, and one for each document, named as the document is."""
    names = corpus.names
    run = _run(corpus)
    yield names.graph("metadata"), metadata(corpus)
    yield names.graph("concepts"), arranged(_layer_1(corpus), by_subject=True)
    yield names.graph("links"), arranged(direct_links(corpus.readings, names), by_subject=True)
    for reading in corpus.readings:
        yield names.document(reading.document), arranged(reading_triples(reading, names, run, quotes=corpus.quotes))


def graph_triples(corpus: Corpus) -> Iterator[Triple]:
    """Every triple of layers 1 to 3, once, those of a subject together, in the order of graph.ttl."""
    for section in sections(corpus):
        for block in section.blocks:
            yield from block


def turtle_prefixes(corpus: Corpus) -> dict[str, str]:
    """Prefix to namespace for the files of this graph."""
    return corpus.names.prefixes({s.prefix: s.base for s in _used_sources(corpus)})


def _layer_1(corpus: Corpus) -> Iterator[Triple]:
    lexicon, names = corpus.lexicon, corpus.names
    yield from concept_triples(
        lexicon, names, corpus.sources, only=corpus.concepts, licensed_codes=corpus.licensed_codes
    )
    yield from unlinked_triples(corpus.readings, lexicon, names)


def _concept_blocks(corpus: Corpus) -> Iterator[Sequence[Triple]]:
    triples = [*_layer_1(corpus), *direct_links(corpus.readings, corpus.names)]
    yield arranged(triples, by_subject=True)


def _run(corpus: Corpus) -> NamedNode:
    return corpus.names.run(corpus.version, corpus.lexicon.digest)


def metadata(corpus: Corpus) -> Sequence[Triple]:
    """What is said about the run that makes the graph, and about the rights in it."""
    run, concepts = _run(corpus), corpus.names.graph("concepts")
    rights = {s.rights for s in _used_sources(corpus) if s.rights}
    return arranged([
        Triple(run, ns.TYPE, ikg("Run")),
        Triple(run, ns.TYPE, NamedNode(ns.PROV + "Activity")),
        Triple(run, ns.LABEL, text_literal(f"imagingkg {corpus.version}", "en")),
        Triple(run, ikg("toolVersion"), Literal(corpus.version)),
        Triple(run, ikg("lexiconDigest"), Literal(corpus.lexicon.digest)),
        Triple(concepts, ns.TYPE, NamedNode(ns.PROV + "Entity")),
        Triple(concepts, ns.LABEL, text_literal("concepts", "en")),
        Triple(concepts, ns.LABEL, text_literal("概念", "zh")),
        Triple(concepts, NamedNode(ns.PROV + "wasGeneratedBy"), run),
        *(Triple(concepts, NamedNode(ns.DCTERMS + "rights"), text_literal(text, "en")) for text in rights),
    ])  # fmt: skip


def _used_sources(corpus: Corpus) -> list[Source]:
    concepts = [corpus.lexicon.concepts[key] for key in corpus.concepts]
    used = {curie.partition(":")[0] for c in concepts for curie in (*c.exact, *c.close, *c.broad)}
    found = (corpus.sources[p] for p in sorted(used) if p in corpus.sources)
    return [s for s in found if corpus.licensed_codes or not s.licensed]


# What a reader looks for first stands first; predicates that are not here follow by IRI.
_FIRST: Final = (
    ns.TYPE.value, ns.LABEL.value, *(ns.SKOS + p for p in ("prefLabel", "altLabel", "definition", "broader")),
    *(ns.DCTERMS + p for p in ("title", "language", "source")),
    *(ns.VOCAB + p for p in (
        "task", "modality", "disease", "anatomy", "method", "biomarker", "dataset", "challenge", "remedy",
        "contextFiller", "certainty", "assertedAs", "comparator", "comparison", "result", "sample", "evidence", "study",
        "statedIn", "rule", "quote", "quoteHash", "metric", "value", "unit", "normalizedValue", "reportedAs",
    )), ns.OA + "exact",
)  # fmt: skip
Subject = NamedNode | BlankNode | Triple
Term = NamedNode | BlankNode | Literal | Triple
_RANK: Final = {iri: rank for rank, iri in enumerate(_FIRST)}


class Block(NamedTuple):
    """The triples of a subject in order, and its values by predicate."""

    subject: Subject
    triples: list[Triple]
    values: dict[str, list[Term]]


def blocks(triples: Iterable[Triple], *, by_subject: bool = False) -> list[Block]:
    """Each triple once, those of a subject together: subjects as they come, or by IRI; within one, as a reader would.

    The order depends on the triples alone (and, without `by_subject`, on that in which subjects first come).
    """
    found: dict[Subject, dict[str, list[Triple]]] = {}
    for triple in triples:
        found.setdefault(triple.subject, {}).setdefault(triple.predicate.value, []).append(triple)
    out = []
    for subject in sorted(found, key=str) if by_subject else found:
        said = found[subject]
        block = Block(subject, [], {})
        for predicate in _in_rank(tuple(said)):
            some = said[predicate]
            if len(some) > 1:  # most predicates have one value, which need not be written out to be put in order
                some = sorted(dict.fromkeys(some), key=_object)
            block.triples.extend(some)
            block.values[predicate] = [triple.object for triple in some]
        out.append(block)
    return out


def arranged(triples: Iterable[Triple], *, by_subject: bool = False) -> list[Triple]:
    """The triples of `blocks`, one after the other."""
    return [triple for block in blocks(triples, by_subject=by_subject) for triple in block.triples]


@lru_cache(maxsize=4096)  # a graph has few sets of predicates
def _in_rank(predicates: tuple[str, ...]) -> list[str]:
    return sorted(predicates, key=_rank)


def _rank(predicate: str) -> tuple[int, str]:
    return _RANK.get(predicate, len(_RANK)), predicate


def _object(triple: Triple) -> str:
    return str(triple.object)
