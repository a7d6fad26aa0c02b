"""What one document adds to the files of a graph: made apart from all others, so that any number can be made at once.

Most of it is finished Turtle. What several documents may speak of (studies, concepts, direct links) comes as data, to
be brought together when all portions are there (`graph.files`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pyoxigraph import NamedNode

from imagingkg.graph.build import assertion_triples, document_triples, study_triples
from imagingkg.graph.concepts import CLASS_OF, CONCEPT, FINDING, named_in
from imagingkg.graph.layers import Block, blocks
from imagingkg.graph.links import links_of
from imagingkg.graph.names import PROV, TYPE, Names, ikg
from imagingkg.graph.reason import ByClass
from imagingkg.graph.shapes import load_shapes
from imagingkg.graph.validate import Prepared, check_blocks, prepared
from imagingkg.graph.write import END, turtle_body
from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading

Name = tuple[str, str, int, int]
"""A concept that the lexicon lacks, a name that the document gives it, how often, and how often in mentions."""


@dataclass(frozen=True, slots=True)
class Portion:
    """The share of one document.

    `document`, `studies` and `assertions` are Turtle, a block a subject, without prefixes. `own` is the number of
    triples of document and assertions, and `inferred` Turtle of what follows from their classes (`own_inferred`
    triples). `studied` has for each block of `studies` its IRI and number of triples, and for what follows from its
    classes the number of triples and their Turtle. `concepts`
    are those of the lexicon that the document names. An issue comes with the node that it is about.
    """

    document: bytes
    studies: bytes
    assertions: bytes
    inferred: bytes
    own: int
    own_inferred: int = 0
    studied: Sequence[tuple[str, int, int, str]] = ()
    concepts: Sequence[str] = ()
    names: Sequence[Name] = ()
    links: Sequence[tuple[str, str, str]] = ()
    issues: Sequence[tuple[str, str]] = ()

    def facts(self) -> dict[str, Any]:
        """Everything but the Turtle, as JSON has it."""
        return {name: getattr(self, name) for name in _FACTS}

    @classmethod
    def of(cls, turtle: Sequence[bytes], facts: Mapping[str, Any]) -> Portion:
        """The portion with this Turtle (document, studies, assertions, inferred) and these facts."""
        document, studies, assertions, inferred = turtle
        return cls(document, studies, assertions, inferred, **{name: facts[name] for name in _FACTS})


_FACTS: Final = ("own", "own_inferred", "studied", "concepts", "names", "links", "issues")


@dataclass(slots=True)
class PortionMaker:
    """What it takes to make portions; made once in each process."""

    lexicon: Lexicon
    names: Names
    run: NamedNode
    quotes: bool = True
    by_class: ByClass = field(init=False)
    _shapes: Prepared = field(init=False)
    _prefixes: dict[str, str] = field(init=False)
    _known: dict[str, tuple[NamedNode, frozenset[str]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._prefixes = self.names.prefixes({})
        self.by_class = ByClass.load(self._prefixes)
        self._shapes = prepared(load_shapes())

    def make(self, reading: Reading) -> Portion:
        """The portion of the document that was read."""
        names = self.names
        document = blocks(document_triples(reading, names))
        studies = blocks(study_triples(reading, names))
        assertions = blocks(assertion_triples(reading, names, self.run, quotes=self.quotes))
        made = [*document, *studies, *assertions]
        body = turtle_body([triple for block in made for triple in block.triples], self._prefixes).split(END)
        last = 1 + len(studies)
        written, unknown = self._named(reading)
        follows = [*self._inferred(made, body)]
        own = [*follows[:1], *follows[last:]]
        checked = ((block.subject, block.values) for block in made)
        issues = check_blocks(checked, self._shapes, known=self._classes(written, unknown))
        return Portion(
            document=_joined(body[:1]),
            studies=_joined(body[1:last]),
            assertions=_joined(body[last:-1]),
            inferred="".join(text for _, text in own).encode(),
            own=sum(len(block.triples) for block in (*document, *assertions)),
            own_inferred=sum(count for count, _ in own),
            studied=[
                (block.subject.value, len(block.triples), *more)
                for block, more in zip(studies, follows[1:last], strict=True)
                if isinstance(block.subject, NamedNode)
            ],
            concepts=written,
            names=unknown,
            links=() if reading.document.retracted else sorted({x for c in reading.claims for x in links_of(c)}),
            issues=[(issue.focus, str(issue)) for issue in issues],
        )

    def _named(self, reading: Reading) -> tuple[list[str], list[Name]]:
        known: set[str] = set()
        every: Counter[tuple[str, str]] = Counter()
        mentioned: Counter[tuple[str, str]] = Counter()
        for concept, label, is_mention in named_in(reading):
            if concept in self.lexicon.concepts:
                known.add(concept)
            else:
                every[concept, label] += 1
                mentioned[concept, label] += is_mention
        return sorted(known), sorted((*key, n, mentioned[key]) for key, n in every.items())

    def _classes(self, known: Iterable[str], names: Iterable[Name]) -> Mapping[Any, frozenset[str]]:
        """The classes of what the document refers to and others describe."""
        out = {self.run: _RUN}
        for concept in (*known, *dict.fromkeys(name[0] for name in names)):
            if concept not in self._known:
                entry = self.lexicon.concepts.get(concept)
                kind = entry.kind if entry else concept.partition("/")[0]
                classes = [CONCEPT.value, *([FINDING.value] if entry and entry.finding else [])]
                classes += [CLASS_OF[kind].value] if kind in CLASS_OF else []
                found = (self.names.concept(concept), frozenset(classes))
                if entry is None:  # there is no end to these
                    out[found[0]] = found[1]
                    continue
                self._known[concept] = found
            node, kinds = self._known[concept]
            out[node] = kinds
        return out

    def _inferred(self, made: Sequence[Block], body: Sequence[bytes]) -> Iterator[tuple[int, str]]:
        """For each block the number of triples that follow from its classes, and their Turtle."""
        for block, written in zip(made, body, strict=False):
            count, rest = self.by_class(frozenset(block.values.get(TYPE.value, ()))) or (0, "")
            yield count, f"{written.partition(b' ')[0].decode()} {rest}" if count else ""


_RUN: Final = frozenset((ikg("Run").value, PROV + "Activity"))


def _joined(blocks: Sequence[bytes]) -> bytes:
    return b"".join(block + END for block in blocks)
