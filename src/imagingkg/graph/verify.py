"""Is every quote what the document says? Texts, claims.jsonl and graph.ttl of an output, held against each other."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from imagingkg.errors import GraphError
from imagingkg.graph.build import quote_hash
from imagingkg.graph.issues import Issue
from imagingkg.graph.names import OA, TYPE, VOCAB, clean, short_hash
from imagingkg.graph.validate import read_turtle
from imagingkg.model import Reading, text_hash
from imagingkg.readings import reading_from_json
from imagingkg.runs import Runs
from imagingkg.staging import recover

_EVIDENCE: Final = NamedNode(VOCAB + "Evidence")
_TOLD: Final = "0"
_FOUND: Final = "1"
MEMORY: Final = 4 * 1024 * 1024
"""Bytes of lines that are gathered before they go to disk, twice."""
_PARTS: Final = tuple(VOCAB + name for name in ("start", "end", "quoteHash", "quote"))


def verify(output: Path) -> list[Issue]:
    """Every mention, quote and hash of a built directory that is not what the stored text says.

    An output without texts (--no-quotes) gives one warning for it, and its places and hashes are still compared. Raises
    GraphError for a directory without claims.jsonl or graph.ttl, or with one that cannot be read at all.
    """
    recover(output)
    for name in ("claims.jsonl", "graph.ttl"):
        if not (output / name).is_file():
            what = f"holds no {name}, so it is no finished build"
            raise GraphError(str(output), what, "Build it: imagingkg build SOURCES -o DIRECTORY")
    issues: list[Issue] = []
    with tempfile.TemporaryDirectory(prefix="imagingkg-") as folder:
        quotes, names = (Runs(Path(folder), name, memory=MEMORY) for name in ("quotes", "names"))
        without = 0
        for number, offset, reading in _readings(output / "claims.jsonl", issues):
            document = reading.document
            where = f"claims.jsonl:{number}"
            for claim in reading.claims:
                name = short_hash(document.sha256, claim.start, claim.end)
                names.add(_line(name, _TOLD, number, f"{claim.start}:{claim.end}"))
            if not document.text and document.sha256 != text_hash(""):
                without += 1
                continue
            quotes.add(_line(document.sha256, _TOLD, offset))
            issues += check_reading(reading, where)
        if without:
            what = f"holds no text of {without} documents (--no-quotes), so their quotes cannot be compared"
            issues.append(Issue("claims.jsonl", "", what, "warning"))
        for number, (node, parts, document_iri) in enumerate(_gathered(read_turtle(output / "graph.ttl"))):
            quotes.add(_line(document_iri.rpartition("/")[2], _FOUND, number, [node, parts]))
            names.add(_line(node.rpartition("/")[2], _FOUND, number, node))
        return [*issues, *_wrong_quotes(quotes, output / "claims.jsonl"), *_unmatched(names)]


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


def _readings(path: Path, issues: list[Issue]) -> Iterator[tuple[int, int, Reading]]:
    """The readings with the number and the place of their lines."""
    offset = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield number, offset, reading_from_json(line.decode("utf-8", "surrogatepass"))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                issues.append(Issue(f"claims.jsonl:{number}", "", f"is no reading ({error})"))
            offset += len(line)


def check_evidence(triples: Iterable[Triple]) -> Iterator[Issue]:
    """What evidence says of itself that does not fit together, where no text is at hand: its place, its document, its
    name made of both, and the hash of its quote. The triples of a subject come together.
    """
    for node, parts, document in _gathered(triples):
        yield from _evidence_issues(node, parts, document.rpartition("/")[2], None)


_Found = tuple[str, Mapping[str, Sequence[str]], str]
"""The IRI of an evidence, its parts, and that of the document that its target leads to ("" for none)."""


def _line(key: str, kind: str, number: int, rest: Any = "") -> bytes:
    """A line to be sorted: by the key, what claims.jsonl told before what graph.ttl has, each in its order there."""
    return "\t".join((json.dumps(key), kind, f"{number:015}", json.dumps(rest))).encode("ascii")


def _by_key(runs: Runs) -> Iterator[tuple[str, list[tuple[str, int, Any]]]]:
    """The lines of each key, as kind, number and the rest."""
    for key, lines in groupby((line.split(b"\t") for line in runs), key=itemgetter(0)):
        yield json.loads(key), [(kind.decode(), int(number), json.loads(rest)) for _, kind, number, rest in lines]


def _wrong_quotes(quotes: Runs, path: Path) -> list[Issue]:
    """What in the evidence of each document differs from its text, in the order of graph.ttl."""
    found: list[tuple[int, Issue]] = []
    with path.open("rb") as readings:
        for sha256, lines in _by_key(quotes):
            text = None
            if lines[0][0] == _TOLD and lines[-1][0] == _FOUND:
                readings.seek(max(number for kind, number, _ in lines if kind == _TOLD))
                text = reading_from_json(readings.readline().decode("utf-8", "surrogatepass")).document.text
            for kind, number, rest in lines:
                if kind == _FOUND:
                    node, parts = rest
                    found += ((number, issue) for issue in _evidence_issues(node, parts, sha256, text))
    return [issue for _, issue in sorted(found, key=itemgetter(0))]


def _unmatched(names: Runs) -> Iterator[Issue]:
    """Claims without evidence, and evidence without a claim."""
    strange: list[str] = []
    for _, lines in _by_key(names):
        kind, number, place = lines[-1]
        if kind == _TOLD:
            yield Issue(f"claims.jsonl:{number}", f"claim {place}", "has no evidence in graph.ttl")
        elif lines[0][0] == _FOUND:
            strange += (node for _, _, node in lines)
    for node in sorted(strange):
        yield Issue(node, "", "is the evidence of no claim in claims.jsonl")


def _gathered(triples: Iterable[Triple]) -> Iterator[_Found]:
    """Each evidence as soon as its target is met, which in our files comes right behind it."""
    waiting: dict[str, tuple[str, Mapping[str, Sequence[str]]]] = {}  # by target
    sources: dict[str, str] = {}  # documents behind targets that no evidence has asked for yet
    for subject, block in groupby(triples, key=lambda t: t.subject):
        values: dict[str, list[str]] = {}
        for triple in block:
            if isinstance(triple.object, (Literal, NamedNode)):
                values.setdefault(triple.predicate.value, []).append(triple.object.value)
        if not isinstance(subject, NamedNode):
            continue
        if _EVIDENCE.value in values.get(TYPE.value, ()):
            parts: Mapping[str, Sequence[str]] = {name: values.get(name, []) for name in _PARTS}
            target = "".join(values.get(OA + "hasTarget", [])[:1])
            if target in sources:
                yield subject.value, parts, sources.pop(target)
            elif target in waiting or not target:  # two with one target: the second one's leads nowhere of its own
                yield subject.value, parts, ""
            else:
                waiting[target] = subject.value, parts
        elif OA + "hasSource" in values:
            document = values[OA + "hasSource"][0]
            if subject.value in waiting:
                yield *waiting.pop(subject.value), document
            else:
                sources[subject.value] = document
    for node, left in waiting.values():
        yield node, left, ""


def _evidence_issues(node: str, parts: Mapping[str, Sequence[str]], sha256: str, text: str | None) -> Iterator[Issue]:
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
    if text is None:
        if any(quote_hash(q) != h for q in quotes for h in hashes):
            yield Issue(node, VOCAB + "quoteHash", "is not the hash of the quote")
        return
    said = clean(text[start:end]) if 0 <= start < end <= len(text) else ""
    for quote in quotes:
        if quote != said:
            yield Issue(node, VOCAB + "quote", f"is {_short(quote)}, the text says {_short(said)}")
    if list(hashes) != [quote_hash(said)]:
        yield Issue(node, VOCAB + "quoteHash", "is not the hash of the text in that place")


def _short(text: str) -> str:
    return json.dumps(text if len(text) <= 40 else text[:39] + "…", ensure_ascii=False)
