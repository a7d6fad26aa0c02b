"""Turtle and TriG: prefixes on top, one block a subject, the same bytes for the same triples.

`pyoxigraph.serialize` writes the terms, since it escapes them rightly, keeps every number as it was written and is
fast; its prefixes come in no fixed order and its blocks without a gap, so these two are seen to here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, serialize

from imagingkg.graph.layers import Corpus, Section, arranged, named_graphs, sections, turtle_prefixes


def write_graph(directory: Path, corpus: Corpus) -> int:
    """graph.ttl and graph.trig of the corpus in `directory`; gives the number of triples in graph.ttl."""
    prefixes = turtle_prefixes(corpus)
    write_trig(directory / "graph.trig", named_graphs(corpus), prefixes)
    return write_turtle(directory / "graph.ttl", sections(corpus), prefixes)


def write_turtle(path: Path, parts: Iterable[Section], prefixes: Mapping[str, str]) -> int:
    """The sections one after the other, each under its heading; gives the number of triples.

    A subject's triples must come together (`layers.arranged`): they are then one block.
    """
    count = 0
    with path.open("wb") as out:
        _write_prefixes(out, prefixes)
        for section in parts:
            headed = False
            for block in section.blocks:
                if block and not headed:
                    out.write(f"\n# {section.heading}\n".encode())
                    headed = True
                out.write(turtle_blocks(block, prefixes))
                count += len(block)
    return count


def write_triples(path: Path, heading: str, triples: Iterable[Triple], prefixes: Mapping[str, str]) -> int:
    """Any triples as one sorted Turtle file; gives their number, each counted once."""
    return write_turtle(path, [Section(heading, [arranged(triples, by_subject=True)])], prefixes)


def write_trig(
    path: Path, graphs: Iterable[tuple[NamedNode, Sequence[Triple]]], prefixes: Mapping[str, str]
) -> int:  # fmt: skip
    """Named graphs, each in one block; gives the number of quads. A graph without triples is left out."""
    count = 0
    with path.open("wb") as out:
        _write_prefixes(out, prefixes)
        for name, triples in graphs:
            if triples:
                quads = [Quad(t.subject, t.predicate, t.object, name) for t in triples]
                out.write(b"\n" + _body(serialize(quads, format=RdfFormat.TRIG, prefixes=dict(prefixes))))
                count += len(quads)
    return count


def turtle_blocks(triples: Sequence[Triple], prefixes: Mapping[str, str]) -> bytes:
    """Turtle without the prefixes: a block a subject, an empty line before each."""
    if not triples:
        return b""
    body = _body(serialize(triples, format=RdfFormat.TURTLE, prefixes=dict(prefixes)))
    # A line break inside a literal is escaped, so " ." at the end of a line ends a block and nothing else does.
    return b"\n" + body[:-1].replace(b" .\n", b" .\n\n") + b"\n"


def _body(data: bytes | None) -> bytes:
    """What was serialised, without its lines of prefixes."""
    written, start = data or b"", 0
    while written.startswith(b"@prefix ", start):
        start = written.index(b"\n", start) + 1
    return written[start:]


def _write_prefixes(out: IO[bytes], prefixes: Mapping[str, str]) -> None:
    for name, namespace in prefixes.items():
        out.write(f"@prefix {name}: <{namespace}> .\n".encode())
