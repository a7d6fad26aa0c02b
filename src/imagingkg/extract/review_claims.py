"""Claims of a running text (a review, a section of a paper): sentence by sentence, one task each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence, Set
from itertools import pairwise
from typing import Final

from imagingkg.extract.certainty import Verdict, fails, overall, verdicts
from imagingkg.extract.clauses import clause_at, clauses, segments
from imagingkg.extract.figures import linked
from imagingkg.extract.hits import TARGETS, Hit
from imagingkg.extract.making import make_claim, with_figures
from imagingkg.extract.names import NameTable
from imagingkg.extract.page import Line, Page
from imagingkg.extract.relations import Relations
from imagingkg.model import CLAIM_ROLES, Certainty, Claim

_NEIGHBOURS: Final = 3  # tasks on either side of a target among which the nearest is


def review_claims(page: Page, table: NameTable, relations: Relations) -> list[Claim]:
    """Every claim of the text in order. What a sentence lacks is taken from the one before it, and marked so.

    A sentence that only gives figures ("On the external set, the AUC was 0.87.") gives them to the claims before it.
    """
    out: list[Claim] = []
    latest: list[int] = []
    before: Line | None = None
    for line in page.lines:
        if line.sentence.section in ("heading", "title"):
            before, latest = None, []
            continue
        for part in segments(page, _continued(page, line, before)):
            made = _of_line(page, part, before, table, relations)
            made = made or _of_topic(page, part, [out[i] for i in latest], table)
            if made:
                latest = list(range(len(out), len(out) + len(made)))
                out += made
            elif part.figures and latest and not (part.studies and not line.studies):
                for index in latest:
                    out[index] = with_figures(page, out[index], part.figures)
            elif part.studies:
                latest = []
            before = part
    return out


def _of_topic(page: Page, line: Line, said: Sequence[Claim], table: NameTable) -> list[Claim]:
    """The claims of a cited study that says with what and how well, but leaves the task to the sentence before it."""
    methods = [h.concept for h in _specific(line.of("method"), table)]
    denied = any(c.value("negation") is not None for c in line.cues)
    judged = line.figures or denied or any(c.value("hedge") is not None for c in line.cues)
    if not (said and line.studies and (methods or denied) and judged) or line.of("task"):
        return []
    topic = said[-1]
    task = str(topic.task)
    own = [h for h in _specific(line.hits, table) if h.kind in TARGETS]
    modalities = [h.concept for h in _specific(line.of("modality"), table)] or list(topic.modality)
    heard = verdicts(page, line, table)
    out = []
    for part in _by_certainty(page, line, own, task, {task}, heard, table) or [[]]:
        fillers = {role: [h.concept for h in part if h.kind == role] or list(topic.fillers(role)) for role in TARGETS}
        fillers |= {"modality": modalities, "method": methods, "dataset": [h.concept for h in line.of("dataset")]}
        claim = make_claim(
            page,
            line,
            task=task,
            fillers=fillers,
            rule="topic",
            certainty=_certainty(line, task, part, {task}, heard, table),
            figures=line.figures,
            samples=line.samples,
            studies=[s.study for s in line.studies],
            asserted_as="reported",
        )
        out.append(claim)
    return out


# "结果显示……", "The authors …": still on the study of the sentence before.
_CONTINUES: Final = re.compile(
    r"(?:结果|该研究|该模型|该方法|该算法|该系统|该团队|研究者|作者|他们|其(?!他|它|中)|最终|在(?:外部|独立|内部)?(?:测试|验证)[集组])"
    r"|(?:The authors|They|Their|The (?:model|method|network|system|algorithm|results?)|Results)\b"
)


def _continued(page: Page, line: Line, before: Line | None) -> Line:
    """The line with the studies and the sample of the sentence that it goes on from.

    Not across a gap in the text: where a run of it is lost, nobody knows whose work comes next.
    """
    if before is None or line.studies or not before.studies:
        return line
    whole = page.plain[before.sentence.end - 1] in "。.!?"
    if not whole or not _CONTINUES.match(page.plain, line.sentence.start, line.sentence.end):
        return line
    return line._replace(studies=before.studies, samples=line.samples or before.samples)


def _of_line(page: Page, line: Line, before: Line | None, table: NameTable, relations: Relations) -> list[Claim]:
    """The claims of one line, each once: what is said again in the same words is the same claim."""
    tasks = _tasks(page, line, table, relations)
    methods = [h.concept for h in line.of("method")]
    biomarkers = line.of("biomarker")
    if not tasks or not (methods or line.studies or line.own or (biomarkers and not line.scene)):
        return []
    groups = _task_groups(page, tasks)
    targets = [h for h in line.hits if h.kind in TARGETS and not (h.concept in table.generic and h.kind != "disease")]
    owned = _assign(groups, _specific(targets, table))
    shared = [h for h in _specific(targets, table) if h.kind == "disease"]
    # A sentence on another cited study lends nothing to this one.
    apart = before is not None and line.studies and before.studies and line.studies != before.studies
    neighbour = None if apart else before
    wanted: dict[tuple[str, tuple[str, ...]], Sequence[Hit]] = {}  # task and targets
    for group, own in zip(groups, owned, strict=True):
        found = own or shared
        context: list[Hit] = []
        if not found and neighbour is not None and (methods or line.studies):
            context = [h for h in neighbour.of("disease") if h.concept not in table.generic][:1]
        if not found and not context and not line.of("modality") and not line.studies:
            continue
        for targets_of_claim in _split(page, found, relations) or [context]:
            for task in dict.fromkeys(h.concept for h in group):
                key = task, tuple(h.concept for h in targets_of_claim)
                wanted.pop(key, None)  # of claims with one identity, the last one said stands
                wanted[key] = targets_of_claim
    claimed = {task for task, _ in wanted}
    heard = verdicts(page, line, table) if wanted else []
    made = [
        _claim(page, line, neighbour, task, part, claimed, heard, table, relations)
        for (task, _), hits in wanted.items()
        for part in _by_certainty(page, line, hits, task, claimed, heard, table) or [list(hits)]
    ]
    return [*{claim.id: claim for claim in made}.values()]


def _claim(
    page: Page,
    line: Line,
    neighbour: Line | None,
    task: str,
    targets: Sequence[Hit],
    claimed: Set[str],
    heard: Sequence[Verdict],
    table: NameTable,
    relations: Relations,
) -> Claim:
    fillers = {role: [h.concept for h in targets if h.kind == role] for role in TARGETS}
    fillers["disease"] = [_placed(h, line, table) for h in targets if h.kind == "disease"]
    for role in ("modality", "method", "dataset"):
        fillers[role] = [h.concept for h in _specific(line.of(role), table)]
    if not fillers["method"] and neighbour is not None and neighbour.sentence.end == line.sentence.start:
        fillers["method"] = [h.concept for h in _specific(neighbour.of("method"), table)]  # parts of one sentence
    if not fillers["modality"] and neighbour is not None:
        fillers["modality"] = [h.concept for h in neighbour.of("modality") if h.concept not in table.generic][:1]
    if not fillers["modality"]:
        fillers["modality"] = _overhead(page, line, "modality", table)
    if fillers["biomarker"] and not fillers["disease"]:
        fillers["disease"] = [h.concept for h in _specific(line.of("disease"), table)]
    if not fillers["disease"] and (fillers["biomarker"] or not fillers["anatomy"]):
        fillers["disease"] = _overhead(page, line, "disease", table)
    spoken = task
    if fillers["biomarker"]:
        task = relations.with_biomarker.get(task, task)
    studies = [s.study for s in line.studies]
    return make_claim(
        page,
        line,
        task=task,
        fillers={role: fillers[role] for role in CLAIM_ROLES},
        rule="sentence",
        certainty=_certainty(line, spoken, targets, claimed, heard, table),
        figures=line.figures,
        samples=line.samples,
        studies=studies,
        asserted_as="primary" if line.own and not studies else "reported",
    )


def _certainty(
    line: Line, task: str, targets: Sequence[Hit], claimed: Set[str], heard: Sequence[Verdict], table: NameTable
) -> Certainty:
    if fails(line.figures):
        return "negated"
    about = {h.concept for h in targets}
    alone = len(claimed) == 1
    return overall(heard, task, about, claimed=claimed, alone=alone, above=table.above) or "affirmed"


# Sets one target against another: "而对……", "但对于……".
_AS_FOR: Final = re.compile(r"[\s,，]*(?:但是?|而|却|不过|然而|惟|唯)?(?:对于?|至于|用于|针对)")


def _by_certainty(
    page: Page,
    line: Line,
    targets: Sequence[Hit],
    task: str,
    claimed: Set[str],
    heard: Sequence[Verdict],
    table: NameTable,
) -> list[list[Hit]]:
    """The targets; where some diseases are set against the others and fare otherwise, those make a part of their own.

    "肋骨骨折方面，AUC为0.90，对脊柱骨折则无效": two parts.
    """
    if len(targets) < 2 or all(v.certainty == "affirmed" for v in heard):
        return [list(targets)] if targets else []
    spans = clauses(page.plain, line.sentence.start, line.sentence.end)
    alone = len(claimed) == 1
    against = [_AS_FOR.match(page.plain, begin) if begin > line.sentence.start else None for begin, _ in spans]
    named = [h for h in targets if h.kind == "disease" and against[clause_at(spans, h.start)]]
    apart = [
        h
        for h in named
        if overall(heard, task, [h.concept], claimed=claimed, alone=alone, above=table.above) != "affirmed"
    ]
    rest = [h for h in targets if h not in apart]
    if not apart or not any(h.kind == "disease" for h in rest):
        return [list(targets)]
    return [rest, [*apart, *(h for h in rest if h.kind != "disease")]]


def _overhead(page: Page, line: Line, kind: str, table: NameTable) -> list[str]:
    """The one concept of a kind that the line's heading names, else the title."""
    above = [page.lines[line.sentence.heading]] if line.sentence.heading >= 0 else []
    for each in [*above, *page.lines[:1]]:
        if each.sentence.section in ("heading", "title"):
            named = {h.concept for h in each.of(kind) if h.concept not in table.generic}
            if len(named) == 1:
                return sorted(named)
    return []


def _tasks(page: Page, line: Line, table: NameTable, relations: Relations) -> list[Hit]:
    """The tasks that the sentence is about: those whose clause names a target, before those that only stand there."""
    tasks = sorted({*line.of("task"), *_implied(page, line, table, relations)})
    if not tasks:
        return []
    spans = clauses(page.plain, line.sentence.start, line.sentence.end)
    marked = {clause_at(spans, h.start) for h in line.hits if h.kind in (*TARGETS, "modality")}
    chosen = [h for h in tasks if clause_at(spans, h.start) in marked] or tasks
    # A general task word ("assessment") counts where it has a marker of its own or is the only one.
    plain = [h for h in chosen if h.concept not in table.generic]
    if not plain:
        return chosen
    return chosen if line.of("biomarker") else plain


def _implied(page: Page, line: Line, table: NameTable, relations: Relations) -> list[Hit]:
    """Tasks inside the names of measures: a detection rate is of a detection, "诊断敏感度" of a diagnosis."""
    out = []
    for hit in line.of("metric"):
        concept = relations.implies.get(hit.concept) or _leading_task(page.plain[hit.start : hit.end], table)
        if concept is not None:
            out.append(Hit(hit.start, hit.end, "task", concept))
    return out


def _leading_task(name: str, table: NameTable) -> str | None:
    """The task that the first word of a measure's name is ("classification accuracy")."""
    cuts = [i for i, c in enumerate(name) if c == " "] if name.isascii() else range(len(name) - 1, 1, -1)
    for cut in cuts:
        concept = table.concept_of(name[:cut])
        if concept is not None and concept.startswith("task/"):
            return concept
    return None


def _placed(hit: Hit, line: Line, table: NameTable) -> str:
    """A general lesion in a sentence on one organ is that organ's: "lesions on mammography" are breast lesions."""
    if hit.concept not in table.generic:
        return hit.concept
    organs = {h.concept for h in line.of("anatomy")}
    organs |= {organ for h in line.of("modality") for organ in table.shows.get(h.concept, ())}
    if len(organs) != 1:
        return hit.concept
    return table.lesion_of(organs.pop(), hit.concept) or hit.concept


def _task_groups(page: Page, tasks: Sequence[Hit]) -> list[list[Hit]]:
    """Tasks in one list ("detection, segmentation and grading of …") share their targets."""
    groups = [[tasks[0]]]
    for before, task in pairwise(tasks):
        if linked(page.plain, before.end, task.start):
            groups[-1].append(task)
        else:
            groups.append([task])
    return groups


def _specific(targets: Sequence[Hit], table: NameTable) -> list[Hit]:
    """General words ("tumour", "lesion") only where nothing more specific of their kind stands beside them."""
    special = [h for h in targets if h.concept not in table.generic]
    kinds = {h.kind for h in special}
    return [h for h in targets if h.concept not in table.generic or h.kind not in kinds]


def _assign(groups: Sequence[Sequence[Hit]], targets: Sequence[Hit]) -> list[list[Hit]]:
    """Each target to the nearest group of tasks; of two as near, to the first. Tasks stand in order."""
    if len(groups) == 1:
        return [list(targets)]
    out: list[list[Hit]] = [[] for _ in groups]
    tasks = [(task, index) for index, group in enumerate(groups) for task in group]
    starts = [task.start for task, _ in tasks]
    for target in targets:
        at = bisect_right(starts, target.start)
        near = tasks[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]
        out[min((_gap(target, task), index) for task, index in near)[1]].append(target)
    return out


def _gap(a: Hit, b: Hit) -> int:
    return max(b.start - a.end, a.start - b.end, 0)


def _split(page: Page, targets: Sequence[Hit], relations: Relations) -> list[list[Hit]]:
    """Targets as parts of claims: one a marker, and one a region of the body for coordinated diseases or organs."""
    markers = list({h.concept: h for h in targets if h.kind == "biomarker"}.values())
    bodies = [h for h in targets if h.kind in ("disease", "anatomy")]
    if markers:
        return [[*bodies, marker] for marker in markers]
    diseases = [h for h in bodies if h.kind == "disease"]
    listed = diseases if len(diseases) > 1 else bodies
    by_region: dict[str | None, list[Hit]] = {}
    for hit in listed:
        by_region.setdefault(relations.region.get(hit.concept), []).append(hit)
    if (
        len(by_region) > 1
        and None not in by_region
        and all(linked(page.plain, a.end, b.start) for a, b in pairwise(listed))
    ):
        others = [h for h in bodies if h not in listed]
        return [[*group, *others] for group in by_region.values()]
    return [bodies] if bodies else []
