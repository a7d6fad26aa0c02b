"""Layer 4: what follows from layers 1 to 3 by the rules in ontology/rules, kept in a file and a graph of its own.

A rule is a CONSTRUCT query over layers 1 to 3 and the vocabulary; its first line is a comment that says why. Each reads
what was asserted, never what another rule inferred, so that their order does not matter and every one can be understood
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QueryTriples, RdfFormat, Store, Triple

from imagingkg.errors import OntologyError
from imagingkg.graph.layers import Block, blocks
from imagingkg.graph.names import TYPE, VOCAB
from imagingkg.graph.write import turtle_body
from imagingkg.ontology_files import ontology_dir

Class = NamedNode | BlankNode | Literal | Triple


@dataclass(frozen=True, slots=True)
class Rule:
    """A CONSTRUCT query with the reason for it."""

    name: str
    why: str
    query: str


_WHY: Final = "# Why: "


def load_rules(directory: Path | None = None) -> list[Rule]:
    """The rules by file name. Raises OntologyError for one that does not parse, is no CONSTRUCT or gives no reason."""
    files = sorted((directory or ontology_dir() / "rules").glob("*.rq"))
    return [_rule(path) for path in files]


def _rule(path: Path) -> Rule:
    query = path.read_text(encoding="utf-8")
    first = query.partition("\n")[0]
    if not first.startswith(_WHY) or not first.removeprefix(_WHY).strip():
        raise OntologyError(path.name, "does not say why it is there", f"Begin its first line with {_WHY!r}")
    try:
        answer = Store().query(query)
    except SyntaxError as error:
        raise OntologyError(path.name, f"is no SPARQL: {error}") from error
    if not isinstance(answer, QueryTriples):
        raise OntologyError(path.name, "must be a CONSTRUCT query")
    return Rule(path.stem, first.removeprefix(_WHY).strip(), query)


def reasoning_store(graph: Path) -> Store:
    """graph.ttl with the vocabulary, in memory. A Store rewrites numbers: read it, never export from it."""
    store = vocabulary_store()
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    return store


def vocabulary_store(triples: Iterable[Triple] = ()) -> Store:
    """The vocabulary and the triples given, in memory."""
    store = Store()
    store.bulk_load(path=str(ontology_dir() / "imaging.ttl"), format=RdfFormat.TURTLE)
    store.bulk_extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in triples)
    return store


def infer(store: Store, rules: Sequence[Rule]) -> list[Triple]:
    """The triples of `infer_blocks`, one after the other."""
    return [triple for block in infer_blocks(store, rules) for triple in block.triples]


def infer_blocks(store: Store, rules: Sequence[Rule]) -> list[Block]:
    """What the rules add to the store's default graph: each triple once, none that is there already, sorted.

    Nothing is inferred of the vocabulary's own terms.
    """
    found: set[Triple] = set()
    for rule in rules:
        answer = store.query(rule.query)
        assert isinstance(answer, QueryTriples)  # load_rules saw to it
        found.update(answer)
    here = DefaultGraph()
    ours = (t for t in found if isinstance(t.subject, NamedNode) and not t.subject.value.startswith(VOCAB))
    new = (t for t in ours if Quad(t.subject, t.predicate, t.object, here) not in store)
    return blocks(new, by_subject=True)


@dataclass(slots=True)
class ByClass:
    """What the rules add to a node of which they see no more than its classes: a document, a claim, its evidence.

    That is asked once for each set of classes, so that no store need ever hold the claims of a corpus. Rules that look
    at more of such nodes than their classes would have to be run otherwise; a test holds this against a store of all.
    """

    store: Store
    rules: Sequence[Rule]
    prefixes: Mapping[str, str]
    known: dict[frozenset[Class], tuple[int, str] | None] = field(default_factory=dict)

    @classmethod
    def load(cls, prefixes: Mapping[str, str]) -> ByClass:
        """With the rules and the vocabulary that are shipped. Raises OntologyError."""
        return cls(vocabulary_store(), load_rules(), prefixes)

    def __call__(self, classes: frozenset[Class]) -> tuple[int, str] | None:
        """The number of triples for a node of these classes and their Turtle behind the subject; None for none."""
        if classes not in self.known:
            self.known[classes] = self._infer(classes)
        return self.known[classes]

    def _infer(self, classes: frozenset[Class]) -> tuple[int, str] | None:
        quads = [Quad(_PROBE, TYPE, kind, DefaultGraph()) for kind in classes]
        self.store.extend(quads)
        found = [t for t in infer(self.store, self.rules) if t.subject == _PROBE]
        for quad in quads:
            self.store.remove(quad)
        return (len(found), turtle_body(found, self.prefixes).decode().partition(" ")[2]) if found else None


_PROBE: Final = NamedNode("urn:imagingkg:probe")
