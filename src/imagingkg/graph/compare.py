"""What changed from one build to another: documents, concepts, claims, certainty, figures, direct links.

A claim's IRI covers its document's text and all that it says, so a claim that says something else has another one.
Claims that only one build has are therefore paired by document and sentence, the most alike first: a pair is a change
(or, in a document that was rewritten around it, none), the rest came or went.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from imagingkg.errors import QueryError
from imagingkg.graph.claims import Assertion, column, read_assertions
from imagingkg.graph.concepts import ALT_LABEL, CLASS_OF, DEFINITION, HIGHER_IS_BETTER, MAPPINGS, PREF_LABEL, RELATIONS
from imagingkg.graph.labels import name_of
from imagingkg.graph.links import LINKS
from imagingkg.graph.names import DCTERMS, TYPE, ikg
from imagingkg.graph.results import visible
from imagingkg.graph.store import graph_file, turtle_store

_CURATED: Final = (PREF_LABEL, ALT_LABEL, DEFINITION, HIGHER_IS_BETTER, *RELATIONS.values(), *MAPPINGS.values())
_SOURCE: Final = NamedNode(DCTERMS + "source")
_ABOUT_DOCUMENTS: Final = (
    *(ikg(name) for name in ("title", "authors", "year", "doi", "pmid", "venue", "retracted")), _SOURCE,
    NamedNode(DCTERMS + "language"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A thing that came, went or changed: its IRI (in the newer build where it has one), a name, and what changed."""

    iri: str
    name: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What came, went and changed of one kind of thing, each sorted by name."""

    added: tuple[Item, ...] = ()
    removed: tuple[Item, ...] = ()
    changed: tuple[Item, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from build `a` to build `b`.

    `certainty` and `results` are those of `claims.changed` whose certainty or figures changed. Links have no third
    state.
    """

    a: str
    b: str
    documents: Changes
    concepts: Changes
    claims: Changes
    links: Changes
    certainty: tuple[Item, ...]
    results: tuple[Item, ...]

    @property
    def same(self) -> bool:
        """Did nothing change?"""
        return not (self.documents or self.concepts or self.claims or self.links)


def compare(a: Path, b: Path) -> Comparison:
    """What changed from build `a` to build `b` (output directories, or Turtle files). Raises GraphError."""
    first, second = (path if path.is_file() else graph_file(path, "graph.ttl") for path in (a, b))
    with turtle_store(first) as old, turtle_store(second) as new:
        return _compared(a, b, old, new)


def _compared(a: Path, b: Path, old: Store, new: Store) -> Comparison:
    documents, rewritten = _documents(old, new)
    claims, certainty, results = _claims(old, new, rewritten)
    return Comparison(
        a=str(a),
        b=str(b),
        documents=documents,
        concepts=_concepts(old, new),
        claims=claims,
        links=_links(old, new),
        certainty=certainty,
        results=results,
    )


def _documents(old: Store, new: Store) -> tuple[Changes, dict[str, str]]:
    """What became of the documents, and which one (by IRI) has taken the place of which."""
    before, after = (_facts(g, [ikg("Document")], _ABOUT_DOCUMENTS) for g in (old, new))
    titles = {iri: _title(old, iri) for iri in before} | {iri: _title(new, iri) for iri in after}
    changes = _changes(before, after, titles)
    # A document's IRI is that of its text: another text from the same place is a change of that document.
    places = column(new, _SOURCE)
    came = {source: item for item in changes.added for source in places.get(item.iri, ())}
    rewritten: dict[str, str] = {}
    for source, iris in sorted(_by_source(old).items()):
        for iri in iris:
            if iri not in after and source in came and came[source].iri not in rewritten.values():
                rewritten.setdefault(iri, came[source].iri)
    texts = [Item(iri, titles[iri], ("the text",)) for iri in rewritten.values()]
    documents = Changes(
        added=tuple(i for i in changes.added if i.iri not in rewritten.values()),
        removed=tuple(i for i in changes.removed if i.iri not in rewritten),
        changed=_sorted([*changes.changed, *texts]),
    )
    return documents, rewritten


def _by_source(graph: Store) -> dict[str, list[str]]:
    out: dict[str, list[str]] = defaultdict(list)
    for iri, sources in sorted(column(graph, _SOURCE).items()):
        for source in sources:
            out[source].append(iri)
    return out


def _title(graph: Store, iri: str) -> str:
    for predicate in (ikg("title"), _SOURCE):
        for quad in graph.quads_for_pattern(NamedNode(iri), predicate, None, DefaultGraph()):
            if isinstance(quad.object, Literal):
                return quad.object.value
    return iri


def _concepts(old: Store, new: Store) -> Changes:
    before, after = (_facts(g, list(CLASS_OF.values()), _CURATED) for g in (old, new))
    names = {iri: name_of(old, NamedNode(iri)) for iri in before} | {iri: name_of(new, NamedNode(iri)) for iri in after}
    return _changes(before, after, names)


_Facts = Mapping[str, frozenset[tuple[str, str]]]


def _facts(graph: Store, classes: list[NamedNode], predicates: Iterable[NamedNode]) -> _Facts:
    """For each member of the classes: what the predicates say of it, as (short predicate, object)."""
    members = {
        q.subject.value for kind in classes for q in graph.quads_for_pattern(None, TYPE, kind, DefaultGraph())
        if isinstance(q.subject, NamedNode)
    }  # fmt: skip
    found: dict[str, set[tuple[str, str]]] = {iri: set() for iri in members}
    for predicate in predicates:
        short = predicate.value.replace("#", "/").rsplit("/", 1)[-1]
        for quad in graph.quads_for_pattern(None, predicate, None, DefaultGraph()):
            if isinstance(quad.subject, NamedNode) and quad.subject.value in members:
                found[quad.subject.value].add((short, _shown(quad.object)))
    return {iri: frozenset(facts) for iri, facts in found.items()}


def _shown(term: object) -> str:
    if isinstance(term, Literal):
        return f"{term.value!r}@{term.language}" if term.language else term.value
    return term.value.rsplit("/", 1)[-1] if isinstance(term, NamedNode) else str(term)


def _changes(before: _Facts, after: _Facts, names: Mapping[str, str]) -> Changes:
    changed = []
    for iri in before.keys() & after.keys():
        lost = sorted(f"- {name} {value}" for name, value in before[iri] - after[iri])
        won = sorted(f"+ {name} {value}" for name, value in after[iri] - before[iri])
        if lost or won:
            changed.append(Item(iri, names[iri], (*lost, *won)))
    return Changes(
        added=_sorted(Item(iri, names[iri]) for iri in after.keys() - before.keys()),
        removed=_sorted(Item(iri, names[iri]) for iri in before.keys() - after.keys()),
        changed=_sorted(changed),
    )


def _sorted(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda i: (i.name, i.iri)))


def _links(old: Store, new: Store) -> Changes:
    before, after = (dict(_link_items(g)) for g in (old, new))
    return Changes(
        added=_sorted(after[key] for key in after.keys() - before.keys()),
        removed=_sorted(before[key] for key in before.keys() - after.keys()),
    )


def _link_items(graph: Store) -> Iterator[tuple[tuple[str, str, str], Item]]:
    for name, _, _ in LINKS:
        for quad in graph.quads_for_pattern(None, ikg(name), None, DefaultGraph()):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                said = f"{name_of(graph, quad.subject)} {name} {name_of(graph, quad.object)}"
                yield (name, quad.subject.value, quad.object.value), Item(quad.subject.value, said)


def _claims(old: Store, new: Store, rewritten: Mapping[str, str]) -> tuple[Changes, tuple[Item, ...], tuple[Item, ...]]:
    before = {a.iri: a for a in read_assertions(old)}
    after = {a.iri: a for a in read_assertions(new)}
    gone = [a for iri, a in before.items() if iri not in after]
    came = [a for iri, a in after.items() if iri not in before]
    pairs = [(before[iri], after[iri]) for iri in before.keys() & after.keys()] + _paired(gone, came, rewritten)
    changed, certainty, results = [], [], []
    for was, now in pairs:
        if facts := tuple(_differences(was, now, old, new)):
            item = Item(now.iri, _described(now, new), facts)
            changed.append(item)
            if was.certainty != now.certainty:
                certainty.append(item)
            if was.figures != now.figures:
                results.append(item)
    matched = {a.iri for pair in pairs for a in pair}
    changes = Changes(
        added=_sorted(Item(a.iri, _described(a, new)) for a in came if a.iri not in matched),
        removed=_sorted(Item(a.iri, _described(a, old)) for a in gone if a.iri not in matched),
        changed=_sorted(changed),
    )
    return changes, _sorted(certainty), _sorted(results)


def _paired(
    gone: list[Assertion], came: list[Assertion], rewritten: Mapping[str, str]
) -> list[tuple[Assertion, Assertion]]:
    """Claims of one sentence in both builds, the most alike first, each in one pair at most."""
    sentences: dict[tuple[object, ...], list[Assertion]] = defaultdict(list)
    for claim in came:
        sentences[_sentence(claim, {})].append(claim)
    couples = [(was, now) for was in gone for now in sentences[_sentence(was, rewritten)]]
    couples.sort(key=lambda c: (-_likeness(*c), c[0].iri, c[1].iri))
    used: set[str] = set()
    pairs = []
    for was, now in couples:
        if was.iri not in used and now.iri not in used:
            used |= {was.iri, now.iri}
            pairs.append((was, now))
    return pairs


def _sentence(claim: Assertion, rewritten: Mapping[str, str]) -> tuple[object, ...]:
    """The document and the quote; the offsets only where quotes were left out, since they move with every edit."""
    document = rewritten.get(claim.document, claim.document)
    return (document, claim.quote) if claim.quote else (document, claim.start, claim.end)


def _likeness(a: Assertion, b: Assertion) -> int:
    mine, theirs = ({(role, f) for role, fillers in x.fillers.items() for f in fillers} for x in (a, b))
    return len(mine & theirs) + 10 * (a.task == b.task)


def _differences(was: Assertion, now: Assertion, old: Store, new: Store) -> Iterator[str]:
    for role in sorted(was.fillers.keys() | now.fillers.keys()):
        before, after = was.fillers.get(role, ()), now.fillers.get(role, ())
        if before != after:
            yield f"{role}: {_names(before, old)} → {_names(after, new)}"
    if was.context != now.context:
        yield f"from context: {_names(sorted(was.context), old)} → {_names(sorted(now.context), new)}"
    for name in ("certainty", "asserted_as", "comparator", "comparison"):
        before_text, after_text = getattr(was, name), getattr(now, name)
        if before_text != after_text:
            yield f"{name.replace('_', ' ')}: {before_text or 'none'} → {after_text or 'none'}"
    if was.figures != now.figures:
        yield f"results: {_figures(was, old)} → {_figures(now, new)}"
    if was.samples != now.samples:
        yield f"samples: {_sizes(was)} → {_sizes(now)}"
    if was.studies != now.studies:
        yield "the studies that it is about"


def _names(concepts: Iterable[str], graph: Store) -> str:
    return ", ".join(name_of(graph, NamedNode(c)) for c in concepts) or "none"


def _figures(claim: Assertion, graph: Store) -> str:
    return ", ".join(f"{name_of(graph, NamedNode(f.metric))} {f.reported} ({f.split})" for f in claim.figures) or "none"


def _sizes(claim: Assertion) -> str:
    return ", ".join(f"{value} {unit}" for value, unit in claim.samples) or "none"


def _described(claim: Assertion, graph: Store) -> str:
    fillers = [c for role in sorted(claim.fillers) if role != "task" for c in claim.fillers[role]]
    what = name_of(graph, NamedNode(claim.task)) if claim.task else "statement"
    return f"{what}: {_names(fillers, graph)} [{_title(graph, claim.document)}, {claim.start}-{claim.end}]"


SHOWN: Final = 20
"""How many items of each kind the text names; JSON has all."""


def render_comparison(comparison: Comparison, form: str = "text") -> str:
    """The comparison as "text" (counts, and the first SHOWN items of each kind) or "json" (everything). Raises
    QueryError for another format.
    """
    if form == "json":
        return json.dumps(asdict(comparison) | {"same": comparison.same}, ensure_ascii=False, indent=1) + "\n"
    if form != "text":
        raise QueryError("format", f"{form!r} is none", "Use text or json")
    lines = [f"{comparison.a} → {comparison.b}"]
    if comparison.same:
        return f"{lines[0]}: no difference\n"
    for kind in ("documents", "concepts", "claims", "links"):
        changes: Changes = getattr(comparison, kind)
        counts = f"{len(changes.added):,} added, {len(changes.removed):,} removed"
        lines.append(f"{kind}: {counts}" + ("" if kind == "links" else f", {len(changes.changed):,} changed"))
        if kind == "claims":
            certainty, results = len(comparison.certainty), len(comparison.results)
            lines[-1] += f" ({certainty:,} in certainty, {results:,} in results)"
        for mark, items in (("+", changes.added), ("-", changes.removed), ("~", changes.changed)):
            for item in items[:SHOWN]:
                lines.append(f"  {mark} {visible(item.name)}")
                lines += [f"      {visible(fact)}" for fact in item.facts]
            if len(items) > SHOWN:
                lines.append(f"  {mark} and {len(items) - SHOWN:,} more")
    return "\n".join(lines) + "\n"
