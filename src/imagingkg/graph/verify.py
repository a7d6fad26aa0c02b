"""Is every quote what the document says? Texts, claims.jsonl and graph.ttl of an output, held against each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from imagingkg.errors import GraphError
from imagingkg.graph.build import quote_hash
from imagingkg.graph.issues import Issue
from imagingkg.graph.names import OA, TYPE, VOCAB, clean, short_hash
from imagingkg.graph.validate import read_turtle
from imagingkg.model import Reading, text_hash
from imagingkg.readings import reading_from_json

_EVIDENCE: Final = NamedNode(VOCAB + "Evidence")
_PARTS: Final = tuple(VOCAB + name for name in ("start", "end", "quoteHash", "quote"))


def verify(output: Path) -> list[Issue]:
    """Every mention, quote and hash of a built directory that is not what the stored text says.

    An output without texts (--no-quotes) gives one warning for it, and its places and hashes are still compared. Raises
    GraphError for a directory without claims.jsonl or graph.ttl, or with one that cannot be read at all.
    """
    for name in ("claims.jsonl", "graph.ttl"):
        if not (output / name).is_file():
            what = f"holds no {name}, so it is no finished build"
            raise GraphError(str(output), what, "Build it: imagingkg build SOURCES -o DIRECTORY")
    issues: list[Issue] = []
    texts: dict[str, str] = {}
    told: dict[str, tuple[str, str]] = {}  # what claims.jsonl has as evidence: hash in its IRI to document and place
    without = 0
    for number, reading in _readings(output / "claims.jsonl", issues):
        document = reading.document
        where = f"claims.jsonl:{number}"
        for claim in reading.claims:
            place = f"{claim.start}:{claim.end}"
            told[short_hash(document.sha256, claim.start, claim.end)] = (where, place)
        if not document.text and document.sha256 != text_hash(""):
            without += 1
            continue
        texts[document.sha256] = document.text
        issues += check_reading(reading, where)
    if without:
        what = f"holds no text of {without} documents (--no-quotes), so their quotes cannot be compared"
        issues.append(Issue("claims.jsonl", "", what, "warning"))
    issues += _check_graph(read_turtle(output / "graph.ttl"), texts, told)
    return issues


def check_reading(reading: Reading, where: str) -> Iterator[Issue]:
    """What in a reading differs from the text that stands in it."""
    document = reading.document
    if text_hash(document.text) != document.sha256:
        yield Issue(where, "document", "the hash is not that of the text")
    spans: list[tuple[str, int, int, str | None]] = [("mention", m.start, m.end, m.text) for m in reading.mentions]
    spans += [("claim", c.start, c.end, c.quote) for c in reading.claims]
    spans += [("result", r.start, r.end, None) for c in reading.claims for r in c.results]
    for kind, start, end, said in spans:
        place, found = f"{kind} {start}:{end}", document.text[max(start, 0) : max(end, 0)]
        if not 0 <= start < end <= len(document.text):
            yield Issue(where, place, f"is no place in a text of {len(document.text)} characters")
        elif said is not None and found != said:
            yield Issue(where, place, f"says {_short(said)}, the text {_short(found)}")


def _readings(path: Path, issues: list[Issue]) -> Iterator[tuple[int, Reading]]:
    with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield number, reading_from_json(line)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                issues.append(Issue(f"claims.jsonl:{number}", "", f"is no reading ({error})"))


def check_evidence(triples: Iterable[Triple]) -> Iterator[Issue]:
    """What evidence says of itself that does not fit together, where no text is at hand: its place, its document, its
    name made of both, and the hash of its quote. The triples of a subject come together.
    """
    yield from _own_issues(_gathered(triples), {})


@dataclass(slots=True)
class _Graph:
    """What the graph tells of evidence, gathered subject by subject: its parts, and the document behind each target."""

    parts: dict[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


def _check_graph(
    triples: Iterable[Triple], texts: Mapping[str, str], told: Mapping[str, tuple[str, str]]
) -> Iterator[Issue]:
    graph = _gathered(triples)
    yield from _own_issues(graph, texts)
    present = {node.rpartition("/")[2] for node in graph.parts}
    for key in sorted(told.keys() - present):
        where, place = told[key]
        yield Issue(where, f"claim {place}", "has no evidence in graph.ttl")
    for node in sorted(n for n in graph.parts if n.rpartition("/")[2] not in told):
        yield Issue(node, "", "is the evidence of no claim in claims.jsonl")


def _own_issues(graph: _Graph, texts: Mapping[str, str]) -> Iterator[Issue]:
    for node, parts in graph.parts.items():
        document = graph.sources.get(graph.targets.get(node, ""), "")
        yield from _evidence_issues(node, parts, document.rpartition("/")[2], texts)


def _gathered(triples: Iterable[Triple]) -> _Graph:
    graph = _Graph()
    for subject, block in groupby(triples, key=lambda t: t.subject):
        values: dict[str, list[str]] = {}
        for triple in block:
            if isinstance(triple.object, (Literal, NamedNode)):
                values.setdefault(triple.predicate.value, []).append(triple.object.value)
        if not isinstance(subject, NamedNode):
            continue
        if _EVIDENCE.value in values.get(TYPE.value, ()):
            graph.parts[subject.value] = {name: values.get(name, []) for name in _PARTS}
            graph.targets[subject.value] = "".join(values.get(OA + "hasTarget", [])[:1])
        elif OA + "hasSource" in values:
            graph.sources[subject.value] = values[OA + "hasSource"][0]
    return graph


def _evidence_issues(
    node: str, parts: Mapping[str, Sequence[str]], sha256: str, texts: Mapping[str, str]
) -> Iterator[Issue]:
    starts, ends, hashes, quotes = (parts[name] for name in _PARTS)
    try:
        (start,), (end,) = map(int, starts), map(int, ends)
    except ValueError:
        yield Issue(node, VOCAB + "start", "has no place in the text: one start and one end")
        return
    if not sha256:
        yield Issue(node, OA + "hasTarget", "leads to no document")
        return
    if not node.endswith("/" + short_hash(sha256, start, end)):
        yield Issue(node, "", "its name is not that of its document and place")
    if sha256 not in texts:
        if any(quote_hash(q) != h for q in quotes for h in hashes):
            yield Issue(node, VOCAB + "quoteHash", "is not the hash of the quote")
        return
    said = clean(texts[sha256][start:end]) if 0 <= start < end <= len(texts[sha256]) else ""
    for quote in quotes:
        if quote != said:
            yield Issue(node, VOCAB + "quote", f"is {_short(quote)}, the text says {_short(said)}")
    if list(hashes) != [quote_hash(said)]:
        yield Issue(node, VOCAB + "quoteHash", "is not the hash of the text in that place")


def _short(text: str) -> str:
    return json.dumps(text if len(text) <= 40 else text[:39] + "…", ensure_ascii=False)
