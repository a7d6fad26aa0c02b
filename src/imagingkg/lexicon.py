"""The lexicon: concepts with their names, read from ontology/concepts/*.yaml and any --lexicon files.

`load_lexicon` gives one checked, frozen value. A mistake is an `OntologyError` that names file, entry and problem.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from imagingkg.errors import OntologyError
from imagingkg.forms import fold, fold_width, has_han, is_acronym, squeeze, variants
from imagingkg.model import KINDS
from imagingkg.ontology_files import ontology_dir
from imagingkg.strict_yaml import read_yaml


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that texts name. `id` is "<kind>/<key>"; relations hold such ids, mappings hold CURIEs."""

    id: str
    kind: str
    finding: bool
    en: str
    zh: str
    also: tuple[str, ...] = ()
    abbr: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    located_in: tuple[str, ...] = ()
    marker_of: tuple[str, ...] = ()
    combines: tuple[str, ...] = ()
    mitigates: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    broad: tuple[str, ...] = ()
    definition_en: str = ""
    definition_zh: str = ""
    higher_is_better: bool | None = None
    generic: bool = False
    source: str = ""
    matched: tuple[str, ...] = ()  # the mappings that rest on equal labels alone
    terminology: str = ""  # the file of a concept that was brought in; such a one may have one label, in `en` and `zh`


@dataclass(frozen=True, slots=True)
class Name:
    """What a folded form stands for ("" for an ambiguous form). `exact`: the only casing in which it does, or None."""

    concept: str
    exact: str | None


@dataclass(frozen=True, slots=True)
class Sense:
    """One reading of an ambiguous form: `concept` (None: not a concept) holds when a `near` word is in the document."""

    concept: str | None
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in an ontology file."""

    file: str
    entry: str
    what: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.entry, self.what)))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All concepts, the forms that name them (folded form to names), ambiguous forms and forms that are no names.

    `digest` changes whenever anything that reading depends on does.
    """

    concepts: Mapping[str, Concept]
    names: Mapping[str, tuple[Name, ...]]
    ambiguous: Mapping[str, tuple[Sense, ...]]
    not_names: frozenset[str]
    digest: str
    above: Mapping[str, frozenset[str]] = field(repr=False, default_factory=dict)

    def ancestors(self, concept: str) -> frozenset[str]:
        """Every concept above this one by `broader`, itself left out."""
        return self.above.get(concept, frozenset())

    def label(self, concept: str, lang: str = "en") -> str:
        """The preferred label, or the id of a concept that is not in the lexicon."""
        found = self.concepts.get(concept)
        return concept if found is None else found.zh if lang == "zh" else found.en


_LIST_FIELDS: Final = (
    "also", "abbr", "broader", "part_of", "located_in", "marker_of", "combines", "mitigates", "exact", "close", "broad",
)  # fmt: skip
RELATIONS: Final = ("broader", "part_of", "located_in", "marker_of", "combines", "mitigates")
_FIELDS: Final = {"en", "zh", "def", "higher_is_better", "generic", *_LIST_FIELDS}


def load_lexicon(extra: Sequence[Path] = (), *, directory: Path | None = None) -> Lexicon:
    """The lexicon of `directory` (default: the one shipped) with `extra` files on top.

    Raises OntologyError that names the first problems (all of them with `read_lexicon`).
    """
    lexicon, problems = read_lexicon(extra, directory=directory)
    if problems:
        shown = "; ".join(str(p) for p in problems[:5])
        more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        raise OntologyError("ontology", f"{shown}{more}", "Run: imagingkg lint")
    return lexicon


def read_lexicon(extra: Sequence[Path] = (), *, directory: Path | None = None) -> tuple[Lexicon, list[Problem]]:
    """The lexicon as far as it can be read, and every mistake found on the way. A file that is no YAML raises."""
    root = directory or ontology_dir()
    files = sorted((root / "concepts").glob("*.yaml"))
    problems: list[Problem] = []
    concepts: dict[str, Concept] = {}
    senses: dict[str, tuple[Sense, ...]] = {}
    digest = hashlib.sha256()
    for path in [*files, *extra]:
        _read_file(path, concepts, senses, problems)
        digest.update(path.read_bytes())
    for name in ("not_names.yaml", "new_names.yaml", "cues.yaml", "relations.yaml"):
        if (root / name).is_file():
            digest.update((root / name).read_bytes())
    problems += _check_references(concepts, senses)
    senses = {f: tuple(s for s in r if s.concept is None or s.concept in concepts) for f, r in senses.items()}
    above, cycles = _ancestors(concepts)
    problems += cycles
    not_names = _not_names(root / "not_names.yaml")
    names, clashes = _names(concepts, senses)
    problems += clashes
    return Lexicon(concepts, names, senses, not_names, digest.hexdigest(), above), problems


def _read_file(
    path: Path, concepts: dict[str, Concept], senses: dict[str, tuple[Sense, ...]], problems: list[Problem]
) -> None:
    data = read_yaml(path)
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind not in (*KINDS, "finding") or not isinstance(data.get("concepts"), dict):
        problems.append(Problem(path.name, "kind", f"must be one of {', '.join(KINDS)}, finding, with concepts below"))
        return
    for key, entry in data["concepts"].items():
        concept, wrong = _concept(path.name, str(kind), str(key), entry)
        problems += wrong
        if concept is None:
            continue
        if concept.id in concepts:
            problems.append(Problem(path.name, str(key), f"defined already in {concepts[concept.id].source}"))
        concepts[concept.id] = concept
    for form, readings in (data.get("ambiguous") or {}).items():
        try:
            found = tuple(Sense(r["is"], tuple(fold(str(n)) for n in r.get("near", ()))) for r in readings)
        except (KeyError, TypeError, AttributeError):
            problems.append(Problem(path.name, str(form), "each sense needs is: and, but for the last, near: [...]"))
            continue
        cased = fold_width(str(form))
        if cased in senses:  # several files may add senses; the last default stands
            found = (*(s for s in senses[cased] if s.near), *found)
        senses[cased] = found


def _concept(file: str, kind: str, key: str, entry: Any) -> tuple[Concept | None, list[Problem]]:
    if not isinstance(entry, dict):
        return None, [Problem(file, key, "is not a mapping of fields")]
    problems = [Problem(file, key, f"unknown field {f!r}") for f in sorted(set(map(str, entry)) - _FIELDS)]
    problems += [
        Problem(file, key, f"has no {lang} label")
        for lang in ("en", "zh")
        if not isinstance(entry.get(lang), str) or not entry[lang].strip()
    ]
    lists: dict[str, tuple[str, ...]] = {}
    for name in _LIST_FIELDS:
        value = entry.get(name) or []
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            problems.append(Problem(file, key, f"{name} must be a list of texts (quote yes, no, on, off and numbers)"))
            value = []
        lists[name] = tuple(value)
    base = "disease" if kind == "finding" else kind
    for name in RELATIONS:
        lists[name] = tuple(v if "/" in v else f"{base}/{v}" for v in lists[name])
    for name in ("exact", "close", "broad"):
        problems += [Problem(file, key, f"{c!r} is not prefix:id") for c in lists[name] if not _is_curie(c)]
    if kind == "metric" and not isinstance(entry.get("higher_is_better"), bool):
        problems.append(Problem(file, key, "a metric must say higher_is_better: true or false"))
    if any(p.what.startswith("has no") for p in problems):
        return None, problems
    definition = entry.get("def") or {}
    return Concept(
        id=f"{base}/{key}", kind=base, finding=kind == "finding", en=entry["en"].strip(), zh=entry["zh"].strip(),
        definition_en=definition.get("en", ""), definition_zh=definition.get("zh", ""),
        higher_is_better=entry.get("higher_is_better"), generic=bool(entry.get("generic")), source=file,
        matched=(), terminology="", **lists,
    ), problems  # fmt: skip


def _is_curie(text: str) -> bool:
    prefix, colon, local = text.partition(":")
    return bool(colon and local) and prefix.isalnum() and not any(c.isspace() for c in text)


def _check_references(concepts: Mapping[str, Concept], senses: Mapping[str, tuple[Sense, ...]]) -> list[Problem]:
    problems = [
        Problem(c.source, c.id, f"{name} names {target!r}, which is not defined")
        for c in concepts.values() for name in RELATIONS for target in getattr(c, name) if target not in concepts
    ]  # fmt: skip
    problems += [
        Problem("ambiguous", form, f"names {sense.concept!r}, which is not defined")
        for form, readings in senses.items() for sense in readings
        if sense.concept is not None and sense.concept not in concepts
    ]  # fmt: skip
    return problems


def _ancestors(concepts: Mapping[str, Concept]) -> tuple[dict[str, frozenset[str]], list[Problem]]:
    """Everything above each concept by `broader`, and a problem for each concept that is above itself."""
    above: dict[str, frozenset[str]] = {}
    problems = []
    for start in concepts:
        seen: set[str] = set()
        todo = list(concepts[start].broader)
        while todo:
            here = todo.pop()
            if here in concepts and here not in seen:
                seen.add(here)
                todo += above.get(here, concepts[here].broader)
        if start in seen:
            problems.append(Problem(concepts[start].source, start, "is above itself by broader"))
            seen.discard(start)
        if seen:
            above[start] = frozenset(seen)
    return above, problems


def _not_names(path: Path) -> frozenset[str]:
    return frozenset(squeeze(str(f)) for f in read_yaml(path)) if path.is_file() else frozenset()


def listed_forms(concept: Concept) -> Iterable[tuple[str, str | None]]:
    """Each form that the concept lists, with its exact case if only that one counts."""
    for form in (concept.en, concept.zh, *concept.also):
        yield form, form if is_acronym(form) else None
    for form in concept.abbr:
        yield form, form


def _names(
    concepts: Mapping[str, Concept], senses: Mapping[str, tuple[Sense, ...]]
) -> tuple[dict[str, tuple[Name, ...]], list[Problem]]:
    """Folded form to what it names. A listed form beats a generated one; two listed owners of a form are a problem."""
    owners: dict[tuple[str, str | None], str] = {}
    problems: list[Problem] = []
    listed = {c.id: [(form, squeeze(form), exact) for form, exact in listed_forms(c)] for c in concepts.values()}
    for concept in concepts.values():
        for form, folded, exact in listed[concept.id]:
            owner = owners.setdefault((folded, exact), concept.id)
            if owner != concept.id and fold_width(form) not in senses:
                problems.append(Problem(concept.source, concept.id, f"the form {form!r} names {owner} too"))
    for concept_id in sorted(listed):
        for _, folded, exact in listed[concept_id]:
            if exact is None:
                for variant in variants(folded):
                    owners.setdefault((variant, None), concept_id)
            elif exact[-1].isalpha() and exact[-1] != "s" and not has_han(exact):
                owners.setdefault((folded + "s", exact + "s"), concept_id)
    for form in senses:
        owners[squeeze(form), form] = ""  # a declared ambiguity outweighs a plain entry
    table: dict[str, list[Name]] = {}
    for (folded, exact), concept_id in owners.items():
        if folded:
            table.setdefault(folded, []).append(Name(concept_id, None if exact is None else fold_width(exact)))
    # The exact-case reading of a form is tried before the one for any case.
    for found in table.values():
        if len(found) > 1:
            found.sort(key=lambda name: (name.exact is None, name.concept))
    return {folded: tuple(found) for folded, found in sorted(table.items())}, problems
