"""Gold sets: documents with the entities, claims and figures that a person read in them, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imagingkg.errors import UsageError
from imagingkg.model import CLAIM_ROLES

CERTAINTIES: Final = ("affirmed", "hedged", "negated")


@dataclass(frozen=True, slots=True)
class GoldEntity:
    """A thing that the document names: its kind, canonical name and every form in which it stands there."""

    kind: str
    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoldResult:
    """A reported figure, as printed; `quote` is a stretch of the text that holds it."""

    metric: str
    value: float
    unit: str
    quote: str


@dataclass(frozen=True, slots=True)
class GoldClaim:
    """A claim: its task and, by role, its fillers, all by the names of entities."""

    task: str
    fillers: Mapping[str, tuple[str, ...]]
    certainty: str
    results: tuple[GoldResult, ...]
    samples: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """An annotated document; the text that the annotation counts in is the title, a line end, and the abstract."""

    id: str
    text: str
    entities: tuple[GoldEntity, ...]
    claims: tuple[GoldClaim, ...]


def read_gold(path: Path) -> list[GoldDocument]:
    """The documents of a gold set, in order. Raises UsageError with file and line for what is none."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(str(path), f"cannot be read ({error})") from error
    documents = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            documents.append(_document(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = f"has no {error}" if isinstance(error, KeyError) else str(error)
            raise UsageError(f"{path}:{number}", f"is no gold document ({what})", "See the guide: evaluate") from error
    if not documents:
        raise UsageError(str(path), "holds no gold document")
    return documents


def _document(data: Any) -> GoldDocument:
    if not isinstance(data, dict):
        raise TypeError("it is not an object")
    return GoldDocument(
        id=str(data["id"]),
        text=f"{data['title']}\n{data['abstract']}",
        entities=tuple(GoldEntity(str(e["kind"]), str(e["name"]), _texts(e["texts"])) for e in data["entities"]),
        claims=tuple(_claim(c) for c in data["claims"]),
    )


def _claim(data: Any) -> GoldClaim:
    if data["certainty"] not in CERTAINTIES:
        raise ValueError(f"the certainty {data['certainty']!r} is none of {', '.join(CERTAINTIES)}")
    return GoldClaim(
        task=str(data["task"] or ""),
        fillers={role: _texts(data.get(role) or []) for role in CLAIM_ROLES},
        certainty=str(data["certainty"]),
        results=tuple(
            GoldResult(str(r["metric"] or ""), float(r["value"]), str(r.get("unit") or ""), str(r["quote"]))
            for r in data["results"]
        ),
        samples=tuple(s["value"] for s in data["n"]),
    )


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list of texts")
    return tuple(str(v) for v in values)
