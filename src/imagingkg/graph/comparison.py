"""What changed from one build to another, as values and written out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from imagingkg.errors import QueryError
from imagingkg.graph.results import visible


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
