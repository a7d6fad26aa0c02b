"""JSON-LD 1.1 with its context in the file: a node object for each subject, keys without prefixes, labels by language.

The context is written out, so that no reader needs a network; numbers stand in quotes with their type, so that "0.950"
is not read as 0.95.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from imagingkg.graph.names import DCTERMS, OA, PROV, RDFS, SKOS, TYPE, VOCAB, VOCABULARIES, XSD
from imagingkg.graph.store import graph_file
from imagingkg.publish.contents import Block, parser_of, subject_blocks

_LABELS: Final = {name: SKOS + name for name in ("prefLabel", "altLabel", "definition")} | {"label": RDFS + "label"}
_TO_THINGS: Final = {
    **{
        name: VOCAB + name
        for name in (
            "task", "modality", "disease", "anatomy", "method", "biomarker", "dataset", "challenge", "remedy",
            "contextFiller", "certainty", "assertedAs", "statedIn", "study", "evidence", "result", "sample", "metric",
            "ofMethod", "mentions", "describes", "partOf", "locatedIn", "knownMarkerOf", "combines", "mitigates",
            "performs", "usesModality", "appliedTo", "targets", "images", "supportsTask", "predicts", "markerOf",
        )
    },
    **{name: SKOS + name for name in ("broader", "exactMatch", "closeMatch", "broadMatch")},
    **{name: OA + name for name in ("hasTarget", "hasSource", "hasSelector")},
    "wasGeneratedBy": PROV + "wasGeneratedBy",
}  # fmt: skip
_TO_TEXTS: Final = {
    **{
        name: VOCAB + name
        for name in (
            "quote", "quoteHash", "reportedAs", "unit", "split", "pValue", "comparator", "comparison", "rule",
            "authors", "citation", "doi", "pmid", "venue", "sha256", "title",
        )
    },
    "exact": OA + "exact",
    **{name: DCTERMS + name for name in ("identifier", "language", "source")},
}  # fmt: skip
_TERMS: Final = {iri: name for table in (_LABELS, _TO_THINGS, _TO_TEXTS) for name, iri in table.items()}
_BY_LANGUAGE: Final = frozenset(_LABELS.values())
_THINGS: Final = frozenset(_TO_THINGS.values())


def write_json_ld(output: Path, out: IO[bytes]) -> None:
    """Layers 1-3 as `{"@context": {...}, "@graph": [...]}`, a node object a line, in the order of graph.ttl."""
    path = graph_file(output, "graph.ttl")
    out.write(b'{"@context": ' + _json(context()) + b',\n"@graph": [')
    between = b"\n"
    for iri, said in subject_blocks(parser_of(path), path):
        out.write(between + _json(_node(iri, said)))
        between = b",\n"
    out.write(b"\n]}\n")


def context() -> dict[str, Any]:
    """What the keys mean. Namespaces have prefixes, for the few keys and values that have no name of their own."""
    return {
        "@version": 1.1,
        **VOCABULARIES,
        **{name: {"@id": iri, "@container": "@language"} for name, iri in _LABELS.items()},
        **{name: {"@id": iri, "@type": "@id"} for name, iri in _TO_THINGS.items()},
        **_TO_TEXTS,
    }


def _node(iri: str, said: Block) -> dict[str, Any]:
    node: dict[str, Any] = {"@id": iri}
    for predicate, objects in said.items():
        if predicate == TYPE:
            node["@type"] = _single([_compact(o.value) for o in objects if isinstance(o, NamedNode)])
        elif predicate.value in _BY_LANGUAGE and all(isinstance(o, Literal) and o.language for o in objects):
            node[_key(predicate)] = _by_language(o for o in objects if isinstance(o, Literal))
        else:
            # A key for labels by language takes nothing else.
            by_language = predicate.value in _BY_LANGUAGE
            key = _compact(predicate.value) if by_language else _key(predicate)
            node[key] = _single([_value(o, predicate) for o in objects])
    return node


def _key(predicate: NamedNode) -> str:
    return _TERMS.get(predicate.value) or _compact(predicate.value)


def _compact(iri: str) -> str:
    """A class, property or datatype with its prefix. Data is left as it is: "study" is a key and no prefix."""
    for prefix, namespace in VOCABULARIES.items():
        local = iri.removeprefix(namespace)
        if local != iri and local.isalnum():
            return f"{prefix}:{local}"
    return iri


def _by_language(labels: Iterable[Literal]) -> Mapping[str, Any]:
    found: dict[str, list[Any]] = {}
    for label in labels:
        found.setdefault(label.language or "", []).append(label.value)
    return {language: _single(texts) for language, texts in found.items()}


def _value(term: NamedNode | Literal | BlankNode | Triple, predicate: NamedNode) -> Any:
    if not isinstance(term, Literal):
        iri = term.value if isinstance(term, NamedNode) else str(term)
        return _compact(iri) if predicate.value in _THINGS else {"@id": _compact(iri)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value != XSD + "string":
        return {"@value": term.value, "@type": _compact(term.datatype.value)}
    # Where a key leads to things, a bare text would be taken for the name of one.
    return {"@value": term.value} if predicate.value in _THINGS else term.value


def _single(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": ")).encode("utf-8")
