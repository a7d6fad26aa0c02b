"""Everything that imagingkg raises on purpose.

    KgError
    ├── UsageError          the caller asked for something that cannot be done
    │   ├── SettingsError   a setting is unknown or out of range
    │   ├── TargetError     the output directory may not be written
    │   ├── QueryError      a query is malformed, unknown or not allowed
    │   └── MissingExtra    an optional part is not installed
    ├── OntologyError       a file under ontology/ (or a --lexicon file) has a mistake
    ├── InputError          one input cannot be read; the run goes on without it
    └── GraphError          a built graph is missing, damaged or of another version

An error holds its facts (where, what, what to do about it) and builds its own sentence. Only these are shown without
a traceback; anything else is a bug.
"""

from __future__ import annotations


class KgError(Exception):
    """Base of all errors of imagingkg.

    `where` names the file, entry or option; `what` the problem; `advice` the way out (may be empty).
    """

    exit_code = 2

    def __init__(self, where: str, what: str, advice: str = "") -> None:
        super().__init__(where, what, advice)
        self.where = where
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        return f"{sentence}. {self.advice}" if self.advice else sentence


class UsageError(KgError):
    """The caller asked for something that cannot be done."""


class SettingsError(UsageError):
    """A setting is unknown, of the wrong type or out of range."""


class TargetError(UsageError):
    """The output directory is neither empty nor one that imagingkg wrote, or cannot be written."""


class QueryError(UsageError):
    """A query is malformed, unknown or not allowed."""


class MissingExtra(UsageError):
    """A part that needs an optional dependency was asked for without it."""

    def __init__(self, part: str, extra: str) -> None:
        super().__init__(part, "needs packages that are not installed", f"Run: pip install 'imagingkg[{extra}]'")
        self.extra = extra

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return type(self), (self.where, self.extra)


class OntologyError(KgError):
    """A vocabulary, lexicon, rule, shape or query file has a mistake; nothing is built from a faulty ontology."""


class InputError(KgError):
    """One input cannot be read. The run records it as `model.Skipped` and goes on."""

    exit_code = 3

    def __init__(self, where: str, what: str, advice: str = "", *, line: int | None = None) -> None:
        super().__init__(where, what, advice)
        self.line = line


class GraphError(KgError):
    """A built graph is missing, damaged or was written by another version."""
