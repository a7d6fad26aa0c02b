"""Layer 1: the concepts of the lexicon as SKOS concepts, and the names that only documents know.

Of the lexicon's thousands of concepts a graph has those that its documents name, and those that it takes to understand
them (`concepts_needed`). All of them would bury a few papers under a vocabulary that says nothing of these papers; with
less, a label or a step upward would be missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from imagingkg.forms import has_han, respellings
from imagingkg.graph.names import SKOS, TYPE, Names, ikg, text_literal
from imagingkg.graph.sources import Source, expand, usable
from imagingkg.lexicon import Concept, Lexicon
from imagingkg.model import KINDS, Claim, Reading

CONCEPT: Final = ikg("Concept")
FINDING: Final = ikg("Finding")
CLASS_OF: Final = {kind: ikg(kind.capitalize()) for kind in KINDS}
PREF_LABEL: Final = NamedNode(SKOS + "prefLabel")
ALT_LABEL: Final = NamedNode(SKOS + "altLabel")
DEFINITION: Final = NamedNode(SKOS + "definition")
UNLINKED: Final = ikg("unlinked")
IMPORTED_FROM: Final = ikg("importedFrom")
HIGHER_IS_BETTER: Final = ikg("higherIsBetter")

RELATIONS: Final = {
    "broader": NamedNode(SKOS + "broader"),
    "part_of": ikg("partOf"),
    "located_in": ikg("locatedIn"),
    "marker_of": ikg("knownMarkerOf"),
    "combines": ikg("combines"),
    "mitigates": ikg("mitigates"),
}
MAPPINGS: Final = {
    "exact": NamedNode(SKOS + "exactMatch"),
    "close": NamedNode(SKOS + "closeMatch"),
    "broad": NamedNode(SKOS + "broadMatch"),
}


def concepts_needed(readings: Iterable[Reading], lexicon: Lexicon) -> frozenset[str]:
    """The lexicon's concepts that a graph of the readings should have.

    They are those that a mention, claim or figure names; the known markers of these diseases and known remedies of
    these challenges; and whatever any of them is under, part of, located in or made of.
    """
    return concepts_around({concept for reading in readings for concept, _, _ in named_in(reading)}, lexicon)


def concepts_around(named: Set[str], lexicon: Lexicon) -> frozenset[str]:
    """Of the concepts named those that the lexicon has, with what it takes to understand them."""
    reached = _upward(named & lexicon.concepts.keys(), lexicon)
    curated = {c.id for c in lexicon.concepts.values() if not reached.isdisjoint((*c.marker_of, *c.mitigates))}
    return frozenset(_upward(reached | curated, lexicon))


def _upward(concepts: Iterable[str], lexicon: Lexicon) -> set[str]:
    """The concepts and all that they refer to, directly or not."""
    todo, reached = list(concepts), set(concepts)
    while todo:
        concept = lexicon.concepts[todo.pop()]
        for field in RELATIONS:
            for target in getattr(concept, field):
                if target in lexicon.concepts and target not in reached:
                    reached.add(target)
                    todo.append(target)
    return reached


def concept_triples(
    lexicon: Lexicon,
    names: Names,
    sources: Mapping[str, Source],
    *,
    only: Collection[str] | None = None,
    licensed_codes: bool = False,
) -> Iterator[Triple]:
    """Everything that is curated of the concepts (`only` these, or all), by id.

    Raises OntologyError for a malformed mapping.
    """
    for key in sorted(lexicon.concepts if only is None else only):
        concept = lexicon.concepts[key]
        node = names.concept(key)
        classes = [CONCEPT, CLASS_OF[concept.kind], *([FINDING] if concept.finding else [])]
        yield from (Triple(node, TYPE, kind) for kind in classes)
        yield from _labels(concept, node)
        yield from _relations(concept, node, lexicon, names)
        for field, predicate in MAPPINGS.items():
            for curie in sorted(set(getattr(concept, field))):
                if usable(curie, sources, licensed_codes=licensed_codes):
                    yield Triple(node, predicate, expand(curie, sources))


def _labels(concept: Concept, node: NamedNode) -> Iterator[Triple]:
    preferred = {text_literal(concept.en, "en"), text_literal(concept.zh, "zh")}
    if concept.terminology:
        yield Triple(node, IMPORTED_FROM, text_literal(concept.terminology))
        if concept.en == concept.zh:  # it has one name, whose language its script tells
            preferred = {text_literal(concept.en, language_of(concept.en))}
    yield from (Triple(node, PREF_LABEL, label) for label in preferred)
    listed = {text_literal(f, language_of(f)) for f in (*concept.also, *concept.abbr, *respellings(concept.en))}
    # SKOS: a label is not both preferred and alternative in one language.
    yield from (Triple(node, ALT_LABEL, label) for label in listed - preferred)
    for text, language in ((concept.definition_en, "en"), (concept.definition_zh, "zh")):
        if text:
            yield Triple(node, DEFINITION, text_literal(text, language))


def _relations(concept: Concept, node: NamedNode, lexicon: Lexicon, names: Names) -> Iterator[Triple]:
    for field, predicate in RELATIONS.items():
        for target in getattr(concept, field):
            if target in lexicon.concepts:
                yield Triple(node, predicate, names.concept(target))
    if concept.higher_is_better is not None:
        yield Triple(node, HIGHER_IS_BETTER, Literal(concept.higher_is_better))


def language_of(form: str) -> str:
    """The language of a written name, by its script: "zh" with any Chinese character in it, else "en"."""
    return "zh" if has_han(form) else "en"


def unlinked_triples(readings: Iterable[Reading], lexicon: Lexicon, names: Names) -> Iterator[Triple]:
    """The concepts that the readings name and the lexicon has not, each with the name that is written most often."""
    written: dict[str, Counter[str]] = {}
    for reading in readings:
        for concept, label, _ in named_in(reading):
            if concept not in lexicon.concepts:
                written.setdefault(concept, Counter())[label] += 1
    for concept in sorted(written):
        yield from unlinked_concept(concept, written[concept], names)


def unlinked_concept(concept: str, written: Mapping[str, int], names: Names) -> Iterator[Triple]:
    """A concept that the lexicon has not, with the name that is written most often."""
    kind, _, key = concept.partition("/")
    label = commonest(written) or key
    node = names.concept(concept)
    yield Triple(node, TYPE, CONCEPT)
    if kind in CLASS_OF:
        yield Triple(node, TYPE, CLASS_OF[kind])
    yield Triple(node, PREF_LABEL, text_literal(label, language_of(label)))
    yield Triple(node, UNLINKED, Literal(True))


def commonest(written: Mapping[str, int]) -> str:
    """The name that is written most often, of several the first; "" where none is written."""
    labels = {label: n for label, n in written.items() if label}
    return min(labels, key=lambda text: (-labels[text], text), default="")


def named_in(reading: Reading) -> Iterator[tuple[str, str, bool]]:
    """Every concept id in a reading, its label as written ("" where only a claim has it), and if it is a mention."""
    for mention in reading.mentions:
        yield mention.concept, mention.label, True
    for claim in reading.claims:
        for concept in concepts_of(claim):
            yield concept, "", False
        for result in claim.results:
            yield result.metric, result.label, False


def concepts_of(claim: Claim) -> Iterator[str]:
    """Every concept id that a claim refers to, the metrics of its results aside."""
    if claim.task is not None:
        yield claim.task
    for role in ("modality", "disease", "anatomy", "method", "biomarker", "dataset", "challenge", "remedy"):
        yield from claim.fillers(role)
    if claim.comparator is not None and is_concept_id(claim.comparator):
        yield claim.comparator
    yield from (r.of_method for r in claim.results if r.of_method is not None)


def is_concept_id(text: str) -> bool:
    """Is a comparator a concept ("method/u-net") and not a plain word ("radiologist", "and/or")?"""
    kind, slash, key = text.partition("/")
    return bool(slash and key) and kind in KINDS
