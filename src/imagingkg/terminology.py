"""Terms of somebody else's terminology, and how they join the lexicon.

The readers (lexicon_formats, graph.terminology) give `Terminology` values, whatever the format was; `join` makes
concepts of them. A term that the lexicon has is merged into ours, the others come in with ids of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from imagingkg.errors import OntologyError
from imagingkg.extension import extend
from imagingkg.forms import fold_width, squeeze, variants
from imagingkg.lexicon import Concept, Lexicon, Problem
from imagingkg.model import KINDS

TERM_KINDS: Final = (*KINDS, "finding")

KIND_OF_PREFIX: Final[Mapping[str, str]] = {
    "DOID": "disease", "MONDO": "disease", "NCIT": "disease", "HP": "finding", "UBERON": "anatomy", "FMA": "anatomy",
    "AIO": "method", "HGNC": "biomarker", "DICOM": "modality",
}  # fmt: skip
"""What the terms of a well-known vocabulary are, where the user does not say."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term as its file has it. `id` and the references are as written there: CURIEs or IRIs.

    `also` are exact synonyms, `abbr` those that are abbreviations. `same` are ids that the file calls exact matches,
    `near` its looser cross-references. `kind` is "" where the file does not say. `line` is 0 in RDF.
    """

    id: str
    en: str
    zh: str = ""
    also: tuple[str, ...] = ()
    abbr: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    definition: str = ""
    kind: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Terminology:
    """The usable terms of one file, and how many were not used: obsolete ones, and ones without a name."""

    file: str
    terms: tuple[Term, ...]
    obsolete: int = 0
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of a terminology's terms. The counts are of terms, but for `forms_left_out` and `parents_left_out`.

    `other`: terms of imported vocabularies whose kind is not known. `without_mapping`: terms with an id of no
    vocabulary in ontology/sources.yaml, which is written nowhere but in the concept's own id.
    """

    file: str
    terms: int
    added: int
    merged: int
    obsolete: int
    unnamed: int
    other: int
    without_mapping: int
    forms_left_out: int
    parents_left_out: int

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


CurieOf = Callable[[str], "str | None"]
"""From an id as written to a CURIE of a known vocabulary, or None."""


def join(
    lexicon: Lexicon, terminology: Terminology, *, kind: str = "", curie_of: CurieOf
) -> tuple[Lexicon, Joined, list[Problem]]:
    """The lexicon with the terms in it, what became of them, and the mistakes in their hierarchy.

    `kind` is that of all terms; without it each tells its own, or its prefix does. Raises OntologyError where no term
    has a kind.
    """
    placed, other = _placed(terminology, kind, curie_of)
    ids = _Places(lexicon, placed).ids
    problems = list(_same_ids(terminology.file, placed, ids))
    changed: dict[str, Concept] = {}
    merged = parents = 0
    for item in placed:
        target, how = ids[item.term.id]
        if how:
            merged += 1
            changed[target] = _merged(changed.get(target) or lexicon.concepts[target], item, how)
        elif target not in changed:
            broader = _parents(item, ids)
            parents += len(set(item.term.broader)) - len(broader)
            changed[target] = _concept(terminology.file, target, item, broader)
    digest = sha256(repr((kind, terminology.terms)).encode("utf-8", "surrogatepass")).hexdigest()
    grown, left_out = extend(lexicon, changed.values(), digest=digest)
    problems += [
        Problem(grown.concepts[c].source, c, "is above itself by broader")
        for c in changed if c in grown.ancestors(c)
    ]  # fmt: skip
    return grown, Joined(
        file=terminology.file, terms=len(terminology.terms), added=len(placed) - merged, merged=merged,
        obsolete=terminology.obsolete, unnamed=terminology.unnamed, other=other,
        without_mapping=sum(item.curie is None for item in placed), forms_left_out=len(left_out),
        parents_left_out=parents,
    ), problems  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Placed:
    """A term with its kind ("disease" for a finding), and its references as CURIEs of known vocabularies."""

    term: Term
    kind: str
    finding: bool
    curie: str | None
    same: tuple[str, ...]
    near: tuple[str, ...]


def _placed(terminology: Terminology, kind: str, curie_of: CurieOf) -> tuple[list[_Placed], int]:
    out: list[_Placed] = []
    for term in sorted(terminology.terms, key=lambda t: t.id):
        curie = curie_of(term.id)
        of_prefix = KIND_OF_PREFIX.get((curie or term.id).partition(":")[0].upper(), "")
        its = term.kind or kind or of_prefix
        if its:
            same, near = (tuple(sorted({c for raw in raws if (c := curie_of(raw))})) for raws in (term.same, term.near))
            out.append(_Placed(term, "disease" if its == "finding" else its, its == "finding", curie, same, near))
    if not out:
        known = ", ".join(TERM_KINDS)
        what = "has no term" if not terminology.terms else f"what its terms are is not known (ids like {term.id!r})"
        raise OntologyError(terminology.file, what, f"Say it: --lexicon {terminology.file}=KIND, with one of {known}")
    return out, len(terminology.terms) - len(out)


@dataclass(slots=True)
class _Places:
    """Which concept each term is: its id, and "id", "label" or "close" (how it was told) for one of the lexicon's."""

    lexicon: Lexicon
    placed: Sequence[_Placed]
    ids: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ours = {(c.kind, curie): c.id for c in self.lexicon.concepts.values() for curie in c.exact}
        taken = {(c.id, curie.partition(":")[0]) for c in self.lexicon.concepts.values() for curie in c.exact}
        rest = []
        for item in self.placed:  # ids first: they tell which concepts have an id of this vocabulary
            found = next((t for c in (item.curie, *item.same) if c and (t := ours.get((item.kind, c)))), None)
            if found is None:
                rest.append(item)
                continue
            self.ids[item.term.id] = found, "id"
            if item.curie:
                taken.add((found, item.curie.partition(":")[0]))
        for item in rest:
            found = self._by_label(item)
            if found is None:
                self.ids[item.term.id] = f"{item.kind}/{_slug(item.curie or item.term.id)}", ""
                continue
            prefix = (item.curie or "").partition(":")[0]
            # Equal labels are no proof against a curated id; our synonyms are forms to search by, not equal terms.
            same = self._is_label(item, found) and (found, prefix) not in taken
            self.ids[item.term.id] = found, "label" if same else "close"
            taken.add((found, prefix))

    def _by_label(self, item: _Placed) -> str | None:
        for label in (item.term.en, item.term.zh):
            for name in self.lexicon.names.get(squeeze(label), ()) if label else ():
                known = self.lexicon.concepts.get(name.concept)
                if known and known.kind == item.kind and name.exact in (None, fold_width(label)):
                    return known.id
        return None

    def _is_label(self, item: _Placed, concept: str) -> bool:
        ours = self.lexicon.concepts[concept]
        for label in (ours.en, ours.zh):
            folded = squeeze(label)
            if not {squeeze(item.term.en), squeeze(item.term.zh)}.isdisjoint({folded, *variants(folded)} - {""}):
                return True
        return False


def _merged(concept: Concept, item: _Placed, how: str) -> Concept:
    """Our concept with the term's id as a mapping and, where it is the same thing, its names as further forms."""
    known = {*concept.exact, *concept.close, *concept.broad}
    fresh_id = (item.curie,) if item.curie and item.curie not in known else ()
    if how == "close":  # its names are not quite ours
        return replace(concept, close=(*concept.close, *fresh_id))
    have = {squeeze(f) for f in (concept.en, concept.zh, *concept.also, *concept.abbr)}
    fresh = tuple(f for f in _forms(item.term) if squeeze(f) not in have)
    matched = (*concept.matched, *fresh_id) if how == "label" else concept.matched
    return replace(concept, also=(*concept.also, *fresh), exact=(*concept.exact, *fresh_id), matched=matched)


def _forms(term: Term) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f for f in (term.en, term.zh, *term.also, *term.abbr) if f))


def _concept(file: str, concept: str, item: _Placed, broader: tuple[str, ...]) -> Concept:
    term = item.term
    return Concept(
        id=concept, kind=item.kind, finding=item.finding, en=term.en or term.zh, zh=term.zh or term.en,
        also=term.also, abbr=term.abbr, broader=broader,
        exact=tuple(dict.fromkeys(c for c in (item.curie, *item.same) if c)),
        close=tuple(c for c in item.near if c != item.curie and c not in item.same),
        definition_en=term.definition, source=f"{file}:{term.line}" if term.line else file, terminology=file,
    )  # fmt: skip


def _parents(item: _Placed, ids: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """The broader concepts: terms of the same kind that are in the file. A slim names parents that it does not have."""
    found = (ids[parent][0] for parent in item.term.broader if parent in ids)
    return tuple(dict.fromkeys(p for p in found if p.startswith(f"{item.kind}/")))


def _same_ids(file: str, placed: Iterable[_Placed], ids: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    """Terms whose ids differ only in what a concept's id cannot hold."""
    fresh = [(ids[item.term.id][0], item.term) for item in placed if not ids[item.term.id][1]]
    counts = Counter(concept for concept, _ in fresh)
    for concept, term in fresh:
        if counts[concept] > 1:
            yield Problem(f"{file}:{term.line}", term.id, f"gives {concept}, and so does another term")


def _slug(id_: str) -> str:
    """What a concept's id holds of a term's: "DOID:1324" is doid-1324; of an IRI the last part is enough."""
    if "://" in id_:
        id_ = re.split(r"[/#]", id_.rstrip("/#"))[-1]
    slug = re.sub(r"[^a-z0-9]+", "-", id_.lower()).strip("-")
    if slug and not slug.startswith("new-"):  # which is what names that only documents know begin with
        return slug
    return f"term-{sha256(id_.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
