"""What a team decided in review: a YAML file, read strictly, as values.

Three lists. `terms`: names that the lexicon lacked. `forms`: ambiguous forms. `claims`: doubtful claims. An entry is
known by its content (name and kind; form; document, task, quote and target), so that decisions outlive a rebuild. An
entry whose `decision` is empty waits for a reviewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from imagingkg.errors import OntologyError
from imagingkg.forms import fold_width, squeeze
from imagingkg.model import CLAIM_ROLES, KINDS
from imagingkg.strict_yaml import read_yaml

TERM_DECISIONS: Final = ("add", "merge", "stop")
FORM_DECISIONS: Final = ("settle", "stop")
CLAIM_DECISIONS: Final = ("accept", "correct", "reject")
FILLER_ROLES: Final = (*CLAIM_ROLES, "challenge", "remedy")
CERTAINTIES: Final = ("affirmed", "hedged", "negated")

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TermDecision:
    """A name is to be added as a concept, merged `into` one, or stopped: it is no name.

    For `add`: `as_kind` is the concept's kind (a finding's too), `en` and `zh` its labels, at least one.
    """

    name: str
    kind: str
    decision: str
    into: str = ""
    as_kind: str = ""
    en: str = ""
    zh: str = ""
    also: tuple[str, ...] = ()
    abbr: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    entry: Entry = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """Kind and folded name."""
        return self.kind, squeeze(self.name)


@dataclass(frozen=True, slots=True)
class FormDecision:
    """An ambiguous form always means `into`, or (stop) never names anything."""

    form: str
    decision: str
    into: str = ""
    entry: Entry = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> str:
        """The form as it is looked up."""
        return fold_width(self.form)


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """A claim is accepted, corrected (certainty, fillers by role) or rejected.

    `document` is the hash of its text; `about` are its targets, which tell apart the claims of one sentence and task.
    """

    document: str
    task: str | None
    quote: str
    about: frozenset[str]
    decision: str
    certainty: str = ""
    fillers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""
    entry: Entry = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """Document, task and quote."""
        return self.document, self.task or "", self.quote

    @property
    def full_key(self) -> tuple[str, str, str, frozenset[str]]:
        """The same with the targets."""
        return *self.key, self.about


@dataclass(frozen=True, slots=True)
class Curation:
    """The decisions of a reviewed file. `digest` changes with them, and with nothing else in the file."""

    file: str
    terms: tuple[TermDecision, ...] = ()
    forms: tuple[FormDecision, ...] = ()
    claims: tuple[ClaimDecision, ...] = ()
    digest: str = ""


def read_curation(path: Path) -> Curation:
    """The decisions in a review file. Raises OntologyError that names file, entry and problem."""
    data = read_yaml(path)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise OntologyError(str(path), "is not a mapping with terms, forms and claims")
    if unknown := sorted(set(map(str, data)) - set(_SECTIONS)):
        raise OntologyError(str(path), f"the key {unknown[0]!r} is unknown", f"Known: {', '.join(_SECTIONS)}")
    read: dict[str, tuple[Any, ...]] = {}
    for section, make in _SECTIONS.items():
        entries = data.get(section) or []
        if not isinstance(entries, list):
            raise OntologyError(f"{path}: {section}", "is not a list of entries")
        read[section] = tuple(_decisions(f"{path}: {section}", entries, make))
    digest = sha256(repr(read).encode("utf-8", "surrogatepass")).hexdigest()
    return Curation(path.name, digest=digest, **read)


def _decisions(where: str, entries: list[Any], make: Callable[[_Reader], Any]) -> Iterator[Any]:
    seen: set[Any] = set()
    for number, entry in enumerate(entries, 1):
        reader = _Reader(f"{where}, entry {number}", entry)
        decision = make(reader)
        if decision is None:
            continue
        key = decision.full_key if isinstance(decision, ClaimDecision) else decision.key
        if key in seen:
            reader.fail("is decided by an earlier entry too")
        seen.add(key)
        yield decision


class _Reader:
    """One entry, and the errors that name it."""

    def __init__(self, where: str, entry: Any) -> None:
        self.where = where
        if not isinstance(entry, dict):
            self.fail("is not a mapping of fields")
        self.entry: dict[str, Any] = {str(k): v for k, v in entry.items()}
        shown = self.entry.get("name") or self.entry.get("form") or self.entry.get("quote")
        if isinstance(shown, str):
            self.where += f" ({shown[:40]!r})"

    def fail(self, what: str) -> Any:
        raise OntologyError(self.where, what, "Mend the review file")

    def only(self, known: frozenset[str]) -> None:
        if unknown := sorted(set(self.entry) - known):
            self.fail(f"the key {unknown[0]!r} is unknown; known are {', '.join(sorted(known))}")

    def text(self, name: str, *, required: bool = False) -> str:
        value = self.entry.get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            self.fail(f"{name} must be a text")
        return str(value)

    def texts(self, name: str, values: Any = None) -> tuple[str, ...]:
        value = self.entry.get(name) if values is None else values
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            self.fail(f"{name} must be a list of texts")
        return tuple(value)

    def decision(self, allowed: tuple[str, ...]) -> str:
        value = self.text("decision")
        if value and value not in allowed:
            self.fail(f"the decision {value!r} is none of {', '.join(allowed)}")
        return value

    def needs(self, decision: str, wanted: str, *names: str) -> None:
        """Fields that go with one decision only."""
        for name in names:
            if decision != wanted and self.entry.get(name):
                self.fail(f"{name} goes with the decision {wanted}, not with {decision}")


_TERM_KEYS: Final = frozenset({
    "name", "kind", "documents", "mentions", "examples", "decision", "reason", "into", "as_kind", "en", "zh", "also",
    "abbr", "broader",
})  # fmt: skip
_FORM_KEYS: Final = frozenset({"form", "met_as", "senses", "examples", "decision", "reason", "into"})
_CLAIM_KEYS: Final = frozenset({
    "document", "source", "task", "about", "quote", "why", "certainty", "fillers", "context", "decision", "reason",
    "to",
})  # fmt: skip


def _term(reader: _Reader) -> TermDecision | None:
    reader.only(_TERM_KEYS)
    decision = reader.decision(TERM_DECISIONS)
    name, kind = reader.text("name", required=True), reader.text("kind", required=True)
    if kind not in KINDS:
        reader.fail(f"the kind {kind!r} is none of {', '.join(KINDS)}")
    if not decision:
        return None
    reader.needs(decision, "merge", "into")
    reader.needs(decision, "add", "as_kind", "en", "zh", "also", "abbr", "broader")
    as_kind = reader.text("as_kind") or kind
    if as_kind not in (*KINDS, "finding"):
        reader.fail(f"the kind {as_kind!r} is none of {', '.join(KINDS)}, finding")
    base = "disease" if as_kind == "finding" else as_kind
    return TermDecision(
        name=name, kind=kind, decision=decision, into=reader.text("into", required=decision == "merge"),
        as_kind=as_kind, en=reader.text("en").strip(), zh=reader.text("zh").strip(), also=reader.texts("also"),
        abbr=reader.texts("abbr"), broader=tuple(b if "/" in b else f"{base}/{b}" for b in reader.texts("broader")),
        entry=reader.entry,
    )  # fmt: skip


def _form(reader: _Reader) -> FormDecision | None:
    reader.only(_FORM_KEYS)
    decision = reader.decision(FORM_DECISIONS)
    form = reader.text("form", required=True)
    if not decision:
        return None
    reader.needs(decision, "settle", "into")
    return FormDecision(form, decision, reader.text("into", required=decision == "settle"), reader.entry)


def _claim(reader: _Reader) -> ClaimDecision | None:
    reader.only(_CLAIM_KEYS)
    decision = reader.decision(CLAIM_DECISIONS)
    document, quote = reader.text("document", required=True), reader.text("quote", required=True)
    if not decision:
        return None
    reader.needs(decision, "correct", "to")
    reason = reader.text("reason", required=decision == "reject")
    certainty, fillers = _correction(reader) if decision == "correct" else ("", {})
    return ClaimDecision(
        document=document, task=reader.text("task") or None, quote=quote, about=frozenset(reader.texts("about")),
        decision=decision, certainty=certainty, fillers=fillers, reason=reason, entry=reader.entry,
    )  # fmt: skip


def _correction(reader: _Reader) -> tuple[str, dict[str, tuple[str, ...]]]:
    to = reader.entry.get("to")
    if not isinstance(to, dict) or not to:
        reader.fail("to must say what the claim should be: certainty, or fillers by role")
        return "", {}
    known = ("certainty", *FILLER_ROLES)
    if unknown := sorted(set(map(str, to)) - set(known)):
        reader.fail(f"the key {unknown[0]!r} of to is unknown; known are {', '.join(known)}")
    certainty = to.get("certainty", "")
    if certainty not in ("", *CERTAINTIES):
        reader.fail(f"the certainty {certainty!r} is none of {', '.join(CERTAINTIES)}")
    return str(certainty), {role: reader.texts(f"to: {role}", to[role] or []) for role in FILLER_ROLES if role in to}


_SECTIONS: Final[dict[str, Callable[[_Reader], Any]]] = {"terms": _term, "forms": _form, "claims": _claim}
