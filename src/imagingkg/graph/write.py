"""Turtle and TriG: prefixes on top, one block a subject, the same bytes for the same triples.

`pyoxigraph.serialize` writes the terms, since it escapes them rightly, keeps every number as it was written and is
fast; its prefixes come in no fixed order and its blocks without a gap, so these two are seen to here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, serialize

from imagingkg.graph.layers import Corpus, Section, arranged, named_graphs, sections, turtle_prefixes

END: Final = b" .\n"
"""What ends a block. A line break inside a literal is escaped, so that nothing else has these bytes."""


def write_graph(directory: Path, corpus: Corpus) -> int:
    """graph.ttl and graph.trig of the corpus in `directory`; gives the number of triples in graph.ttl."""
    prefixes = turtle_prefixes(corpus)
    write_trig(directory / "graph.trig", named_graphs(corpus), prefixes)
    return write_turtle(directory / "graph.ttl", sections(corpus), prefixes)


def write_turtle(path: Path, parts: Iterable[Section], prefixes: Mapping[str, str]) -> int:
    """The sections one after the other, each under its heading; gives the number of triples.

    A subject's triples must come together (`layers.arranged`): they are then one block.
    """
    with path.open("wb") as out:
        write_prefixes(out, prefixes)
        return write_sections(out, parts, prefixes)


def write_sections(out: IO[bytes], parts: Iterable[Section], prefixes: Mapping[str, str]) -> int:
    """As `write_turtle`, into a file that has its prefixes."""
    count = 0
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
        write_prefixes(out, prefixes)
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
    return spaced(turtle_body(triples, prefixes))


def spaced(body: bytes) -> bytes:
    """Blocks with an empty line before each."""
    return b"\n" + body[:-1].replace(END, END + b"\n") + b"\n" if body else b""


def turtle_body(triples: Sequence[Triple], prefixes: Mapping[str, str]) -> bytes:
    """Turtle without the prefixes: a block a subject, one right after the other, each ending with END."""
    return _body(serialize(triples, format=RdfFormat.TURTLE, prefixes=dict(prefixes)))


def graph_body(body: bytes) -> bytes:
    """Blocks as they stand inside a named graph of TriG."""
    return b"\t" + body[:-1].replace(b"\n", b"\n\t") + b"\n" if body else b""


def _body(data: bytes | None) -> bytes:
    """What was serialised, without its lines of prefixes."""
    written, start = data or b"", 0
    while written.startswith(b"@prefix ", start):
        start = written.index(b"\n", start) + 1
    return written[start:]


def write_prefixes(out: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """The lines with which a file begins."""
    for name, namespace in prefixes.items():
        out.write(f"@prefix {name}: <{namespace}> .\n".encode())
