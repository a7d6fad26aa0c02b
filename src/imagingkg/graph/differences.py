"""Two Turtle files held against each other, subject by subject, in bounded memory.

A file is parsed once. What counts of each subject becomes a line, and the lines are sorted, on disk where they are
many; so two files are walked side by side, whatever their order was, and only what differs is held.
"""

from __future__ import annotations

import heapq
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from imagingkg.errors import GraphError
from imagingkg.graph.names import INTEGER, TYPE, XSD
from imagingkg.graph.pieces import REBUILD
from imagingkg.runs import Runs

Fact = tuple[str, str, str]
"""A predicate, the value's text, and what that is: an IRI ("<"), a blank node ("_"), a plain literal ("") or one in a
language ("@en")."""
Said = frozenset[Fact]
"""All that counts of a subject; of one that a file does not have, nothing."""

MEMORY: Final = 8 * 1024 * 1024
"""Bytes of lines that are gathered before they go to disk."""
_NUMBERS: Final = (INTEGER.value, XSD + "decimal")
_NUMBER: Final = re.compile(r"([+-]?)0*([0-9]*)(?:\.([0-9]*?)0*)?")
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def sorted_subjects(
    path: Path, predicates: Set[str], folder: Path, name: str, *, but: str = "", memory: int = MEMORY
) -> Runs:  # fmt: skip
    """The subjects of a Turtle file by IRI, with what the predicates (IRIs) say of them; not those of the class `but`.

    Raises GraphError for a file that cannot be read or is no Turtle.
    """
    runs = Runs(folder, name, memory=memory)
    try:
        triples = parse(path=str(path), format=RdfFormat.TURTLE)
        for subject, block in groupby(triples, key=attrgetter("subject")):
            facts = {_fact(p, quad.object) for quad in block if (p := quad.predicate.value) in predicates}
            if facts and isinstance(subject, NamedNode) and (TYPE.value, but, "<") not in facts:
                runs.add(f"{subject.value}\t{_encode(sorted(facts))}".encode())
    except OSError as error:
        raise GraphError(str(path), f"cannot be read ({error.strerror or error})") from error
    except SyntaxError as error:
        raise GraphError(str(path), f"is damaged ({error})", REBUILD) from error
    return runs


def differing(old: Runs, new: Runs) -> Iterator[tuple[str, Said, Said]]:
    """The subjects of which the two do not say the same, by IRI, with what each says."""
    both = heapq.merge(_by_subject(old, 0), _by_subject(new, 1))
    for key, group in groupby(both, key=itemgetter(0)):
        found: list[list[bytes]] = [[], []]
        for _, side, lines in group:
            found[side] = lines
        if found[0] != found[1]:
            yield key.decode(), _said(found[0]), _said(found[1])


def each_said(runs: Runs, *, marks: Iterable[str] = (), iris: Set[str] = frozenset()) -> Iterator[tuple[str, Said]]:
    """The subjects that are one of `iris` or have one of `marks` (IRIs) among their facts."""
    signs = [f'"{_encode(mark)[1:-1]}"'.encode() for mark in marks]
    keys = {iri.encode() for iri in iris}
    for key, _, lines in _by_subject(runs):
        if key in keys or any(sign in line for line in lines for sign in signs):
            yield key.decode(), _said(lines)


def by_predicate(said: Said) -> dict[str, tuple[str, ...]]:
    """The values of each predicate as texts, sorted, blank nodes left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for predicate, value, kind in said:
        if kind != "_":
            found[predicate].add(value)
    return {predicate: tuple(sorted(texts)) for predicate, texts in found.items()}


def _by_subject(runs: Runs, side: int = 0) -> Iterator[tuple[bytes, int, list[bytes]]]:
    """Each subject with its lines: more than one where its triples do not come together, none of them twice."""
    for key, lines in groupby(runs, key=_key):
        yield key, side, list(dict.fromkeys(lines))


def _key(line: bytes) -> bytes:
    return line[: line.index(b"\t")]


def _said(lines: Iterable[bytes]) -> Said:
    return frozenset((p, value, kind) for line in lines for p, value, kind in json.loads(line[line.index(b"\t") :]))


def _fact(predicate: str, term: NamedNode | BlankNode | Literal | Triple) -> Fact:
    if isinstance(term, Literal):
        if term.language:
            return predicate, term.value, f"@{term.language}"
        return predicate, _plain(term), ""
    return (predicate, term.value, "<") if isinstance(term, NamedNode) else (predicate, str(term), "_")


def _plain(literal: Literal) -> str:
    """The text of a literal; numbers and truths that are equal have one text, as in a store."""
    text, kind = literal.value, literal.datatype.value
    if kind in _NUMBERS and (found := _NUMBER.fullmatch(text)):
        number = (found[2] or "0") + (f".{found[3]}" if found[3] else "")
        return f"-{number}" if found[1] == "-" and number != "0" else number
    if kind == XSD + "boolean":
        return {"1": "true", "0": "false"}.get(text, text)
    return text
