"""The types that results are written in, and the writer of graphs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import IO, Final

from pyoxigraph import QueryResultsFormat, RdfFormat, Triple, serialize

SOLUTIONS: Final = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
"""For rows and truth values."""
TRIPLES: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
"""For graphs."""

_TURTLE_HEAD: Final = re.compile(rb"(?:@prefix [^\n]*\n)+")
_XML_HEAD: Final = re.compile(rb"(?<=<rdf:RDF)(?: xmlns:[\w.-]+=\"[^\"]*\")+")
_XML_NAMESPACE: Final = re.compile(rb" xmlns:[\w.-]+=\"[^\"]*\"")


def write_graph(triples: Iterable[Triple], media: str, prefixes: Mapping[str, str], out: IO[bytes]) -> None:
    """The triples, once each and in one order, to `out` in one of the types of TRIPLES."""
    ordered = sorted(dict.fromkeys(triples), key=str)
    serialize(ordered, out, TRIPLES[media], prefixes=dict(prefixes))


def settled(data: bytes, media: str) -> bytes:
    """A written graph with its prefixes in the order of the alphabet: pyoxigraph's changes from run to run."""
    if media == "text/turtle":
        return _TURTLE_HEAD.sub(lambda head: b"".join(sorted(head[0].splitlines(keepends=True))), data, count=1)
    if media == "application/rdf+xml":
        return _XML_HEAD.sub(lambda head: b"".join(sorted(_XML_NAMESPACE.findall(head[0]))), data, count=1)
    return data
