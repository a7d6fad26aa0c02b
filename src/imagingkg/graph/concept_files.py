"""The concepts of a graph as they are written: with their direct links in graph.ttl, apart from them in graph.trig."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import IO, Final, NamedTuple

from pyoxigraph import Triple

from imagingkg.graph.layers import Block, blocks
from imagingkg.graph.write import END, graph_body, spaced, turtle_body

_AT_ONCE: Final = 500  # concepts that are serialised together: the prefixes come with every call


class Described(NamedTuple):
    """What is said of a concept, and its direct links to others. `key` is what concepts are sorted by."""

    key: bytes
    own: Sequence[Triple]
    links: Sequence[Triple]


def in_order(*streams: Iterable[Described]) -> Iterator[Described]:
    """Sorted streams as one in which each concept comes once."""
    for key, group in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        said = [*group]
        yield Described(key, [t for d in said for t in d.own], [t for d in said for t in d.links])


def write_concepts(
    concepts: Iterable[Described], whole: IO[bytes], own: IO[bytes], links: IO[bytes], prefixes: Mapping[str, str]
) -> Iterator[tuple[Block, bytes]]:
    """Writes the concepts into `whole` as Turtle, and the two halves into `own` and `links` as they stand in a named
    graph; gives each concept's block with its Turtle once it is written.
    """
    rest = iter(concepts)
    while some := [*islice(rest, _AT_ONCE)]:
        made = [blocks([*concept.own, *concept.links])[0] for concept in some]
        written = turtle_each(made, prefixes)
        for body in written:
            whole.write(spaced(body))
        linked = [concept for concept in some if concept.links]
        alone = iter(turtle_each([blocks(concept.own)[0] for concept in linked if concept.own], prefixes))
        for concept, body in zip(some, written, strict=True):
            if concept.own:
                own.write(graph_body(next(alone) if concept.links else body))
        for body in turtle_each([blocks(concept.links)[0] for concept in linked], prefixes):
            links.write(graph_body(body))
        yield from zip(made, written, strict=True)


def turtle_each(made: Sequence[Block], prefixes: Mapping[str, str]) -> list[bytes]:
    """The Turtle of each block."""
    body = turtle_body([triple for block in made for triple in block.triples], prefixes)
    return [part + END for part in body.split(END)[:-1]]
