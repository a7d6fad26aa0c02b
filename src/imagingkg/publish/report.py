"""What a build did, for people and for programs: report.md and report.json."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from imagingkg.lexicon import Lexicon
from imagingkg.model import KINDS, Reading, Skipped

_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Report:
    """The facts of one build, counted in this corpus. `unlinked`: names that the lexicon lacks, commonest first."""

    version: str
    lexicon: str
    documents: int
    claims: int
    statements: int
    mentions: int
    triples: int
    inferred: int
    languages: Mapping[str, int]
    encodings: Mapping[str, int]
    certainty: Mapping[str, int]
    concepts: Mapping[str, int]
    repairs: Sequence[Mapping[str, Any]] = ()
    unread: Sequence[str] = ()
    skipped: Sequence[Skipped] = ()
    issues: Sequence[str] = ()
    unlinked: Sequence[Mapping[str, Any]] = ()
    terminologies: Sequence[Mapping[str, Any]] = ()
    curation: Mapping[str, Any] = field(default_factory=dict)
    gaps: Mapping[str, Any] = field(default_factory=dict)


def make_report(
    readings: Sequence[Reading],
    lexicon: Lexicon,
    *,
    version: str,
    triples: int,
    inferred: int,
    skipped: Iterable[Skipped],
    issues: Iterable[str],
    terminologies: Sequence[Mapping[str, Any]] = (),
    curation: Mapping[str, Any] | None = None,
) -> Report:
    """Count what is in the readings. The result depends on their content alone, not on their order."""
    claims = [c for r in readings for c in r.claims]
    named = {m.concept: m.kind for r in readings for m in r.mentions}
    return Report(
        version=version,
        lexicon=lexicon.digest,
        documents=len(readings),
        claims=sum(c.task is not None for c in claims),
        statements=sum(c.task is None for c in claims),
        mentions=sum(len(r.mentions) for r in readings),
        triples=triples,
        inferred=inferred,
        languages=_counted(r.document.lang for r in readings),
        encodings=_counted(r.document.encoding for r in readings),
        certainty=_counted(c.certainty for c in claims),
        concepts={kind: sum(k == kind for k in named.values()) for kind in KINDS},
        repairs=_repairs(readings),
        unread=sorted(r.document.source for r in readings if r.document.lang not in ("en", "zh")),
        skipped=sorted(skipped, key=lambda s: (s.source, s.line or 0, s.reason)),
        issues=sorted(issues),
        unlinked=_unlinked(readings, lexicon),
        terminologies=tuple(terminologies),
        curation=dict(curation or {}),
        gaps=_gaps(readings, lexicon),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _repairs(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for reading in sorted(readings, key=lambda r: r.document.source):
        tables = Counter(r.table for r in reading.document.repairs)
        out += [{"source": reading.document.source, "table": t, "count": n} for t, n in sorted(tables.items())]
    return out


def _unlinked(readings: Sequence[Reading], lexicon: Lexicon) -> list[dict[str, Any]]:
    documents: dict[str, set[str]] = {}
    labels: dict[str, Counter[str]] = {}
    for reading in readings:
        for mention in reading.mentions:
            if mention.concept not in lexicon.concepts:
                documents.setdefault(mention.concept, set()).add(reading.document.sha256)
                labels.setdefault(mention.concept, Counter())[mention.label] += 1
    rows: list[dict[str, Any]] = []
    for concept, found in documents.items():
        label = min(labels[concept], key=lambda text: (-labels[concept][text], text))
        rows.append({"name": label, "kind": concept.partition("/")[0], "documents": len(found)})
    return sorted(rows, key=lambda r: (-r["documents"], r["kind"], r["name"]))


def _gaps(readings: Sequence[Reading], lexicon: Lexicon) -> dict[str, Any]:
    """How full the map of tasks and diseases is, over the concepts with at least one claim."""
    pairs = {(c.task, d) for r in readings for c in r.claims if c.task for d in c.disease}
    tasks = {c.task for r in readings for c in r.claims if c.task}
    diseases = {d for r in readings for c in r.claims for d in c.disease if d in lexicon.concepts}
    known = {p for p in pairs if p[1] in diseases}
    empty = len(tasks) * len(diseases) - len(known)
    return {"tasks": len(tasks), "diseases": len(diseases), "filled": len(known), "empty": empty}


def write_report(directory: Path, report: Report) -> None:
    """report.json and report.md in `directory`."""
    data = asdict(report)
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    (directory / "report.json").write_text(_writable(text) + "\n", encoding="utf-8")
    (directory / "report.md").write_text(_writable("\n".join(_markdown(report))) + "\n", encoding="utf-8")


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _markdown(report: Report) -> Iterable[str]:
    yield "# Build report"
    yield ""
    yield f"imagingkg {report.version}, lexicon {report.lexicon[:12]}"
    yield ""
    yield "| what | number |"
    yield "| --- | ---: |"
    for name in ("documents", "claims", "statements", "mentions", "triples", "inferred"):
        yield f"| {name} | {getattr(report, name):,} |"
    for head, counts in (
        ("language", report.languages), ("encoding", report.encodings), ("certainty", report.certainty),
        ("concepts named", report.concepts),
    ):  # fmt: skip
        for key, count in counts.items():
            yield f"| {head}: {_cell(key)} | {count:,} |"
    yield from _section("Skipped", [f"{_place(s)}: {_cell(s.reason)}" for s in report.skipped], "Nothing was skipped.")
    yield from _section("Not read further (another language)", [_cell(s) for s in report.unread], "")
    yield from _section(
        "Repaired",
        [f"{_cell(r['source'])}: {r['count']} by table {r['table']}" for r in report.repairs],
        "No text was repaired.",
    )
    yield from _section("Does not conform", [_cell(i) for i in report.issues], "All checks hold.")
    yield from _section("Terms brought in", [_joined(t) for t in report.terminologies], "")
    if report.curation:
        rows = [f"{_cell(what)}: {count}" for what, count in report.curation["applied"].items()]
        yield from _section(f"Decisions applied from {_cell(report.curation['file'])}", rows, "None.")
        yield from _section("Decisions that change nothing any more", [_cell(s) for s in report.curation["stale"]], "")
    filled = report.gaps
    yield from _section(
        "Gaps",
        [
            f"{filled['tasks']} tasks × {filled['diseases']} diseases: {filled['filled']} pairs with claims, "
            f"{filled['empty']} with none"
        ],
        "",
    )
    rows = [f"{_cell(u['name'])} ({u['kind']}), in {u['documents']} documents" for u in report.unlinked]
    yield from _section("Names that the lexicon lacks", rows, "None.")


def _joined(terms: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in terms.items() if name != "file")
    return f"{_cell(str(terms['file']))}: {counts}"


def _section(head: str, rows: Sequence[str], empty: str) -> Iterable[str]:
    if not rows and not empty:
        return
    yield ""
    yield f"## {head}"
    yield ""
    if not rows:
        yield empty
    for row in rows[:_MOST]:
        yield f"- {row}"
    if len(rows) > _MOST:
        yield f"- and {len(rows) - _MOST} more in report.json"


def _place(skipped: Skipped) -> str:
    return _cell(skipped.source) + (f", line {skipped.line}" if skipped.line else "")


def _cell(text: str) -> str:
    """Text from outside inside Markdown: one line, and no markup of its own."""
    flat = " ".join(text.split())
    for mark in "\\`*_[]<>|#":
        flat = flat.replace(mark, "\\" + mark)
    return flat
