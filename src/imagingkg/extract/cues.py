"""Words that colour a claim (negation, doubt, comparison, split, whose work it is), read from ontology/cues.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from imagingkg.errors import OntologyError
from imagingkg.extract.matcher import Matcher, build_matcher
from imagingkg.forms import squeeze, variants
from imagingkg.strict_yaml import read_yaml


@dataclass(frozen=True, slots=True)
class Cue:
    """One role of a cue word: "negation" with value "after", "split" with value "test", "own" with value ""."""

    kind: str
    value: str = ""


class CueHit(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class Cues:
    """All cues, compiled: fixed forms, and phrases whose parts come from lists ("未能" … "提高")."""

    forms: Matcher[tuple[Cue, ...]]
    phrases: tuple[tuple[Cue, re.Pattern[str]], ...]


_PLAIN: Final = ("own", "scene", "unused", "neutral", "no_difference", "chance", "added")
# The values of a kind that has some; none listed: the ontology names them.
_VALUED: Final[Mapping[str, tuple[str, ...]]] = {
    "negation": ("after", "before", "both", "named"),
    "hedge": ("after", "before", "both", "named"),
    "comparison": ("better", "equal", "worse"),
    "comparator": (),
    "split": ("training", "validation", "test", "external"),
}


def load_cues(path: Path) -> Cues:
    """All cues of the file. Raises OntologyError for an unknown kind or value, or a form that is no text."""
    data = read_yaml(path)
    phrases = data.pop("phrases", None) if isinstance(data, dict) else None
    roles: dict[str, list[Cue]] = {}
    for form, cue in _entries(path, data):
        if cue not in roles.setdefault(form, []):
            roles[form].append(cue)
    for form in list(roles):
        for variant in variants(form):
            roles.setdefault(variant, roles[form])
    matcher = build_matcher({form: tuple(cues) for form, cues in roles.items()})
    return Cues(matcher, tuple(_phrases(path, phrases)) if phrases is not None else ())


def _phrases(path: Path, data: Any) -> Iterator[tuple[Cue, re.Pattern[str]]]:
    """The phrases of the file; between two parts stand at most `within` characters and no sign that ends a clause."""
    where = f"{path}: phrases"
    try:
        lists = {name: _one_of(where, words) for name, words in data["lists"].items()}
        for rule in data["rules"]:
            cue, value, parts, within = rule["cue"], rule.get("reach", ""), rule["of"], int(rule["within"])
            if len(parts) < 2 or value not in _VALUED.get(cue, ("",) if cue in _PLAIN else ()):
                raise OntologyError(where, f"{cue} {value} of {parts!r} is not known")
            between = f"[^,.;:!?，。；：！？\n]{{0,{within}}}?"
            yield Cue(cue, value), re.compile(between.join(lists[part] for part in parts))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OntologyError(where, f"is not lists and rules ({error!r})") from error


def _one_of(where: str, words: Any) -> str:
    if not isinstance(words, list) or not words or not all(isinstance(w, str) and w for w in words):
        raise OntologyError(where, f"{words!r} is not a list of words")
    longest_first = sorted((re.escape(squeeze(w)) for w in words), key=lambda w: (-len(w), w))
    return f"(?:{'|'.join(longest_first)})"


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


def find_cues(seen: str, folded: str, cues: Cues) -> list[CueHit]:
    """The cue words of a text, in order; `folded` is the text folded, `seen` `matcher.view(text)`.

    A phrase does not count where a fixed form in it says otherwise: one that colours nothing, or "no difference". A
    phrase that colours nothing ("make up for the lack of") silences all that begins in it, and a doubt ("cannot be
    sure that") the denial that begins in it.
    """
    hits = [CueHit(start, end, value) for start, end, value in cues.forms.find(seen)]
    chinese = not folded.isascii()
    found = [
        CueHit(match.start(), match.end(), (cue,))
        for cue, pattern in cues.phrases
        if chinese or pattern.pattern.isascii()
        for match in pattern.finditer(folded)
    ]
    if not found:
        return hits
    blank = [p for p in found if p.value("neutral") is not None]
    silent = [*blank, *(h for h in hits if h.value("neutral") is not None or h.value("no_difference") is not None)]
    kept = [p for p in found if not any(h.start < p.end and p.start < h.end for h in silent)]
    loud = [h for h in (*hits, *kept) if not any(p.start <= h.start < p.end for p in blank)]
    doubts = [h for h in loud if h.value("hedge") is not None]
    said = [h for h in loud if h.value("negation") is None or not any(d.start <= h.start < d.end for d in doubts)]
    return sorted(said, key=lambda h: (h.start, h.end))
