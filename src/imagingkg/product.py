"""What is made of one document, and how it lies in a shard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from imagingkg.graph.portion import Portion
from imagingkg.model import Reading
from imagingkg.readings import reading_from_json
from imagingkg.shards import Entry

Decided = tuple[str, str, str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Product:
    """What was made of the document with this text: its line of claims.jsonl, its portion of the graph, its counts.

    `met`: the decisions on claims that the document met, by document, task, quote and targets. `key` names everything
    that it was made from.
    """

    sha256: str
    line: bytes
    portion: Portion
    tally: dict[str, Any]
    met: Sequence[Decided] = ()
    whole: bytes = b""
    key: str = ""

    @property
    def wanted(self) -> bytes:
        """Its line in the list of what is wanted."""
        return f"{self.sha256}{self.key}".encode("ascii")

    def reading(self) -> Reading:
        """The reading with all its texts, be they published or not."""
        return reading_from_json((self.whole or self.line).decode("utf-8", "surrogatepass"))


def pack(made: Product) -> tuple[bytes, ...]:
    """The product as the parts of an entry."""
    facts = {"graph": made.portion.facts(), "tally": made.tally, "met": made.met}
    portion = made.portion
    said = json.dumps(facts, separators=(",", ":")).encode("ascii")
    return made.line, portion.document, portion.studies, portion.assertions, portion.inferred, said, made.whole


def unpack(entry: Entry) -> Product:
    """The product behind an entry."""
    line, *turtle, said, whole = entry.parts
    facts = json.loads(said.decode("ascii"))
    return Product(
        entry.place[0], line, Portion.of(turtle, facts["graph"]), facts["tally"], facts["met"], whole, entry.place[3]
    )  # fmt: skip


class LostEntry(Exception):
    """No shard has what should have been made of a document."""


def chosen(entries: Iterable[Entry], wanted: Iterable[bytes]) -> Iterator[Product]:
    """What was made of each text that is wanted, by hash of the text; of several documents with one the first counts.

    Raises LostEntry, and what reading the entries raises.
    """
    texts = groupby(entries, key=lambda entry: entry.place[0])
    text, group = next(texts, ("", iter(())))
    for sha256_, lines in groupby(wanted, key=itemgetter(slice(0, 64))):
        keys = {line[64:].decode("ascii") for line in lines}
        while text and text < sha256_.decode("ascii"):
            text, group = next(texts, ("", iter(())))
        found = (e for e in group if e.place[3] in keys) if text == sha256_.decode("ascii") else iter(())
        entry = next(found, None)
        if entry is None:
            raise LostEntry(sha256_.decode("ascii"))
        yield unpack(entry)
