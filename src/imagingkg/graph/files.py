"""graph.ttl, graph.trig and inferred.ttl from the portions of documents, in memory that does not grow with the corpus.

Portions come in the order of the graph. Their own Turtle is written as it comes; studies, names, links and inferred
classes, which are in other orders, go by way of sorted runs on disk.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from pyoxigraph import RdfFormat, Triple, parse

from imagingkg.graph.bodies import COLUMNS, Bodies
from imagingkg.graph.concept_files import Described, in_order, turtle_each, write_concepts
from imagingkg.graph.concepts import concept_triples, concepts_around, unlinked_concept
from imagingkg.graph.layers import Block, Corpus, Section, Term, arranged, blocks, metadata, turtle_prefixes
from imagingkg.graph.names import TYPE, ikg
from imagingkg.graph.portion import Portion
from imagingkg.graph.reason import ByClass, infer_blocks, load_rules, vocabulary_store
from imagingkg.graph.shapes import load_shapes
from imagingkg.graph.validate import check_blocks, check_stream, prepared
from imagingkg.graph.write import END, graph_body, spaced, turtle_blocks, turtle_body, write_prefixes, write_sections
from imagingkg.runs import Runs

INFERRED: Final = "Inferred by the rules in ontology/rules"
CLAIMS: Final = "Claims and statements, by document in the order of the text"
RUNS: Final = ("studies", "classes", "names", "links")
FILE_OF: Final = {
    "claims": "claims.jsonl", "documents": "graph.ttl", "assertions": "graph.ttl", "graphs": "graph.trig",
    "inferred": "inferred.ttl",
}  # fmt: skip
"""The file of a build that has a column of the bodies."""
_NO_BREAK: Final = b"\0"  # stands for a line break in a line of a run; no literal holds it (`names.clean`)


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
    """The files of a graph in the making: `add` the portions of its new documents in order, then `finish`.

    `frame` is the corpus without its readings and concepts; what the documents add goes by way of `bodies`. Where those
    have an earlier build's too, `kept` and the folder `runs` are what `keep` gave of it. Files come into `directory`,
    others for the time of the work into `scratch`.
    """

    def __init__(
        self, directory: Path, scratch: Path, frame: Corpus, bodies: Bodies, *,
        kept: Mapping[str, Any] | None = None, runs: Path | None = None,
    ) -> None:  # fmt: skip
        self._directory, self._frame, self._bodies = directory, frame, bodies
        known = kept or {"triples": 0, "inferred": 0, "concepts": [], "issues": {}}
        self._concepts: set[str] = set(known["concepts"])
        self._issues = defaultdict(set, {focus: set(issues) for focus, issues in known["issues"].items()})
        self._triples, self._inferred = int(known["triples"]), int(known["inferred"])
        given = {name: [runs / name] if runs else [] for name in RUNS}
        self._studies, self._classes, self._names, self._links = (
            Runs(scratch, name, given=given[name]) for name in RUNS
        )
        self._starts: dict[str, int] = {"claims": 0}
        self._open = ExitStack()
        self._own, self._linked = (
            self._open.enter_context((scratch / f"{name}.part").open("w+b")) for name in ("own", "linked")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, portion: Portion, wanted: bytes, claims: bytes) -> None:
        """Takes in the portion of the next new document, its line in the list of what is wanted, and that of claims."""
        name = portion.document.partition(b" ")[0]
        body = graph_body(portion.document + portion.studies + portion.assertions)
        document, assertions, inferred = map(spaced, (portion.document, portion.assertions, portion.inferred))
        graph = b"".join((b"\n", name, b" {\n", body, b"}\n"))
        self._bodies.add(wanted, (claims + b"\n", document, assertions, graph, inferred))
        self._triples += portion.own
        self._inferred += portion.own_inferred
        for (iri, count, more, text), block in zip(portion.studied, portion.studies.split(END), strict=False):
            self._studies.add(_block_line(f"<{iri}>", count, block + END))
            if more:
                self._classes.add(_block_line(f"<{iri}>", more, text.encode()))
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

    def keep(self, folder: Path) -> dict[str, Any]:
        """What a later build needs beside the bodies to go on from here, as JSON has it; sorted lines go into `folder`.

        To be asked for before `finish`.
        """
        for name, runs in zip(RUNS, (self._studies, self._classes, self._names, self._links), strict=True):
            runs.save(folder / name)
        return {
            "triples": self._triples, "inferred": self._inferred, "concepts": sorted(self._concepts),
            "issues": {focus: sorted(issues) for focus, issues in sorted(self._issues.items())},
        }  # fmt: skip

    def places(self) -> dict[str, tuple[str, int]]:
        """For each column of the bodies the file that has it, and where it begins there; known after `finish`."""
        return {name: (FILE_OF[name], self._starts[name]) for name in COLUMNS}

    def finish(self) -> Written:
        """Puts the files together. Nothing can be added after that."""
        self._bodies.finish_claims()
        self._frame = replace(self._frame, concepts=concepts_around(self._concepts, self._frame.lexicon))
        prefixes = turtle_prefixes(self._frame)
        about = metadata(self._frame)
        curated = self._lexicon_concepts()
        with (self._directory / "graph.ttl").open("wb") as out:
            write_prefixes(out, prefixes)
            run = Section("This run, and the rights in the codes that concepts are mapped to", [about])
            self._triples += write_sections(out, [run], prefixes)
            if curated or self._names:
                out.write(_heading("Concepts and the direct links between them"))
            run_first = ((block.subject, block.values) for block in blocks(about))
            checked = chain(run_first, self._write_concepts(out, curated, prefixes))
            for issue in check_blocks(checked, prepared(load_shapes())):
                self._issues[issue.focus].add(str(issue))
            _write_pieces(out, "Studies", self._study_blocks(prefixes))
            for name, heading in (("documents", "Documents"), ("assertions", CLAIMS)):
                self._starts[name] = _write_pieces(out, heading, self._bodies.read(name))
        with (self._directory / "graph.trig").open("wb") as out:
            write_prefixes(out, prefixes)
            self._write_graph(out, "metadata", iter([graph_body(turtle_body(about, prefixes))]), prefixes)
            self._write_graph(out, "concepts", _pieces(self._own), prefixes)
            self._write_graph(out, "links", _pieces(self._linked), prefixes)
            self._starts["graphs"] = out.tell()
            out.writelines(self._bodies.read("graphs"))
        with (self._directory / "inferred.ttl").open("wb") as out:
            write_prefixes(out, prefixes)
            out.write(_heading(INFERRED))
            out.writelines(self._inferences(about, curated, prefixes))
            self._starts["inferred"] = out.tell()
            out.writelines(self._bodies.read("inferred"))
        issues = sorted({issue for found in self._issues.values() for issue in found})
        return Written(self._triples, self._inferred, issues)

    def _write_concepts(
        self, out: IO[bytes], curated: Sequence[Block], prefixes: Mapping[str, str]
    ) -> Iterator[tuple[Term, Mapping[str, Sequence[Term]]]]:
        """Writes the concepts with their direct links, and gives what is to be checked of them."""
        by_class, known = ByClass.load(prefixes), {block.subject for block in curated}
        described = (Described(_key(block.subject), block.triples, ()) for block in curated)
        every = in_order(described, self._unlinked_concepts(), self._direct_links())
        for block, written in write_concepts(every, out, self._own, self._linked, prefixes):
            self._triples += len(block.triples)
            if block.subject not in known and (more := by_class(frozenset(block.values.get(TYPE.value, ())))):
                name = written.partition(b" ")[0]
                self._classes.add(_block_line(block.subject, more[0], name + b" " + more[1].encode()))
            yield block.subject, block.values

    def _study_blocks(self, prefixes: Mapping[str, str]) -> Iterator[bytes]:
        """Each study once, with what all documents say of it."""
        for key, lines in _grouped(self._studies):
            said = [*dict.fromkeys(lines)]
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

    def _lexicon_concepts(self) -> list[Block]:
        frame = self._frame
        found = concept_triples(
            frame.lexicon, frame.names, frame.sources, only=frame.concepts, licensed_codes=frame.licensed_codes
        )
        return sorted(blocks(found), key=lambda block: _key(block.subject))

    def _unlinked_concepts(self) -> Iterator[Described]:
        for name in self.unlinked():
            triples = [*unlinked_concept(name.concept, name.written, self._frame.names)]
            yield Described(_key(triples[0].subject), triples, ())

    def _direct_links(self) -> Iterator[Described]:
        names = self._frame.names
        for key, lines in _grouped(self._links):
            said = (json.loads(line) for line, _ in groupby(lines))
            triples = [Triple(names.concept(one), ikg(link), names.concept(other)) for link, one, other in said]
            yield Described(key + b"\t", (), triples)

    def _inferences(
        self, about: Sequence[Triple], curated: Sequence[Block], prefixes: Mapping[str, str]
    ) -> Iterator[bytes]:
        """What the rules add: to the lexicon's concepts together, to every other node by its classes."""
        together = chain(about, chain.from_iterable(block.triples for block in curated))
        found = infer_blocks(vocabulary_store(together), load_rules())
        written = zip(found, turtle_each(found, prefixes), strict=True)
        lines = (_block_line(block.subject, len(block.triples), body) for block, body in written)
        for line, _ in groupby(heapq.merge(lines, self._classes)):
            count, _, block = line.partition(b"\t")[2].partition(b"\t")
            self._inferred += int(count)
            yield b"\n" + block.replace(_NO_BREAK, b"\n")

    def _write_graph(self, out: IO[bytes], name: str, bodies: Iterator[bytes], prefixes: Mapping[str, str]) -> None:
        """A named graph; nothing where there is nothing in it."""
        node = self._frame.names.graph(name)
        written = turtle_body([Triple(node, TYPE, node)], prefixes).partition(b" ")[0]
        first = next(bodies, None)
        if first is not None:
            out.write(b"\n" + written + b" {\n" + first)
            out.writelines(bodies)
            out.write(b"}\n")


def _key(node: object) -> bytes:
    """What the lines on a node begin with, so that they sort as its name in angle brackets does."""
    return f"{node}\t".encode()


def _block_line(node: object, count: int, block: bytes) -> bytes:
    return b"%s%d\t%s" % (_key(node), count, block.replace(b"\n", _NO_BREAK))


def _grouped(lines: Iterable[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    """Sorted lines by what they begin with, without it."""
    parted = (line.partition(b"\t") for line in lines)
    for key, group in groupby(parted, key=itemgetter(0)):
        yield key, (said for _, _, said in group)


def _write_pieces(out: IO[bytes], heading: str, pieces: Iterator[bytes]) -> int:
    """The pieces under the heading, nothing where there are none; gives where they begin."""
    first = next(pieces, None)
    if first is None:
        return out.tell()
    out.write(_heading(heading))
    start = out.tell()
    out.write(first)
    out.writelines(pieces)
    return start


def _heading(text: str) -> bytes:
    return f"\n# {text}\n".encode()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """What was written into the file, from the start."""
    file.seek(0)
    while piece := file.read(1 << 20):
        yield piece
