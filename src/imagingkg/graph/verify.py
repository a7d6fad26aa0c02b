"""Is every quote what the document says? Texts, claims.jsonl and graph.ttl of an output, held against each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Final

from pyoxigraph import Literal, NamedNode, Triple

from imagingkg.errors import GraphError
from imagingkg.graph.build import quote_hash
from imagingkg.graph.issues import Issue
from imagingkg.graph.names import OA, TYPE, VOCAB, clean, short_hash
from imagingkg.graph.validate import read_turtle
from imagingkg.model import Reading, text_hash
from imagingkg.readings import reading_from_json
from imagingkg.staging import recover

_EVIDENCE: Final = NamedNode(VOCAB + "Evidence")
_TextOf = Callable[[str], str | None]
"""The text with a hash, or None."""
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
    places: dict[str, int] = {}  # hash of a text to the place of its line: all texts would not fit into memory
    told: dict[str, tuple[str, str]] = {}  # what claims.jsonl has as evidence: hash in its IRI to document and place
    without = 0
    for number, offset, reading in _readings(output / "claims.jsonl", issues):
        document = reading.document
        where = f"claims.jsonl:{number}"
        for claim in reading.claims:
            place = f"{claim.start}:{claim.end}"
            told[short_hash(document.sha256, claim.start, claim.end)] = (where, place)
        if not document.text and document.sha256 != text_hash(""):
            without += 1
            continue
        places[document.sha256] = offset
        issues += check_reading(reading, where)
    if without:
        what = f"holds no text of {without} documents (--no-quotes), so their quotes cannot be compared"
        issues.append(Issue("claims.jsonl", "", what, "warning"))
    with (output / "claims.jsonl").open("rb") as lines:
        issues += _check_graph(read_turtle(output / "graph.ttl"), _Texts(lines, places).get, told)
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


@dataclass(slots=True)
class _Texts:
    """The texts behind the lines of claims.jsonl. The last one is at hand: the graph goes document by document too."""

    lines: IO[bytes]
    places: Mapping[str, int]
    _last: tuple[str, str] = ("", "")

    def get(self, sha256: str) -> str | None:
        """The text with this hash, or None."""
        if sha256 not in self.places:
            return None
        if self._last[0] != sha256:
            self.lines.seek(self.places[sha256])
            line = self.lines.readline().decode("utf-8", "surrogatepass")
            self._last = sha256, reading_from_json(line).document.text
        return self._last[1]


def check_evidence(triples: Iterable[Triple]) -> Iterator[Issue]:
    """What evidence says of itself that does not fit together, where no text is at hand: its place, its document, its
    name made of both, and the hash of its quote. The triples of a subject come together.
    """
    for node, parts, document in _gathered(triples):
        yield from _evidence_issues(node, parts, document.rpartition("/")[2], _no_text)


def _no_text(sha256: str) -> None:
    """There are no texts."""


_Found = tuple[str, Mapping[str, Sequence[str]], str]
"""The IRI of an evidence, its parts, and that of the document that its target leads to ("" for none)."""


def _check_graph(
    triples: Iterable[Triple], texts: _TextOf, told: Mapping[str, tuple[str, str]]
) -> Iterator[Issue]:  # fmt: skip
    present: set[str] = set()
    strange = []
    for node, parts, document in _gathered(triples):
        yield from _evidence_issues(node, parts, document.rpartition("/")[2], texts)
        key = node.rpartition("/")[2]
        present.add(key)
        if key not in told:
            strange.append(node)
    for key in sorted(told.keys() - present):
        where, place = told[key]
        yield Issue(where, f"claim {place}", "has no evidence in graph.ttl")
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


def _evidence_issues(
    node: str, parts: Mapping[str, Sequence[str]], sha256: str, texts: _TextOf
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
    text = texts(sha256)
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
