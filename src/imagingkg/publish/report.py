"""What a build did, for people and for programs: report.md and report.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from imagingkg.counting import counted
from imagingkg.model import KINDS, Skipped
from imagingkg.publish.tally import Tally

_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Report:
    """The facts of one build, counted in this corpus. `unlinked`: names that the lexicon lacks, commonest first.

    `left_out`: how many entries the lists of a large corpus lack.
    """

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
    left_out: Mapping[str, int] = field(default_factory=dict)


def make_report(
    tally: Tally,
    *,
    version: str,
    lexicon: str,
    triples: int,
    inferred: int,
    skipped: Iterable[Skipped],
    issues: Iterable[str],
    terminologies: Sequence[Mapping[str, Any]] = (),
    curation: Mapping[str, Any] | None = None,
) -> Report:
    """The report on what was counted, the same in whatever order that came; `lexicon` is the digest."""
    lists = {"repairs": tally.repairs, "unread": tally.unread, "unlinked": tally.unlinked}
    return Report(
        version=version,
        lexicon=lexicon,
        documents=tally.documents,
        claims=tally.claims,
        statements=tally.statements,
        mentions=tally.mentions,
        triples=triples,
        inferred=inferred,
        languages=dict(sorted(tally.languages.items())),
        encodings=dict(sorted(tally.encodings.items())),
        certainty=dict(sorted(tally.certainty.items())),
        concepts=tally.concepts(KINDS),
        repairs=[{"source": s, "table": t, "count": n} for s, t, n in tally.repairs.rows()],
        unread=tally.unread.rows(),
        skipped=sorted(skipped, key=lambda s: (s.source, s.line or 0, s.reason)),
        issues=sorted(issues),
        unlinked=[{"name": name, "kind": kind, "documents": -n} for n, kind, name in tally.unlinked.rows()],
        terminologies=tuple(terminologies),
        curation=dict(curation or {}),
        gaps=tally.gaps(),
        left_out={name: n for name, found in lists.items() if (n := found.count - len(found.rows()))},
    )


def write_report(directory: Path, report: Report) -> None:
    """report.json and report.md in `directory`."""
    data = {name: value for name, value in asdict(report).items() if value or name != "left_out"}
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
    rows = [f"{_cell(u['name'])} ({u['kind']}), in {counted(u['documents'], 'document')}" for u in report.unlinked]
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
