"""Does a graph satisfy ontology/shapes.ttl? Two ways to tell, with the same answer.

`check_stream` is plain Python made from the shapes, fast enough for every build; `check_full` is pyshacl, the
reference, for graphs up to 100,000 triples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from math import inf
from pathlib import Path
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from imagingkg.errors import GraphError, UsageError
from imagingkg.graph.issues import Issue
from imagingkg.graph.names import TYPE, XSD
from imagingkg.graph.shapes import NodeShape, PropertyShape, Term, load_shapes
from imagingkg.ontology_files import ontology_dir

FULL_LIMIT: Final = 100_000
"""Triples up to which pyshacl is used; beyond, it takes minutes."""


_TYPE: Final = TYPE.value


class _Scattered(GraphError):
    """The triples of a subject do not come together."""


_Values = Mapping[str, Sequence[Term]]
_ValueCheck = tuple[Callable[[Term, PropertyShape], bool], Callable[[PropertyShape], str]]
_Part = tuple[PropertyShape, int, float, Sequence[_ValueCheck] | None]
_Applied = tuple[NodeShape, Sequence[_Part], Sequence[tuple[PropertyShape, str]]]


@dataclass(slots=True)
class Prepared:
    """The shapes by the classes that they are for, with what is to be looked at in each; made by `prepared`."""

    by_class: Mapping[str, Sequence[_Applied]]
    known: dict[frozenset[str], Sequence[_Applied]] = field(default_factory=dict)

    def of(self, types: frozenset[str]) -> Sequence[_Applied]:
        """The shapes for a node of these classes, each once."""
        if types not in self.known:
            found = {a[0].name: a for kind in sorted(types) for a in self.by_class.get(kind, ())}
            self.known[types] = tuple(found.values())
        return self.known[types]


def prepared(shapes: Sequence[NodeShape]) -> Prepared:
    """The shapes made ready to check many nodes."""
    by_class: dict[str, list[_Applied]] = {}
    for shape in shapes:
        parts = [_part(part) for part in shape.properties]
        applied = (shape, parts, [(part, part.of_class) for part in shape.properties if part.of_class is not None])
        for target in shape.targets:
            by_class.setdefault(target, []).append(applied)
    return Prepared(by_class)


def _part(part: PropertyShape) -> _Part:
    """The property, how many values it may have, and what is to be judged of each; None where they must be judged
    together."""
    most = inf if part.max_count is None else part.max_count
    together = (part.has_value is not None, part.some_count, part.unique_language, part.disjoint_with, part.less_than)
    asked = (part.datatype, part.iri, part.allowed, part.pattern, part.minimum is not None, part.languages)
    checks = [check for check, a in zip(_VALUE_CHECKS, asked, strict=True) if a]
    return part, part.min_count, most, None if any(together) or part.at_most else checks


def check_stream(
    triples: Iterable[Triple],
    shapes: Sequence[NodeShape] | None = None,
    *,
    known: Mapping[Any, frozenset[str]] | None = None,
) -> Iterator[Issue]:
    """Every violation of the shapes; one about the class of another node comes once that node is known, or at the end.

    The triples of a subject must come together, as in graph.ttl; `known` has the classes of nodes that are described
    elsewhere. Raises GraphError where a subject's do not.
    """
    blocks = ((subject, _values(block)) for subject, block in groupby(triples, key=lambda t: t.subject))
    return check_blocks(blocks, prepared(load_shapes() if shapes is None else shapes), known=known)


def check_blocks(
    blocks: Iterable[tuple[Term, _Values]],
    shapes: Prepared,
    *,
    known: Mapping[Any, frozenset[str]] | None = None,
) -> Iterator[Issue]:
    """As `check_stream`, for subjects with their values by predicate and shapes that are prepared."""
    elsewhere = known or {}
    classes: dict[Term, frozenset[str]] = {}
    one_of: dict[frozenset[str], frozenset[str]] = {}  # one object for the many nodes of the same classes
    waiting: dict[Term, list[tuple[str, str, str]]] = {}  # node not met yet: who says that it is of which class
    for subject, values in blocks:
        if subject in classes:
            raise _Scattered(str(subject), "comes twice among the triples to be checked", "Sort them by subject")
        types = frozenset(t.value for t in values.get(_TYPE, ()) if isinstance(t, NamedNode))
        classes[subject] = types = one_of.setdefault(types, types)
        for who, path, asked in waiting.pop(subject, ()):
            if asked not in types:
                yield _not_of_class(who, path, subject, asked)
        focus = _name(subject)
        for shape, parts, of_classes in shapes.of(types):
            yield from _node_issues(focus, subject, values, shape, parts)
            for part, of_class in of_classes:
                for value in values.get(part.path, ()):
                    if value in elsewhere:
                        if of_class not in elsewhere[value]:
                            yield _not_of_class(focus, part.path, value, of_class)
                    elif value not in classes:
                        waiting.setdefault(value, []).append((focus, part.path, of_class))
                    elif of_class not in classes[value]:
                        yield _not_of_class(focus, part.path, value, of_class)
    for value, claims in waiting.items():
        for focus, path, of_class in claims:
            yield _not_of_class(focus, path, value, of_class)


def _values(triples: Iterable[Triple]) -> _Values:
    values: dict[str, list[Term]] = {}
    for triple in triples:
        values.setdefault(triple.predicate.value, []).append(triple.object)
    return values


def _not_of_class(focus: str, path: str, value: Term, of_class: str) -> Issue:
    return Issue(focus, path, f"{_name(value)} is not of class {of_class}")


def _node_issues(
    focus: str, subject: Term, values: _Values, shape: NodeShape, parts: Sequence[_Part]
) -> Iterator[Issue]:
    if shape.iri and not isinstance(subject, NamedNode):
        yield Issue(focus, "", "must be an IRI")
    for part, least, most, checks in parts:
        found = values.get(part.path, ())
        if checks is None or not least <= len(found) <= most:
            for said in _messages(found, values, part):
                yield Issue(focus, part.path, said)
            continue
        for value in found:  # most properties: nothing more is asked than what each value is
            for wrong, message in checks:
                if wrong(value, part):
                    yield Issue(focus, part.path, f"{_name(value)} {message(part)}")
    if shape.any_of and all(
        any(True for part in parts for _ in _messages(values.get(part.path, ()), values, part))
        for parts in shape.any_of
    ):
        yield Issue(focus, "", f"none of the alternatives of {_name(NamedNode(shape.name))} holds")


def _messages(found: Sequence[Term], values: _Values, part: PropertyShape) -> Iterator[str]:
    """What is wrong with the values of one property; classes are looked at when all nodes are known."""
    if len(found) < part.min_count:
        yield f"has {len(found)} values, at least {part.min_count} must be"
    if part.max_count is not None and len(found) > part.max_count:
        yield f"has {len(found)} values, at most {part.max_count} can be"
    if part.has_value is not None and part.has_value not in found:
        yield f"must have {_name(part.has_value)}"
    if part.some_count and sum(_in_language(v, part.some_in_language) for v in found) < part.some_count:
        yield f"has no value in language {' or '.join(part.some_in_language)}"
    if part.unique_language:
        languages = [v.language for v in found if isinstance(v, Literal) and v.language]
        for language in sorted({x for x in languages if languages.count(x) > 1}):
            yield f"has more than one value in language {language}"
    for value in found:
        for wrong, message in _VALUE_CHECKS:
            if wrong(value, part):
                yield f"{_name(value)} {message(part)}"
    yield from _pairs(found, values, part)


def _pairs(found: Sequence[Term], values: _Values, part: PropertyShape) -> Iterator[str]:
    if part.disjoint_with:
        for value in sorted(set(found) & set(values.get(part.disjoint_with, ())), key=str):
            yield f"{_name(value)} is a value of {part.disjoint_with} too"
    for other, strict in ((part.less_than, True), (part.at_most, False)):
        for right in values.get(other, ()) if other else ():
            for left in found:
                low, high = _number(left), _number(right)
                if low is None or high is None or low > high or (strict and low == high):
                    yield f"{_name(left)} must be {'less than' if strict else 'at most'} {_name(right)}"


def _in_language(value: Term, languages: Sequence[str]) -> bool:
    tag = (value.language or "").lower() if isinstance(value, Literal) else ""
    return any(tag == language or tag.startswith(language + "-") for language in languages)


_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_LEXICAL: Final = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    XSD + "decimal": _DECIMAL,
    XSD + "boolean": re.compile(r"true|false|0|1"),
}


def _number(value: Term) -> Decimal | None:
    """The number, or None for what is none: NaN cannot be compared, and 1e999999999 should not be written out."""
    return Decimal(value.value) if isinstance(value, Literal) and _DECIMAL.fullmatch(value.value) else None


def _wrong_datatype(value: Term, part: PropertyShape) -> bool:
    if part.datatype is None:
        return False
    if not isinstance(value, Literal) or value.datatype.value != part.datatype:
        return True
    lexical = _LEXICAL.get(part.datatype)
    return lexical is not None and not lexical.fullmatch(value.value)


def _too_small(value: Term, part: PropertyShape) -> bool:
    number = _number(value)
    return part.minimum is not None and (number is None or number < part.minimum)


def _wrong_pattern(value: Term, part: PropertyShape) -> bool:
    if part.pattern is None:
        return False
    return not isinstance(value, (Literal, NamedNode)) or not part.pattern.search(value.value)


_VALUE_CHECKS: Final[tuple[_ValueCheck, ...]] = (
    (_wrong_datatype, lambda part: f"is no {part.datatype}"),
    (lambda value, part: part.iri and not isinstance(value, NamedNode), lambda _: "is no IRI"),
    (
        lambda value, part: bool(part.allowed) and value not in part.allowed,
        lambda part: f"is none of {', '.join(sorted(_name(v) for v in part.allowed))}",
    ),
    (_wrong_pattern, lambda part: f"is not of the form {part.pattern.pattern if part.pattern else ''}"),
    (_too_small, lambda part: f"is less than {part.minimum}"),
    (
        lambda value, part: bool(part.languages) and not _in_language(value, part.languages),
        lambda part: f"is not in language {' or '.join(part.languages)}",
    ),
)


def _name(term: Term) -> str:
    return term.value if isinstance(term, (NamedNode, Literal)) else str(term)


def check_files(*paths: Path) -> list[Issue]:
    """The issues that `check_stream` finds in Turtle files taken together, in whatever order their triples stand.

    Raises GraphError for a file that cannot be read or is no Turtle.
    """
    if len(paths) == 1:
        try:
            return list(check_stream(read_turtle(paths[0])))
        except _Scattered:
            pass  # sorted below, at the cost of memory
    triples = {t for path in paths for t in read_turtle(path)}
    return list(check_stream(sorted(triples, key=lambda t: (str(t.subject), str(t)))))


def read_turtle(path: Path) -> Iterator[Triple]:
    """The triples of a Turtle file, one by one. Raises GraphError for one that cannot be read or is no Turtle."""
    try:
        for quad in parse(path=str(path), format=RdfFormat.TURTLE):
            yield quad.triple
    except (OSError, SyntaxError) as error:
        raise GraphError(str(path), f"is no Turtle ({error})") from error


def check_full(*paths: Path, limit: int = FULL_LIMIT) -> list[Issue]:
    """The violations that pyshacl finds in Turtle files taken together, sorted.

    Raises UsageError beyond `limit` triples and GraphError for a file that is no Turtle.
    """
    import pyshacl  # slow to import, and needed by no build
    import rdflib

    triples = {t for path in paths for t in read_turtle(path)}
    if len(triples) > limit:
        what = f"has {len(triples):,} triples; full SHACL is for up to {limit:,}"
        raise UsageError(", ".join(map(str, paths)), what, "The checks of a build cover graphs of any size")
    normalized, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        data, shapes = rdflib.Graph(), rdflib.Graph()
        for triple in triples:
            data.add((_rdflib(triple.subject), _rdflib(triple.predicate), _rdflib(triple.object)))
        shapes.parse(ontology_dir() / "shapes.ttl", format="turtle")
        _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", do_owl_imports=False)
    finally:
        rdflib.NORMALIZE_LITERALS = normalized
    return sorted(_reported(report))


def _reported(report: Any) -> Iterator[Issue]:
    import rdflib

    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    for result in report.subjects(rdflib.RDF.type, sh.ValidationResult):
        # Results within sh:or are details of the one that counts.
        if (None, sh.result, result) in report:
            path = report.value(result, sh.resultPath)
            message = report.value(result, sh.resultMessage)
            yield Issue(str(report.value(result, sh.focusNode)), "" if path is None else str(path), str(message))


def _rdflib(term: Term) -> Any:
    import rdflib

    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if not isinstance(term, Literal):
        raise GraphError(str(term), "is a quoted triple, which rdflib does not know")
    plain = term.language or term.datatype.value == XSD + "string"  # rdflib's own parser types no string either
    datatype = None if plain else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, lang=term.language, datatype=datatype)
