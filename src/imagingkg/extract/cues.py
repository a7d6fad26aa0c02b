"""Words that colour a claim (negation, doubt, comparison, split, whose work it is), read from ontology/cues.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imagingkg.errors import OntologyError
from imagingkg.extract.matcher import Matcher, build_matcher
from imagingkg.forms import squeeze, variants
from imagingkg.strict_yaml import read_yaml


@dataclass(frozen=True, slots=True)
class Cue:
    """One role of a cue word: "negation" with value "after", "split" with value "test", "own" with value ""."""

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class CueHit:
    """A cue word at [start, end) with all its roles."""

    start: int
    end: int
    cues: tuple[Cue, ...]

    def value(self, kind: str) -> str | None:
        """The cue's value for this kind ("" for a plain one), None where it is not of the kind."""
        for cue in self.cues:
            if cue.kind == kind:
                return cue.value
        return None


_PLAIN: Final = ("own", "scene", "unused", "neutral", "no_difference", "chance")
# The values of a kind that has some; none listed: the ontology names them.
_VALUED: Final[Mapping[str, tuple[str, ...]]] = {
    "negation": ("after", "before", "both"),
    "hedge": ("after", "before", "both"),
    "comparison": ("better", "equal", "worse"),
    "comparator": (),
    "split": ("training", "validation", "test", "external"),
}


def load_cues(path: Path) -> Matcher[tuple[Cue, ...]]:
    """The matcher over all cue forms. Raises OntologyError for an unknown kind or value, or a form that is no text."""
    data = read_yaml(path)
    roles: dict[str, list[Cue]] = {}
    for form, cue in _entries(path, data):
        if cue not in roles.setdefault(form, []):
            roles[form].append(cue)
    for form in list(roles):
        for variant in variants(form):
            roles.setdefault(variant, roles[form])
    return build_matcher({form: tuple(cues) for form, cues in roles.items()})


def _entries(path: Path, data: Any) -> Iterator[tuple[str, Cue]]:
    if not isinstance(data, dict):
        raise OntologyError(str(path), "is not a mapping of cue kinds")
    for kind, value in data.items():
        if kind in _PLAIN and isinstance(value, list):
            groups: dict[str, Any] = {"": value}
        elif kind in _VALUED and isinstance(value, dict):
            groups = value
        else:
            raise OntologyError(f"{path}: {kind}", "is not a kind of cue", f"Known: {', '.join((*_PLAIN, *_VALUED))}")
        for group, forms in groups.items():
            if group not in _VALUED.get(kind, ()) and _VALUED.get(kind):
                raise OntologyError(f"{path}: {kind}", f"{group!r} is not known", f"Known: {', '.join(_VALUED[kind])}")
            if not isinstance(forms, list):
                raise OntologyError(f"{path}: {kind}", f"{group} is not a list of forms")
            for form in forms:
                if not isinstance(form, str):
                    raise OntologyError(f"{path}: {kind}", f"{form!r} is not a text", "Put it in quotes")
                yield squeeze(form), Cue(kind, group)


def find_cues(seen: str, cues: Matcher[tuple[Cue, ...]]) -> list[CueHit]:
    """The cue words of a text, in order; `seen` is `matcher.view(text)`."""
    return [CueHit(start, end, value) for start, end, value in cues.find(seen)]
