"""What changed from one build to another: documents, concepts, claims, certainty, figures, direct links.

A claim's IRI covers its document's text and all that it says, so a claim that says something else has another one.
Claims that only one build has are therefore paired by document and sentence, the most alike first: a pair is a change
(or, in a document that was rewritten around it, none), the rest came or went.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode

from imagingkg.graph.build import ROLE
from imagingkg.graph.claims import TERM, Assertion, assertion
from imagingkg.graph.comparison import SHOWN, Changes, Comparison, Item, render_comparison
from imagingkg.graph.concepts import ALT_LABEL, CLASS_OF, DEFINITION, HIGHER_IS_BETTER, MAPPINGS, PREF_LABEL, RELATIONS
from imagingkg.graph.differences import Said, by_predicate, differing, each_said, sorted_subjects
from imagingkg.graph.links import LINKS
from imagingkg.graph.names import DCTERMS, TYPE, VOCAB
from imagingkg.graph.store import graph_file
from imagingkg.runs import Runs

_CONCEPTS: Final = frozenset(kind.value for kind in CLASS_OF.values())
_CURATED: Final = frozenset(
    p.value for p in (PREF_LABEL, ALT_LABEL, DEFINITION, HIGHER_IS_BETTER, *RELATIONS.values(), *MAPPINGS.values())
)
_DOCUMENTS: Final = frozenset((VOCAB + "Document",))
_TITLE: Final = VOCAB + "title"
_SOURCE: Final = DCTERMS + "source"
_ABOUT_DOCUMENTS: Final = frozenset(
    (
        _TITLE,
        _SOURCE,
        DCTERMS + "language",
        *(VOCAB + n for n in ("authors", "year", "doi", "pmid", "venue", "retracted")),
    )
)
_LINKS: Final = {VOCAB + name: name for name, _, _ in LINKS}
_ASSERTIONS: Final = frozenset((VOCAB + "Claim", VOCAB + "Statement"))
_METRIC: Final = CLASS_OF["metric"].value
_PARTS: Final = tuple(TERM[name].value for name in ("result", "sample", "evidence"))
_COUNTING: Final = frozenset(
    (TYPE.value, *_CURATED, *_ABOUT_DOCUMENTS, *_LINKS, *(p.value for p in (*TERM.values(), *ROLE.values())))
)
"""The predicates that are compared."""


__all__ = ["SHOWN", "Changes", "Comparison", "Item", "compare", "render_comparison"]


def compare(a: Path, b: Path) -> Comparison:
    """What changed from build `a` to build `b` (output directories, or Turtle files). Raises GraphError."""
    first, second = (path if path.is_file() else graph_file(path, "graph.ttl") for path in (a, b))
    with tempfile.TemporaryDirectory(prefix="imagingkg-") as folder:
        old, new = (
            sorted_subjects(path, _COUNTING, Path(folder), name, but=VOCAB + "Study")
            for path, name in ((first, "old"), (second, "new"))
        )
        return _compared(a, b, old, new)


def _compared(a: Path, b: Path, old: Runs, new: Runs) -> Comparison:
    documents, concepts, links = _Documents(), _Members(_CONCEPTS, _CURATED, _name), _Links()
    touched = set()
    for iri, was, now in differing(old, new):
        documents.add(iri, was, now)
        concepts.add(iri, was, now)
        links.add(iri, was, now)
        touched.add(iri)
    before = _side(old, touched, links.removed)
    after = _side(new, touched, links.added)
    changed_documents, rewritten = documents.changes()
    claims, certainty, results = _claims(before, after, rewritten)
    return Comparison(
        a=str(a),
        b=str(b),
        documents=changed_documents,
        concepts=concepts.changes(),
        claims=claims,
        links=Changes(added=_link_items(links.added, after), removed=_link_items(links.removed, before)),
        certainty=certainty,
        results=results,
    )


@dataclass(slots=True)
class _Members:
    """What became of the members of some classes, by what some predicates say of them (all as IRIs)."""

    classes: Set[str]
    predicates: Set[str]
    name: Callable[[Said, str], str]
    added: list[Item] = field(default_factory=list)
    removed: list[Item] = field(default_factory=list)
    changed: list[Item] = field(default_factory=list)

    def add(self, iri: str, was: Said, now: Said) -> tuple[bool, bool]:
        """Take a subject in; was it a member, and is it one?"""
        before, after = _is_a(was, self.classes), _is_a(now, self.classes)
        name = self.name(now if after else was, iri) if before or after else ""
        if before and after:
            one, other = self._facts(was), self._facts(now)
            lost, won = (
                [f"{mark} {fact}" for fact in sorted(f)] for mark, f in (("-", one - other), ("+", other - one))
            )
            if lost or won:
                self.changed.append(Item(iri, name, (*lost, *won)))
        elif before:
            self.removed.append(Item(iri, name))
        elif after:
            self.added.append(Item(iri, name))
        return before, after

    def _facts(self, said: Said) -> set[str]:
        """What the predicates say, as a short predicate and the value."""
        return {f"{_last(p.replace('#', '/'))} {_shown(v, kind)}" for p, v, kind in said if p in self.predicates}

    def changes(self) -> Changes:
        return Changes(*(_sorted(items) for items in (self.added, self.removed, self.changed)))


@dataclass(slots=True)
class _Documents:
    """What became of the documents, and where those that came and went were read."""

    members: _Members = field(default_factory=lambda: _Members(_DOCUMENTS, _ABOUT_DOCUMENTS, _title))
    came: dict[str, tuple[str, ...]] = field(default_factory=dict)
    went: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, iri: str, was: Said, now: Said) -> None:
        match self.members.add(iri, was, now):
            case True, False:
                self.went[iri] = by_predicate(was).get(_SOURCE, ())
            case False, True:
                self.came[iri] = by_predicate(now).get(_SOURCE, ())

    def changes(self) -> tuple[Changes, dict[str, str]]:
        """The changes, and which document (by IRI) has taken the place of which."""
        changes = self.members.changes()
        # A document's IRI is that of its text: another text from the same place is a change of that document.
        at = {source: item for item in changes.added for source in self.came[item.iri]}
        left = sorted((source, iri) for iri, sources in self.went.items() for source in sources)
        rewritten: dict[str, str] = {}
        taken: dict[str, str] = {}
        for source, iri in left:
            if source in at and at[source].iri not in taken and iri not in rewritten:
                rewritten[iri] = at[source].iri
                taken[at[source].iri] = at[source].name
        texts = [Item(iri, name, ("the text",)) for iri, name in taken.items()]
        documents = Changes(
            added=tuple(i for i in changes.added if i.iri not in taken),
            removed=tuple(i for i in changes.removed if i.iri not in rewritten),
            changed=_sorted([*changes.changed, *texts]),
        )
        return documents, rewritten


_Link = tuple[str, str, str]
"""The name of a direct link, and the concepts at its ends."""


@dataclass(slots=True)
class _Links:
    """The direct links that came and went."""

    added: list[_Link] = field(default_factory=list)
    removed: list[_Link] = field(default_factory=list)

    def add(self, iri: str, was: Said, now: Said) -> None:
        for found, said, other in ((self.added, now, was), (self.removed, was, now)):
            found += [(_LINKS[p], iri, end) for p, end, kind in said - other if p in _LINKS and kind == "<"]


@dataclass(frozen=True, slots=True)
class _Side:
    """What one build says of all that has to do with a difference: its claims, and what is said of what they name."""

    claims: Mapping[str, Assertion]
    said: Mapping[str, Said]

    def name(self, concept: str) -> str:
        return _name(self.said.get(concept, frozenset()), concept)

    def title(self, document: str) -> str:
        return _title(self.said.get(document, frozenset()), document)


def _side(runs: Runs, touched: Set[str], links: Iterable[_Link]) -> _Side:
    """`touched` are the subjects that differ: of a claim itself, or of its figures, samples and evidence."""
    if not touched:
        return _Side({}, {})
    claims = {
        iri: facts
        for iri, facts in ((iri, by_predicate(said)) for iri, said in each_said(runs, marks=_ASSERTIONS))
        if not _ASSERTIONS.isdisjoint(facts.get(TYPE.value, ()))
        and (iri in touched or any(part in touched for name in _PARTS for part in facts.get(name, ())))
    }
    named = {value for facts in claims.values() for values in facts.values() for value in values}
    named.update(end for _, *ends in links for end in ends)
    # The metrics are named by the figures, which are only met here; there are few.
    said = dict(each_said(runs, marks=(_METRIC,), iris=named))
    facts_of = {iri: by_predicate(facts) for iri, facts in said.items()}

    def objects(subject: str, predicate: NamedNode) -> tuple[str, ...]:
        return facts_of.get(subject, {}).get(predicate.value, ())

    return _Side({iri: assertion(iri, facts, objects) for iri, facts in claims.items()}, said)


def _is_a(said: Said, classes: Set[str]) -> bool:
    return any(predicate == TYPE.value and value in classes for predicate, value, _ in said)


def _name(said: Said, iri: str) -> str:
    """What a concept is called: in English, else in another language, else by the end of its IRI."""
    labels = {k.removeprefix("@"): v for p, v, k in sorted(said) if p == PREF_LABEL.value and k not in ("<", "_")}
    return labels.get("en") or min(labels.values(), default="") or _last(iri)


def _title(said: Said, iri: str) -> str:
    """What a document is called: by its title, else by where it was read."""
    facts = by_predicate(said)
    return next(iter((*facts.get(_TITLE, ()), *facts.get(_SOURCE, ()))), iri)


def _last(iri: str) -> str:
    return iri.rsplit("/", 1)[-1]


def _shown(value: str, kind: str) -> str:
    if kind.startswith("@"):
        return f"{value!r}{kind}"
    return _last(value) if kind == "<" else value


def _link_items(links: Iterable[_Link], side: _Side) -> tuple[Item, ...]:
    return _sorted(Item(one, f"{side.name(one)} {link} {side.name(other)}") for link, one, other in links)


def _sorted(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda i: (i.name, i.iri)))


def _claims(old: _Side, new: _Side, rewritten: Mapping[str, str]) -> tuple[Changes, tuple[Item, ...], tuple[Item, ...]]:
    before, after = old.claims, new.claims
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


def _differences(was: Assertion, now: Assertion, old: _Side, new: _Side) -> Iterator[str]:
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


def _names(concepts: Iterable[str], side: _Side) -> str:
    return ", ".join(side.name(c) for c in concepts) or "none"


def _figures(claim: Assertion, side: _Side) -> str:
    return ", ".join(f"{side.name(f.metric)} {f.reported} ({f.split})" for f in claim.figures) or "none"


def _sizes(claim: Assertion) -> str:
    return ", ".join(f"{value} {unit}" for value, unit in claim.samples) or "none"


def _described(claim: Assertion, side: _Side) -> str:
    fillers = [c for role in sorted(claim.fillers) if role != "task" for c in claim.fillers[role]]
    what = side.name(claim.task) if claim.task else "statement"
    return f"{what}: {_names(fillers, side)} [{side.title(claim.document)}, {claim.start}-{claim.end}]"
