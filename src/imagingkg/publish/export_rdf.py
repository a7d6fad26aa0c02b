"""RDF as text: the files of a build as they stand, sorted lines, RDF/XML, and Turtle 1.2 with triple terms.

Everything is read from the files, term by term as it stands there, never from the query store, which rewrites numbers.
Whatever the size of the graph, a stretch of it at a time is in memory.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, TypeVar
from xml.sax.saxutils import quoteattr

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from imagingkg.errors import GraphError
from imagingkg.graph.names import RDF, VOCAB, VOCABULARIES
from imagingkg.graph.store import graph_file
from imagingkg.graph.write import turtle_blocks
from imagingkg.publish.contents import Contents, read_contents
from imagingkg.publish.facts import bearings
from imagingkg.runs import MEMORY, Runs

FileWriter = Callable[[Path, IO[bytes]], None]
"""Writes one file of an export: from the directory of a build, to a file open for writing."""
REIFIES: Final = NamedNode(RDF + "reifies")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_T = TypeVar("_T")


def legal_xml(text: str) -> str:
    """`text` with each character that XML cannot hold as U+FFFD."""
    return _NOT_XML.sub("\ufffd", text)


def copy_of(name: str) -> FileWriter:
    """The writer of a file that every build holds."""

    def write(output: Path, out: IO[bytes]) -> None:
        graph_file(output, "graph.ttl")  # says best what is wrong with a directory that is no build
        path = output / name
        try:
            with path.open("rb") as file:
                shutil.copyfileobj(file, out)
        except FileNotFoundError as error:
            raise GraphError(str(path), "is missing", "Build it again") from error

    return write


def write_n_triples(output: Path, out: IO[bytes]) -> None:
    """Layers 1-3, a triple a line, sorted by their bytes."""
    triples = (q.triple for q in _quads(graph_file(output, "graph.ttl"), RdfFormat.TURTLE))
    write_sorted(_lines(triples, RdfFormat.N_TRIPLES), out)


def write_n_quads(output: Path, out: IO[bytes]) -> None:
    """The same with the named graph that each triple is in."""
    quads = _quads(graph_file(output, "graph.trig"), RdfFormat.TRIG)
    write_sorted(_lines(quads, RdfFormat.N_QUADS), out)


def write_sorted(lines: Iterable[bytes], out: IO[bytes], *, memory: int = MEMORY) -> None:
    """Lines in the order of their bytes; where they are more than `memory` bytes, sorted runs of them wait on disk."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(Path(folder), "lines", memory=memory)
        runs.update(lines)
        out.writelines(line + b"\n" for line in runs)


def stretches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of `size`, the last one shorter."""
    rest = iter(items)
    while stretch := list(islice(rest, size)):
        yield stretch


def _quads(path: Path, form: RdfFormat) -> Iterator[Quad]:
    try:
        yield from parse(path=str(path), format=form)
    except (SyntaxError, OSError) as error:
        raise GraphError(str(path), f"is damaged ({error})", "Build it again") from error


def _lines(statements: Iterable[Any], form: RdfFormat) -> Iterator[bytes]:
    # A line break inside a literal is escaped in both formats.
    for stretch in stretches(statements, 10_000):
        yield from (serialize(stretch, format=form) or b"").splitlines()


def write_rdf_xml(output: Path, out: IO[bytes]) -> None:
    """Layers 1-3 as RDF/XML. Characters that XML cannot hold are U+FFFD there."""
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF')
    for prefix, namespace in VOCABULARIES.items():
        out.write(f"\n\txmlns:{prefix}={quoteattr(namespace)}".encode())
    out.write(b">\n")
    triples = (q.triple for q in _quads(graph_file(output, "graph.ttl"), RdfFormat.TURTLE))
    for stretch in stretches(map(_for_xml, triples), 10_000):
        written = serialize(stretch, format=RdfFormat.RDF_XML, prefixes=VOCABULARIES) or b""
        body = written[written.index(b">\n", written.index(b"<rdf:RDF")) + 2 :]
        # Readers take a bare carriage return for a line feed.
        out.write(body.removesuffix(b"</rdf:RDF>").replace(b"\r", b"&#13;"))
    out.write(b"</rdf:RDF>\n")


def _for_xml(triple: Triple) -> Triple:
    value = triple.object
    if not isinstance(value, Literal) or not _NOT_XML.search(value.value):
        return triple
    text = legal_xml(value.value)
    literal = Literal(text, language=value.language) if value.language else Literal(text, datatype=value.datatype)
    return Triple(triple.subject, triple.predicate, literal)


def write_rdf_12(output: Path, out: IO[bytes]) -> None:
    """Turtle 1.2: graph.ttl, and for each claim the links that it speaks for or against, as triple terms.

    A claim reifies its links whatever its certainty; a link that is denied or doubted is named and not asserted.
    """
    contents = read_contents(output)
    out.write(b'VERSION "1.2"\n')
    copy_of("graph.ttl")(output, out)
    out.write(b"\n# What each claim says, link by link. Whether it affirms it is its ikg:certainty.\n")
    for triples in stretches(reified(contents), 10_000):
        out.write(turtle_blocks(triples, contents.prefixes))


def reified(contents: Contents) -> Iterator[Triple]:
    """`claim rdf:reifies <<( subject link object )>>` for each link between concepts that a claim's quote names."""
    for claim in contents.claims():
        for link in bearings(claim):
            if not link.from_context:
                said = Triple(NamedNode(link.subject), NamedNode(VOCAB + link.name), NamedNode(link.object))
                yield Triple(NamedNode(claim.iri), REIFIES, said)
