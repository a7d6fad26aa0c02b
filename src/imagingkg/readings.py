"""Readings as JSON Lines, the form in which `extract` prints them and `claims.jsonl` keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from imagingkg.errors import UsageError
from imagingkg.model import Claim, Document, Link, Mention, Reading, Repair, Result, Sample, Study

_DOCUMENT_EXTRA = ("year", "doi", "pmid", "authors", "venue", "retracted", "revised", "encoding")


def reading_to_json(reading: Reading, *, quotes: bool = True) -> str:
    """One line of JSON: sorted keys, UTF-8, no NaN. Without `quotes` the stored text and the sentences stay out."""
    return json.dumps(
        _as_dict(reading, quotes=quotes), ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(", ", ": ")
    )


def reading_from_json(line: str) -> Reading:
    """The reading behind a line that `reading_to_json` wrote (empty texts where quotes were left out)."""
    data = json.loads(line)
    doc = dict(data["document"])
    doc["sources"] = tuple(doc.get("sources", ()))
    doc["references"] = tuple(Study(**s) for s in doc.get("references", ()))
    doc["links"] = tuple(Link(**link) for link in doc.get("links", ()))
    document = Document(
        **{k: v for k, v in doc.items() if k in _DOCUMENT_FIELDS},
        text=data.get("text", ""),
        repairs=tuple(Repair(**r) for r in data.get("repairs", ())),
    )
    return Reading(
        document=document,
        mentions=tuple(Mention(**m) for m in data["mentions"]),
        claims=tuple(_claim(c) for c in data["claims"]),
    )


def load_readings(path: Path) -> Iterator[Reading]:
    """The readings in a file of them. Raises UsageError, with the line, for one that is none."""
    try:
        with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield reading_from_json(line)
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                    raise UsageError(f"{path}:{number}", f"is no reading ({error})") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(str(path), f"cannot be read ({error})") from error


_DOCUMENT_FIELDS = {f.name for f in fields(Document)} - {"text", "repairs", "raw"}


def _as_dict(reading: Reading, *, quotes: bool) -> dict[str, Any]:
    doc = reading.document
    document: dict[str, Any] = {
        "id": doc.id, "title": doc.title, "lang": doc.lang, "source": doc.source, "sha256": doc.sha256,
        "sources": list(doc.sources),
    }  # fmt: skip
    document |= {name: value for name in _DOCUMENT_EXTRA if (value := getattr(doc, name)) not in ("", None, False)}
    if doc.references:
        document["references"] = [_known(_plain(study)) for study in doc.references]
    if doc.links:
        document["links"] = [_known(_plain(link)) for link in doc.links]
    return {
        "document": document,
        "text": doc.text if quotes else "",
        "mentions": [_plain(m) if quotes else _plain(m) | {"text": ""} for m in reading.mentions],
        "claims": [_claim_dict(c, quotes=quotes) for c in reading.claims],
        "repairs": [_plain(r) for r in doc.repairs] if quotes else [],
    }


_NAMES = {kind: tuple(f.name for f in fields(kind)) for kind in (Claim, Link, Mention, Repair, Result, Sample, Study)}


def _plain(value: Any) -> dict[str, Any]:
    """The fields of a value, as they are: `asdict` would copy each of them, which took most of the time."""
    return {name: getattr(value, name) for name in _NAMES[type(value)]}


def _known(study: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in study.items() if v not in ("", None)}


def _claim_dict(claim: Claim, *, quotes: bool) -> dict[str, Any]:
    data = _plain(claim)
    data["results"] = [_plain(result) for result in claim.results]
    data["sample"] = [_plain(sample) for sample in claim.sample]
    data["studies"] = [_known(_plain(study)) for study in claim.studies]
    if not quotes:
        data["quote"] = ""
    return data


def _claim(data: dict[str, Any]) -> Claim:
    data = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    data["results"] = tuple(Result(**r) for r in data["results"])
    data["sample"] = tuple(Sample(**s) for s in data["sample"])
    data["studies"] = tuple(Study(**s) for s in data["studies"])
    return Claim(**data)
