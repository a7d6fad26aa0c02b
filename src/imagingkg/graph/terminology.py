"""Terminologies in RDF: SKOS schemes and OWL ontologies, in Turtle, N-Triples or RDF/XML, as terms for the lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from imagingkg.errors import OntologyError
from imagingkg.graph.names import RDFS, SKOS, TYPE
from imagingkg.terminology import Term, Terminology

_OWL: Final = "http://www.w3.org/2002/07/owl#"
_OBO_IN_OWL: Final = "http://www.geneontology.org/formats/oboInOwl#"
_OBO: Final = "http://purl.obolibrary.org/obo/"

# Ontology editors declare an entity for each namespace; one made of others is what makes kilobytes into gigabytes.
_NESTED_ENTITY: Final = re.compile(rb"""<!ENTITY\s+[^\s>]+\s+(?:"[^"]*&(?!#)|'[^']*&(?!#))""")

_CLASSES: Final = frozenset({_OWL + "Class", RDFS + "Class", SKOS + "Concept"})
_LABELS: Final = (SKOS + "prefLabel", RDFS + "label")
_SYNONYMS: Final = (SKOS + "altLabel", _OBO_IN_OWL + "hasExactSynonym", _OBO + "IAO_0000118")
_BROADER: Final = (SKOS + "broader", RDFS + "subClassOf")
_SAME: Final = (SKOS + "exactMatch",)
_NEAR: Final = (SKOS + "closeMatch", _OBO_IN_OWL + "hasDbXref")
_DEFINITIONS: Final = (SKOS + "definition", _OBO + "IAO_0000115")
_DEPRECATED: Final = _OWL + "deprecated"
_OF_USE: Final = frozenset({TYPE.value, *_LABELS, *_SYNONYMS, *_BROADER, *_SAME, *_NEAR, *_DEFINITIONS, _DEPRECATED})

_Values = Mapping[str, list["NamedNode | Literal"]]


def read_rdf(path: Path) -> Terminology:
    """The named classes and concepts of the file, by IRI. Labels without a language count as English.

    Raises OntologyError with the line for a file that is neither Turtle nor RDF/XML.
    """
    nodes: dict[str, dict[str, list[NamedNode | Literal]]] = {}
    try:
        for quad in parse(path=str(path), format=_format(path), base_iri="urn:terminology:"):
            if (
                quad.predicate.value in _OF_USE
                and isinstance(quad.subject, NamedNode)
                and isinstance(quad.object, (NamedNode, Literal))
            ):
                nodes.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, []).append(quad.object)
    except SyntaxError as error:
        line = f":{error.lineno}" if error.lineno else ""
        raise OntologyError(f"{path}{line}", f"is neither Turtle nor RDF/XML ({error.msg})", "Mend the file") from error
    except OSError as error:
        raise OntologyError(str(path), error.strerror or str(error)) from error
    terms: list[Term] = []
    obsolete = unnamed = 0
    for iri, values in sorted(nodes.items()):
        if _CLASSES.isdisjoint(o.value for o in values.get(TYPE.value, ())):
            continue
        if any(o.value in ("true", "1") for o in values.get(_DEPRECATED, ())):
            obsolete += 1
        elif (term := _term(iri, values)) is None:
            unnamed += 1
        else:
            terms.append(term)
    if not terms:
        raise OntologyError(str(path), "has no named owl:Class or skos:Concept", "Is it a terminology?")
    return Terminology(path.name, tuple(terms), obsolete, unnamed)


def _format(path: Path) -> RdfFormat:
    """By what stands in the file: an .owl file may be either."""
    data = path.read_bytes()
    if not data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"<?xml", b"<!", b"<rdf:")):
        return RdfFormat.TURTLE
    if _NESTED_ENTITY.search(data):
        raise OntologyError(str(path), "defines entities by entities, which can grow without end", "Write them out")
    return RdfFormat.RDF_XML


def _term(iri: str, values: _Values) -> Term | None:
    en, zh = (_label(values, _LABELS, language) for language in ("en", "zh"))
    if not en and not zh:
        return None
    names = [text for p in (*_LABELS, *_SYNONYMS) for text in _texts(values.get(p, ())) if text not in (en, zh)]
    definition = _label(values, _DEFINITIONS, "en")
    return Term(
        id=iri, en=en, zh=zh, also=tuple(sorted(set(names))), definition=definition,
        broader=_ids(values, _BROADER), same=_ids(values, _SAME), near=_ids(values, _NEAR),
    )  # fmt: skip


def _label(values: _Values, predicates: Iterable[str], language: str) -> str:
    """The first by predicate, then by the alphabet: a file's order of statements means nothing."""
    for predicate in predicates:
        found = sorted(
            " ".join(o.value.split()) for o in values.get(predicate, ())
            if isinstance(o, Literal) and (o.language or "en").lower().split("-")[0] == language
        )  # fmt: skip
        if found and found[0]:
            return found[0]
    return ""


def _texts(values: Iterable[NamedNode | Literal]) -> Iterable[str]:
    for value in values:
        if isinstance(value, Literal) and (value.language or "en").lower().split("-")[0] in ("en", "zh"):
            text = " ".join(value.value.split())
            if text:
                yield text


def _ids(values: _Values, predicates: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({o.value for p in predicates for o in values.get(p, ()) if o.value.strip()}))
