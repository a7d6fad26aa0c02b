"""The SPARQL 1.1 Protocol as this server speaks it: what a request asks, and in which types it wants the answer.

Everything here is a plain function from what stood in the request to a value; what does not hold is a Problem.
Sources: the W3C recommendations SPARQL 1.1 Protocol and SPARQL 1.1 Service Description, RFC 9110 on negotiation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from imagingkg.graph.safety import MAX_LENGTH
from imagingkg.serve.limits import FIELDS
from imagingkg.serve.problems import Problem

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")

# What a client may accept, the best first, and what is then written.
_SOLUTION_OFFERS: Final = {
    "application/sparql-results+json": "application/sparql-results+json",
    "application/sparql-results+xml": "application/sparql-results+xml",
    "text/csv": "text/csv",
    "text/tab-separated-values": "text/tab-separated-values",
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}
_TRIPLE_OFFERS: Final = {
    "text/turtle": "text/turtle",
    "application/n-triples": "application/n-triples",
    "application/ld+json": "application/ld+json",
    "application/rdf+xml": "application/rdf+xml",
    "application/x-turtle": "text/turtle",
    "text/plain": "application/n-triples",
    "application/json": "application/ld+json",
    "application/xml": "application/rdf+xml",
    "text/xml": "application/rdf+xml",
}

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_QUALITY: Final = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE)
_RANGE: Final = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+)/([\w!#$%&'*+.^`|~-]+)\s*", re.ASCII)
_MOST_RANGES: Final = 100
_READ_ONLY: Final = "updates are not taken: the graph is read-only"


@dataclass(frozen=True, slots=True)
class Request:
    """A query with the graphs that the protocol names, None where it names none. `query` is None where a client asked
    for the service description.
    """

    query: str | None
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


def by_get(query_string: bytes) -> Request:
    """The request of a GET or HEAD."""
    return _request(parameters(query_string, "the address"), empty=not query_string)


def by_post(content_type: str, query_string: bytes, body: bytes) -> Request:
    """The request of a POST, its query in a form or as the body itself."""
    media = check_content_type(content_type)
    fields = parameters(query_string, "the address")
    if media == FORM:
        return _request(fields + parameters(body, "the body"), empty=False)
    if any(name == "query" for name, _ in fields):
        raise Problem(400, "has a query both in the address and in the body", where="request")
    return _request([*fields, ("query", _text(body, "the body"))], empty=False)


def check_content_type(content_type: str) -> str:
    """The media type of a POST that can be read. Raises Problem for any other."""
    media, _, rest = content_type.partition(";")
    media = media.strip().lower()
    if media == UPDATE:
        raise Problem(403, _READ_ONLY, where="request")
    if media not in (FORM, QUERY):
        what = f"has content of the type {media[:100]!r}" if media else "does not say the type of its content"
        raise Problem(415, what, f"Send {QUERY} or {FORM}", where="request", headers={"Accept": f"{QUERY}, {FORM}"})
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8", "us-ascii"):
            raise Problem(415, f"has content in the charset {value.strip()[:40]!r}", "Send UTF-8", where="request")
    return media


def parameters(encoded: bytes, where: str) -> list[tuple[str, str]]:
    """Names and values of a query string or form; strict about escapes, which others guess at."""
    if not encoded:
        return []
    try:
        text = encoded.decode("ascii")
    except UnicodeDecodeError:
        raise Problem(400, f"has characters in {where} that must be percent-encoded", where="request") from None
    if _BAD_ESCAPE.search(text):
        raise Problem(400, f"has a % in {where} without two hexadecimal digits after it", where="request")
    pairs = text.split("&", FIELDS)
    if len(pairs) > FIELDS:
        raise Problem(400, f"has more than {FIELDS:,} parameters", where="request")
    fields = []
    for pair in pairs:
        name, _, value = pair.partition("=")
        fields.append((_decoded(name, where), _decoded(value, where)))
    return fields


def _decoded(text: str, where: str) -> str:
    text = text.replace("+", " ")
    return _text(unquote_to_bytes(text), where) if "%" in text else text


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig" if where == "the body" else "utf-8")
    except UnicodeDecodeError as error:
        raise Problem(400, f"has bytes in {where} that are not UTF-8 (at {error.start:,})", where="request") from None


def _request(fields: Sequence[tuple[str, str]], *, empty: bool) -> Request:
    names = {name for name, _ in fields}
    if "update" in names:
        raise Problem(403, _READ_ONLY, where="request")
    if names & {"using-graph-uri", "using-named-graph-uri"}:
        raise Problem(400, "names graphs for an update (using-graph-uri)", "Use default-graph-uri", where="request")
    queries = [value for name, value in fields if name == "query"]
    if not queries and empty:
        return Request(None)
    if len(queries) != 1:
        what = f"has {len(queries)} queries" if queries else "has no query"
        raise Problem(400, what, "Send one parameter named query", where="request")
    if len(queries[0]) > MAX_LENGTH:
        raise Problem(413, f"has {len(queries[0]):,} characters", f"At most {MAX_LENGTH:,} are allowed", where="query")
    default = tuple(value for name, value in fields if name == "default-graph-uri")
    named = tuple(value for name, value in fields if name == "named-graph-uri")
    return Request(queries[0], default, named) if default or named else Request(queries[0])


@lru_cache(maxsize=256)
def solutions_type(accept: str) -> str | None:
    """The type to write rows and truth values in, by what a client accepts, quality values and all; None where it
    accepts none that is written. Of equal ones ours comes first; what cannot be read of `accept` is passed over.
    """
    return _negotiated(accept, _SOLUTION_OFFERS)


@lru_cache(maxsize=256)
def triples_type(accept: str) -> str | None:
    """The same for graphs."""
    return _negotiated(accept, _TRIPLE_OFFERS)


def _negotiated(accept: str, offers: Mapping[str, str]) -> str | None:
    ranges = _ranges(accept)
    if not ranges:
        return next(iter(offers.values()))
    best, chosen = 0.0, None
    for offer, written in offers.items():
        kind = offer.partition("/")[0]
        # The most exact range that an offer falls under decides, not the best one.
        quality = next((ranges[r] for r in (offer, f"{kind}/*", "*/*") if r in ranges), 0.0)
        if quality > best:
            best, chosen = quality, written
    return chosen


def _ranges(accept: str) -> dict[str, float]:
    ranges: dict[str, float] = {}
    for part in accept.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        head, *rest = part.split(";")
        if (found := _RANGE.fullmatch(head)) is None:
            continue
        quality = 1.0
        for parameter in rest:
            if said := _QUALITY.fullmatch(parameter):
                quality = float(said[1])
        name = f"{found[1]}/{found[2]}".lower()
        ranges[name] = max(quality, ranges.get(name, 0.0))
    return ranges
