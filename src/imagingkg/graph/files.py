"""graph.ttl, graph.trig and inferred.ttl from the portions of documents, in memory that does not grow with the corpus.

Portions come in the order of the graph. Their own Turtle is written as it comes; studies, names, links and inferred
classes, which are in other orders, go by way of sorted runs on disk.
"""

from __future__ import annotations

import heapq
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from pyoxigraph import RdfFormat, Triple, parse

from imagingkg.graph.concepts import concept_triples, concepts_around, unlinked_concept
from imagingkg.graph.layers import Corpus, Section, arranged, metadata, turtle_prefixes
from imagingkg.graph.names import TYPE, ikg
from imagingkg.graph.portion import Portion
from imagingkg.graph.reason import ByClass, infer, load_rules, vocabulary_store
from imagingkg.graph.validate import check_stream
from imagingkg.graph.write import END, graph_body, spaced, turtle_blocks, turtle_body, write_prefixes, write_sections
from imagingkg.runs import Runs

INFERRED: Final = "Inferred by the rules in ontology/rules"
_NO_BREAK: Final = b"\0"  # stands for a line break in a line of a run; no literal holds it (`names.clean`)

_Keyed = tuple[bytes, Triple]  # a triple behind the key that its subject is sorted by


@dataclass(frozen=True, slots=True)
class Written:
    """How many triples are in graph.ttl and in inferred.ttl, and what does not conform, sorted."""

    triples: int
    inferred: int
    issues: Sequence[str]


@dataclass(frozen=True, slots=True)
class UnlinkedName:
    """A concept that the lexicon lacks: how often each of its names is written, in all and in mentions, and in how many
    documents."""

    concept: str
    written: Mapping[str, int]
    mentioned: Mapping[str, int]
    documents: int


class GraphFiles:
    """The files of a graph in the making: `add` the portions of its documents in their order, then `finish`.

    `frame` is the corpus without its readings and concepts. Files come into `directory`, others for the time of the
    work into `scratch`.
    """

    def __init__(self, directory: Path, scratch: Path, frame: Corpus) -> None:
        self._directory, self._frame = directory, frame
        self._concepts: set[str] = set()
        self._issues: defaultdict[str, set[str]] = defaultdict(set)
        self._curated: list[_Keyed] = []  # of the lexicon, whose size is given
        self._triples = self._inferred = 0
        runs = (Runs(scratch, name) for name in ("studies", "classes", "names", "links"))
        self._studies, self._classes, self._names, self._links = runs
        self._open = ExitStack()
        self._documents, self._assertions, self._graphs = (
            self._open.enter_context((scratch / f"{name}.part").open("w+b"))
            for name in ("documents", "assertions", "graphs")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, portion: Portion) -> None:
        """Takes in the portion of the next document."""
        self._documents.write(spaced(portion.document))
        self._assertions.write(spaced(portion.assertions))
        name = portion.document.partition(b" ")[0]
        body = graph_body(portion.document + portion.studies + portion.assertions)
        self._graphs.writelines((b"\n", name, b" {\n", body, b"}\n"))
        self._triples += portion.own
        for (iri, count), block in zip(portion.studied, portion.studies.split(END), strict=False):
            self._studies.add(_block_line(f"<{iri}>", count, block + END))
        for iri, count, text in portion.inferred:
            self._classes.add(_block_line(f"<{iri}>", count, text.encode()))
        self._concepts.update(portion.concepts)
        concept_of = self._frame.names.concept
        for concept, names in groupby(portion.names, key=itemgetter(0)):
            said = [concept, [name[1:] for name in names]]
            self._names.add(_key(concept_of(concept)) + json.dumps(said).encode("ascii"))
        for link in portion.links:
            self._links.add(_key(concept_of(link[1])) + json.dumps(link).encode("ascii"))
        for focus, issue in portion.issues:
            self._issues[focus].add(issue)

    def unlinked(self) -> Iterator[UnlinkedName]:
        """The concepts that the lexicon lacks, by IRI."""
        for _, lines in _grouped(self._names):
            written: Counter[str] = Counter()
            mentioned: Counter[str] = Counter()
            documents, concept = 0, ""
            for line in lines:
                concept, names = json.loads(line)
                for label, count, in_mentions in names:
                    written[label] += count
                    mentioned[label] += in_mentions
                documents += any(in_mentions for _, _, in_mentions in names)
            yield UnlinkedName(concept, written, +mentioned, documents)

    def finish(self) -> Written:
        """Puts the files together. Nothing can be added after that."""
        self._frame = replace(self._frame, concepts=concepts_around(self._concepts, self._frame.lexicon))
        prefixes = turtle_prefixes(self._frame)
        about = metadata(self._frame)
        parts = [
            Section("This run, and the rights in the codes that concepts are mapped to", [about]),
            Section("Concepts and the direct links between them", self._concept_blocks()),
        ]
        with (self._directory / "graph.ttl").open("wb") as out:
            write_prefixes(out, prefixes)
            self._triples += write_sections(out, parts, prefixes)
            _write_pieces(out, "Studies", self._study_blocks(prefixes))
            _write_pieces(out, "Documents", _pieces(self._documents))
            _write_pieces(out, "Claims and statements, by document in the order of the text", _pieces(self._assertions))
        with (self._directory / "graph.trig").open("wb") as out:
            write_prefixes(out, prefixes)
            for name, blocks in (
                ("metadata", iter([about])),
                ("concepts", _blocks(self._lexicon_concepts(), self._unlinked_concepts())),
                ("links", _blocks(self._direct_links())),
            ):
                self._write_graph(out, name, blocks, prefixes)
            shutil.copyfileobj(_rewound(self._graphs), out, 1 << 20)
        with (self._directory / "inferred.ttl").open("wb") as out:
            write_prefixes(out, prefixes)
            _write_pieces(out, INFERRED, self._inferences(about, prefixes))
        for issue in check_stream(chain(about, chain.from_iterable(self._concept_blocks()))):
            self._issues[issue.focus].add(str(issue))
        issues = sorted({issue for found in self._issues.values() for issue in found})
        return Written(self._triples, self._inferred, issues)

    def _concept_blocks(self) -> Iterator[Sequence[Triple]]:
        return _blocks(self._lexicon_concepts(), self._unlinked_concepts(), self._direct_links())

    def _lexicon_concepts(self) -> Iterator[_Keyed]:
        if not self._curated:
            frame = self._frame
            found = concept_triples(
                frame.lexicon, frame.names, frame.sources, only=frame.concepts, licensed_codes=frame.licensed_codes
            )
            self._curated = sorted(((_key(t.subject), t) for t in found), key=itemgetter(0))
        return iter(self._curated)

    def _unlinked_concepts(self) -> Iterator[_Keyed]:
        for name in self.unlinked():
            for triple in unlinked_concept(name.concept, name.written, self._frame.names):
                yield _key(triple.subject), triple

    def _direct_links(self) -> Iterator[_Keyed]:
        names = self._frame.names
        for line, _ in groupby(self._links):
            key, _, said = line.partition(b"\t")
            link, subject, target = json.loads(said)
            yield key + b"\t", Triple(names.concept(subject), ikg(link), names.concept(target))

    def _study_blocks(self, prefixes: Mapping[str, str]) -> Iterator[bytes]:
        """Each study once, with what all documents say of it."""
        for key, lines in _grouped(self._studies):
            said = [line for line, _ in groupby(lines)]
            if len(said) == 1:
                count, _, block = said[0].partition(b"\t")
                self._triples += int(count)
                yield b"\n" + block.replace(_NO_BREAK, b"\n")
                continue
            head = b"".join(f"@prefix {name}: <{space}> .\n".encode() for name, space in prefixes.items())
            text = b"".join(line.partition(b"\t")[2].replace(_NO_BREAK, b"\n") for line in said)
            triples = arranged(quad.triple for quad in parse(head + text, format=RdfFormat.TURTLE))
            self._triples += len(triples)
            iri = key[1:-1].decode()
            self._issues[iri] = {str(issue) for issue in check_stream(triples)}
            yield turtle_blocks(triples, prefixes)

    def _inferences(self, about: Sequence[Triple], prefixes: Mapping[str, str]) -> Iterator[bytes]:
        """What the rules add: to the lexicon's concepts together, to every other node by its classes."""
        together = [*about, *(triple for _, triple in self._lexicon_concepts())]
        found = infer(vocabulary_store(together), load_rules())
        by_subject = ((node, [*triples]) for node, triples in groupby(found, key=lambda t: t.subject))
        curated = (_block_line(node, len(some), turtle_body(some, prefixes)) for node, some in by_subject)
        for line, _ in groupby(heapq.merge(curated, self._classes, self._unlinked_classes(prefixes))):
            count, _, block = line.partition(b"\t")[2].partition(b"\t")
            self._inferred += int(count)
            yield b"\n" + block.replace(_NO_BREAK, b"\n")

    def _unlinked_classes(self, prefixes: Mapping[str, str]) -> Iterator[bytes]:
        by_class = ByClass.load(prefixes)
        for triples in _blocks(self._unlinked_concepts()):
            node = triples[0].subject
            if more := by_class(frozenset(t.object for t in triples if t.predicate == TYPE)):
                name = turtle_body(triples[:1], prefixes).partition(b" ")[0]
                yield _block_line(node, more[0], name + b" " + more[1].encode())

    def _write_graph(
        self, out: IO[bytes], name: str, blocks: Iterator[Sequence[Triple]], prefixes: Mapping[str, str]
    ) -> None:
        """A named graph of several subjects; nothing where there are none."""
        node = self._frame.names.graph(name)
        written = turtle_body([Triple(node, TYPE, node)], prefixes).partition(b" ")[0]
        first = next(blocks, None)
        if first is not None:
            out.write(b"\n" + written + b" {\n")
            out.writelines(graph_body(turtle_body(block, prefixes)) for block in chain([first], blocks))
            out.write(b"}\n")


def _key(node: object) -> bytes:
    """What the lines on a node begin with, so that they sort as its name in angle brackets does."""
    return f"{node}\t".encode()


def _block_line(node: object, count: int, block: bytes) -> bytes:
    return b"%s%d\t%s" % (_key(node), count, block.replace(b"\n", _NO_BREAK))


def _grouped(lines: Iterable[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    """Sorted lines by what they begin with, without it."""
    for key, group in groupby(lines, key=lambda line: line.partition(b"\t")[0]):
        yield key, (line.partition(b"\t")[2] for line in group)


def _blocks(*streams: Iterator[_Keyed]) -> Iterator[Sequence[Triple]]:
    """The triples of streams that are sorted by subject, a subject at a time."""
    for _, group in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        yield arranged(triple for _, triple in group)


def _write_pieces(out: IO[bytes], heading: str, pieces: Iterator[bytes]) -> None:
    """The pieces under the heading; nothing where there are none."""
    for number, piece in enumerate(pieces):
        if number == 0:
            out.write(f"\n# {heading}\n".encode())
        out.write(piece)


def _rewound(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    return file


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """What was written into the file, from the start."""
    file.seek(0)
    while piece := file.read(1 << 20):
        yield piece
