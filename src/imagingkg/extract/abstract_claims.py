"""Claims of an abstract: what one piece of work does, read from the whole of it.

The task and its targets come from the title, the purpose, the results and the conclusion; methods, modalities and data
sets from all lines that speak of the work itself; figures from the lines that report them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Final, NamedTuple

from imagingkg.extract.certainty import Verdict, fails, overall, short_names, verdicts
from imagingkg.extract.clauses import clause_at, clauses
from imagingkg.extract.figures import Figure
from imagingkg.extract.hits import TARGETS, Hit
from imagingkg.extract.making import make_claim
from imagingkg.extract.names import NameTable
from imagingkg.extract.page import Line, Page
from imagingkg.extract.relations import Relations
from imagingkg.extract.task_targets import general_title_tasks, tasks_in_earnest
from imagingkg.model import CLAIM_ROLES, Certainty, Claim

_WEIGHT: Final[Mapping[str, int]] = {
    "title": 4, "purpose": 2, "methods": 2, "results": 2, "conclusion": 3, "body": 2, "background": 0, "heading": 0,
}  # fmt: skip
# How well a claim is stated there, before what the line names.
_STATES: Final[Mapping[str, float]] = {"conclusion": 1.0, "results": 0.75, "title": 0.25}


def weigh(page: Page) -> Counter[str]:
    """How much each concept belongs to the work itself: where it stands, and how often."""
    weights: Counter[str] = Counter()
    for line in page.lines:
        weight = 0 if line.scene or line.unused else _WEIGHT[line.sentence.section]
        for concept in {h.concept for h in line.hits}:
            weights[concept] += weight
    return weights


class Draft(NamedTuple):
    """A claim in the making: a task on its targets."""

    task: str
    targets: tuple[str, ...]


class Said(NamedTuple):
    """What the lines that judge the work say, clause by clause."""

    conclusion: tuple[Verdict, ...]
    results: tuple[Verdict, ...]
    above: Mapping[str, frozenset[str]]  # the concepts above each


def abstract_claims(page: Page, table: NameTable, relations: Relations) -> list[Claim]:
    """The claims of the work that the abstract describes."""
    if not any(hit.kind == "task" for line in page.lines for hit in line.hits):
        return []
    weights = weigh(page)
    tasks = _main_tasks(weights, page, table, relations.vague)
    if not tasks:
        return []
    said = _what_is_said(page, table)
    drafts = [
        Draft(task, tuple(part))
        for task in tasks
        for part in _parts(page, task, _targets(page, task, tasks, weights, table), tasks, said)
    ]
    shared = _shared_fillers(weights, table)
    out = []
    for draft, figures in zip(drafts, _share_figures(page, drafts), strict=True):
        line = _best_line(page, draft)
        certainty = _certainty(draft.task, draft.targets, tasks, said)
        if certainty == "hedged" and page.document.lang == "en" and (figures or not _is_doubted(draft.task, said)):
            # In an English abstract "may" and "potential" close on what a system that was tried out is good for.
            certainty = "affirmed"
        if fails(figures) and _overall(said.conclusion, draft.task, draft.targets, tasks, said) != "affirmed":
            certainty = "negated"
        claim = None if line is None else _claim(page, line, draft, shared, figures, certainty)
        if claim is not None:
            out.append(claim)
    return out


def _main_tasks(weights: Counter[str], page: Page, table: NameTable, vague: Set[str]) -> list[str]:
    """The tasks that the work does: named in its title, more than in passing in its own lines, measured, or denied.

    Chinese abstracts deny in passing too much for that.
    """
    english = page.document.lang == "en"
    named = Counter(h.concept for line in page.lines for h in line.of("task"))
    loose = vague - tasks_in_earnest(page)
    general = table.generic - general_title_tasks(page, table)
    specific = [t for t in named if t not in general and t not in loose]
    chosen = [t for t in specific if weights[t] >= 4]
    if not chosen:
        chosen = [t for t in specific if weights[t] >= 2][:4]
    if not chosen:
        chosen = [t for t in named if weights[t] >= 2][:1]
    kept: list[str] = []
    judged = (
        aimed
        for line, aimed in zip(page.lines, page.aimed, strict=True)
        if line.figures or (english and _is_denial(line))
    )
    measured = frozenset[str]().union(*judged)
    for task in sorted({*chosen, *measured}, key=lambda t: (-weights[t], t)):
        # Two names of one output, one of them the more general, are one task.
        if not any(task in table.above.get(k, ()) or k in table.above.get(task, ()) for k in kept):
            kept.append(task)
    return kept


def _targets(page: Page, task: str, claimed: Sequence[str], weights: Counter[str], table: NameTable) -> list[str]:
    """What the task is done on: what stands in a line (a clause, where it has several tasks) with it."""
    found: set[str] = set()
    for line in page.lines:
        if line.scene or line.unused:
            continue
        tasks = {h.concept for h in line.of("task")}
        in_title = line.sentence.section == "title"
        if task not in tasks and not (in_title and len(claimed) == 1):
            continue
        candidates = [h for h in line.hits if h.kind in TARGETS]
        if len(tasks) > 1 and not in_title:
            candidates = _in_clause(page, line, task, candidates)
        found.update(h.concept for h in candidates)
    if task == claimed[0]:
        found.update(f.target for line in page.lines if not line.scene for f in line.figures if f.target)
    special = [c for c in found if c not in table.generic and weights[c] >= 2]
    kinds = {c.partition("/")[0] for c in special}
    general = [c for c in found if c in table.generic and c.startswith("disease/") and "disease" not in kinds]
    chosen = special or general
    if not any(c.startswith("disease/") for c in chosen):
        top = [c for c in weights if c.startswith("disease/") and c not in table.generic and weights[c] >= 2]
        chosen = [*chosen, *sorted(top, key=lambda c: (-weights[c], c))[:1]]
    return sorted(chosen, key=lambda c: (-weights[c], c))


def _in_clause(page: Page, line: Line, task: str, candidates: Sequence[Hit]) -> list[Hit]:
    spans = clauses(page.plain, line.sentence.start, line.sentence.end)
    marked = {clause_at(spans, h.start) for h in line.of("task") if h.concept == task}
    return [c for c in candidates if clause_at(spans, c.start) in marked]


def _shared_fillers(weights: Counter[str], table: NameTable) -> dict[str, list[str]]:
    """Modalities, methods and data sets of the work, the weightiest first."""
    out = {}
    for role in ("modality", "method", "dataset"):
        concepts = [c for c in weights if c.startswith(f"{role}/") and weights[c] >= 2 and c not in table.generic]
        out[role] = sorted(concepts, key=lambda c: (-weights[c], c))
    if not out["modality"]:
        # Named only where the scene is set, it is still what the images are.
        named = [c for c in weights if c.startswith("modality/") and c not in table.generic]
        out["modality"] = sorted(named)[:1] if len(named) == 1 else []
    return out


def _parts(page: Page, task: str, targets: Sequence[str], claimed: Sequence[str], said: Said) -> list[list[str]]:
    """Targets that make claims of their own: one a marker; one for each that has figures, or a verdict, of its own."""
    markers = [t for t in targets if t.startswith("biomarker/")]
    bodies = [t for t in targets if not t.startswith("biomarker/")]
    measured = [t for t in dict.fromkeys(f.target for line in page.lines for f in line.figures) if t in targets]
    parts = [[*bodies, marker] for marker in markers]
    if len(markers) == 1 and len(measured) > 1:
        parts = [list(targets)]
    if parts:
        # A disease may be predicted beside the markers, and fare otherwise than they do.
        certainties = {_certainty(task, part, claimed, said) for part in parts}
        unmarked = said._replace(
            conclusion=tuple(v for v in said.conclusion if v.targets and not v.targets.intersection(markers)),
            results=tuple(v for v in said.results if v.targets and not v.targets.intersection(markers)),
        )
        apart = [
            d
            for d in bodies
            if d.startswith("disease/") and _heard(task, [d], claimed, unmarked) not in (None, *certainties)
        ]
        return [*parts, *([[b for b in bodies if not b.startswith("disease/") or b in apart]] if apart else [])]
    own = [t for t in measured if t in bodies]
    if len(own) > 1:
        rest = [t for t in targets if t not in own]
        parts = [[*rest, target] for target in own]
    else:
        parts = [list(targets)]
    split = [tuple(each) for part in parts for each in _by_certainty(task, part, claimed, said)]
    return [list(part) for part in dict.fromkeys(split)]


def _by_certainty(task: str, part: Sequence[str], claimed: Sequence[str], said: Said) -> list[list[str]]:
    """The part; where the text judges its diseases unlike, one for each judgement."""
    diseases = [t for t in part if t.startswith("disease/")]
    groups: dict[Certainty, list[str]] = {}
    for disease in diseases:
        groups.setdefault(_certainty(task, [disease], claimed, said), []).append(disease)
    if len(groups) < 2:
        return [list(part)]
    rest = [t for t in part if t not in diseases]
    return [[*group, *rest] for group in groups.values()]


def _claim(
    page: Page,
    line: Line,
    draft: Draft,
    shared: Mapping[str, Sequence[str]],
    figures: Sequence[Figure],
    certainty: Certainty,
) -> Claim | None:
    """The claim of a draft, stated by `line`; None where nothing but its task is known."""
    fillers: dict[str, list[str]] = {role: list(shared.get(role, ())) for role in CLAIM_ROLES}
    for target in draft.targets:
        fillers[target.partition("/")[0]].append(target)
    if not any(fillers.values()):
        return None
    return make_claim(
        page,
        line,
        task=draft.task,
        fillers=fillers,
        rule="abstract",
        figures=figures,
        samples=[s for each in page.lines for s in each.samples if not each.scene],
        certainty=certainty,
    )


def _best_line(page: Page, draft: Draft) -> Line | None:
    """The line that states the claim best: it names task and targets, and reports or concludes."""
    best = -1.0
    chosen = None
    for line in page.lines:
        section = line.sentence.section
        if line.scene or section in ("heading", "background"):
            continue
        concepts = {h.concept for h in line.hits}
        if draft.task not in concepts:
            continue
        score = 2.0 * len(concepts.intersection(draft.targets)) + 0.5 * bool(line.figures)
        score += _STATES.get(section, 0.5 if line.own else 0.0)
        if score > best:
            best, chosen = score, line
    return chosen


def _share_figures(page: Page, drafts: Sequence[Draft]) -> list[list[Figure]]:
    """The figures of each claim. None is lost: one that no task or target claims goes to the main task's claims."""
    out: list[list[Figure]] = [[] for _ in drafts]
    for line in page.lines:
        if line.scene or not line.figures or not drafts:
            continue
        concepts = {h.concept for h in line.hits}
        with_task = [i for i, d in enumerate(drafts) if d.task in concepts]
        line_drafts = with_task or [i for i, d in enumerate(drafts) if d.task == drafts[0].task]
        here = [i for i in line_drafts if concepts & {*drafts[i].targets}] or line_drafts
        for figure in line.figures:
            tied = [i for i in here if figure.target in drafts[i].targets] or [
                i for i, d in enumerate(drafts) if figure.target in d.targets
            ]
            for index in tied or here:
                out[index].append(figure)
    return out


def _what_is_said(page: Page, table: NameTable) -> Said:
    """The verdicts of the conclusion and of the results; without labels, of lines with figures and the last two."""
    last = page.lines[-2:]
    judging = [
        line
        for line in page.lines
        if line.sentence.section in ("conclusion", "results", "body")
        and not line.scene
        and (page.labelled or line.figures or any(line is each for each in last) or _is_denial(line))
    ]
    short = short_names(page)
    heard = [(line, v) for line in judging for v in verdicts(page, line, table, short)]
    conclusion = [v for line, v in heard if line.sentence.section == "conclusion"]
    results = [v for line, v in heard if line.sentence.section != "conclusion"]
    if not page.labelled and judging:
        # The last sentence sums up, where it says what of.
        conclusion = [v for line, v in heard if line is judging[-1] and v.named and v.targets]
    return Said(tuple(conclusion), tuple(results), table.above)


def _is_denial(line: Line) -> bool:
    return any(cue.value("negation") is not None for cue in line.cues)


def _is_doubted(task: str, said: Said) -> bool:
    return any(v.certainty == "hedged" and task in v.named for v in (*said.conclusion, *said.results))


def _certainty(task: str, targets: Sequence[str], claimed: Sequence[str], said: Said) -> Certainty:
    return _heard(task, targets, claimed, said) or "affirmed"


def _heard(task: str, targets: Sequence[str], claimed: Sequence[str], said: Said) -> Certainty | None:
    """What the conclusion says of this task on these targets; where it is silent, what the results say.

    A conclusion that does not name the claim's marker is silent on a marker that the results doubt or deny.
    """
    own = {t for t in targets if t.startswith("biomarker/")}
    if own and not any(own & v.targets for v in said.conclusion):
        marked = [v for v in said.results if own & v.targets]
        found = _overall(marked, task, targets, claimed, said)
        if found in ("negated", "hedged"):
            return found
    found = _overall(said.conclusion, task, targets, claimed, said)
    return _overall(said.results, task, targets, claimed, said) if found is None else found


def _overall(
    found: Sequence[Verdict], task: str, targets: Sequence[str], claimed: Sequence[str], said: Said
) -> Certainty | None:
    return overall(found, task, targets, claimed=claimed, alone=len(claimed) == 1, above=said.above)
