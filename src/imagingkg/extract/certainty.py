"""How certain a claim is said to be: negations and doubts, and which task and targets each of them is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from imagingkg.extract.clauses import clauses
from imagingkg.extract.cues import CueHit
from imagingkg.extract.figures import Figure
from imagingkg.extract.hits import TARGETS, Hit
from imagingkg.extract.lines import share
from imagingkg.extract.names import NameTable
from imagingkg.extract.page import Line, Page
from imagingkg.model import Certainty

# Opens a clause that takes something back.
_BUT: Final = re.compile(
    r"[\s,，]*(?:但|然而|然|不过|可是|只是|惟|却|而|(?:but|however|although|yet)\b)", re.IGNORECASE
)
# Opens a clause that is only granted, or that says what others held before: the sentence is after what follows it.
_GRANTED: Final = re.compile(
    r"[\s,，]*(?:虽|尽管|即使|即便|纵使|纵然|固然|诚然|与其说|(?:在|据)?(?:既往|过去|以往|先前|此前|历来)|一般认为|通常认为"
    r"|(?:although|though|even if|even though|(?:the )?(?:existing|conventional|traditional|previous|prior))\b)",
    re.IGNORECASE,
)
# A denial of people or pictures, not of the system: "无法耐受手术的患者", "不能屏气者".
_OF_CASES: Final = re.compile(
    r"[^,，;；。:：]{0,14}?(?:的[^,，;；。:：的]{0,8}?(?:患者|病人|患儿|人群|个体|受试者|受检者|病例|孕妇|老人|儿童|图像|地区|医院|医师|医生)|者)"
)
# Narrows what follows in the sentence to some of the cases: "对直径<5 mm者", "在亚组中". A P value is no such bound.
_SOME_CASES: Final = re.compile(
    r"(?<![Pp])(?<![Pp] )[<≤>≥]\s?\d|(?:小于|大于|不足|超过)\s?\d+(?:\.\d+)?\s?(?:mm|cm|岁)|亚组|亚群"
)
# Measures of discrimination, and below what they say that there is none (Hosmer and Lemeshow's scale; 0.5 is chance).
_DISCRIMINATION: Final = ("metric/auc", "metric/c-index")
_NO_DISCRIMINATION: Final = 0.6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one clause says. What it leaves unnamed is taken over from the clause before it in the same sentence.

    `named`: the tasks that stand in the clause itself; `whole`: targets stand there too. `aside`: another clause of the
    sentence says more of the same thing. Either this one takes something back ("…, but not …") and names no other
    targets, or it is only granted ("although …"), or it denies or doubts for some of the cases only.
    """

    tasks: frozenset[str]
    targets: frozenset[str]
    certainty: Certainty
    named: frozenset[str] = frozenset()
    whole: bool = False
    aside: bool = False


def short_names(page: Page) -> dict[str, str]:
    """What a Chinese text names in full and then by the last word of the name alone ("颅内动脉瘤", "动脉瘤").

    Concept of the short name to that of the long one, where just one long name of the kind ends so.
    """
    if page.document.lang == "en":
        return {}
    hits = [h for line in page.lines for h in line.hits if h.kind in TARGETS]
    named = {(page.plain[h.start : h.end], h.kind): h.concept for h in hits}
    long: dict[str, set[str]] = {}
    for (name, kind), concept in named.items():
        for cut in range(1, len(name) - 1):
            short = named.get((name[cut:], kind))
            if short is not None and short != concept and not name[cut:].isascii():
                long.setdefault(short, set()).add(concept)
    return {short: min(concepts) for short, concepts in long.items() if len(concepts) == 1}


def verdicts(
    page: Page, line: Line, table: NameTable, short: Mapping[str, str] = MappingProxyType({})
) -> list[Verdict]:
    """The verdict of each clause of the line, in order.

    General words ("assess", "lesion") stand for whatever was named before; `short` names stand for their long ones too.
    """
    out: list[Verdict] = []
    tasks: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    spans = clauses(page.plain, line.sentence.start, line.sentence.end)
    starts = [begin for begin, _ in spans]
    added = any(c.value("added") is not None for c in line.cues)
    coloured = any(c.value("negation") is not None or c.value("hedge") is not None for c in line.cues)
    granted = False  # the clause before this one
    part = line.sentence.start  # where the part of the sentence between semicolons begins
    for (begin, end), inside, cues in zip(spans, share(starts, line.hits), share(starts, line.cues), strict=True):
        sharp = [h for h in inside if h.concept not in table.generic]
        named = frozenset(h.concept for h in sharp if h.kind == "task") | _graded(page.plain, sharp, table)
        about = frozenset(h.concept for h in sharp if h.kind in TARGETS)
        if short:
            about |= frozenset(short[c] for c in about if c in short)
        if page.plain[begin - 1 : begin] == ";" and begin > line.sentence.start:
            part = begin
            if about:
                tasks = targets = frozenset()
        tasks, targets = named or tasks, about or targets
        if any(c.value("unused") is not None for c in cues):
            continue  # "…, which were not studied here"
        certainty = _colour(page.plain, inside, cues, added=added, measured=bool(line.figures))
        said = out[-1] if out and not granted and _BUT.match(page.plain, begin) else None
        but = said is not None and bool(said.tasks) and said.certainty != "negated" and about <= said.targets
        granted = coloured and begin != starts[-1] and _GRANTED.match(page.plain, begin) is not None
        partly = certainty != "affirmed" and _SOME_CASES.search(page.plain, part, end) is not None
        out.append(Verdict(tasks, targets, certainty, named, bool(named and about), but or granted or partly))
    return out


def _graded(plain: str, hits: Sequence[Hit], table: NameTable) -> frozenset[str]:
    """Tasks that close the Chinese name of a marker: who speaks of the Pfirrmann分级 speaks of grading."""
    tails = {table.concept_of(plain[h.end - 2 : h.end]) for h in hits if h.kind == "biomarker"}
    return frozenset(t for t in tails if t is not None and t.startswith("task/"))


def _colour(plain: str, inside: Sequence[Hit], cues: Sequence[CueHit], *, added: bool, measured: bool) -> Certainty:
    """Negation outweighs doubt. A cue reaches the names on its side of the clause; without names, all of it.

    `added`: the sentence says what something was added to. `measured`: it says how well the system does.
    """
    found: Certainty = "affirmed"
    moot = added or any(c.value("chance") is not None for c in cues)
    names = [h for h in inside if h.kind == "task" or h.kind in TARGETS]
    for cue in cues:
        if cue.value("neutral") is not None or _is_in_a_name(cue, inside):
            continue
        reach = cue.value("negation")
        if reach is not None and _reaches(cue, reach, names) and not _is_relative(cue, moot=moot, measured=measured):
            of_cases = _OF_CASES.match(plain, cue.end)
            if of_cases is None or any(cue.start <= h.start < of_cases.end() for h in names if h.kind == "task"):
                return "negated"
        doubt = cue.value("hedge")
        if doubt is not None and _reaches(cue, doubt, names):
            found = "hedged"
    return found


def _is_in_a_name(cue: CueHit, inside: Sequence[Hit]) -> bool:
    """Is the word part of what something is called ("潜在扩散模型", "unresectable tumour")?"""
    return any(h.start <= cue.start and cue.end <= h.end and h.kind != "challenge" for h in inside)


def _is_relative(cue: CueHit, *, moot: bool, measured: bool) -> bool:
    """Does a denial only compare? What does worse than another, and says how well it does, does not fail.

    "No significant difference" between two systems says that they are equal; from chance, that one fails; from the one
    without, that what was added brings nothing.
    """
    if cue.value("no_difference") is not None:
        return not moot
    return measured and cue.value("comparison") == "worse"


def _reaches(cue: CueHit, direction: str, names: Sequence[Hit]) -> bool:
    if direction == "named":
        return bool(names)
    if direction == "both" or not names:
        return True
    ahead = any(h.start >= cue.start for h in names)
    # "The model failed to generalise": nothing named behind the cue, so it is about what came before.
    return ahead or direction == "before" or not any(h.start >= cue.end for h in names)


def overall(
    found: Sequence[Verdict],
    task: str,
    targets: Iterable[str],
    *,
    claimed: Iterable[str] = (),
    alone: bool = False,
    above: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Certainty | None:
    """What the clauses say of a task on its targets: None where none is about them.

    A task that the text makes no claim of (not in `claimed`, if given) is a wording for one that it does, unless it
    stands with targets of its own. `alone`: the text has one task only, so that a clause that names nothing is about
    it. A clause on the claim's own marker counts before one on the disease that several claims share. `above`: the
    concepts above each, whose names stand for it where no clause names the target itself.
    """
    wanted = frozenset(targets)
    if not any(wanted & v.targets for v in found):
        wanted |= frozenset(a for t in wanted for a in above.get(t, ()))
    known = frozenset(claimed)
    about = []
    for verdict in found:
        tasks = verdict.tasks & known if known else verdict.tasks
        if (tasks and task not in tasks) or (verdict.whole and verdict.tasks and not tasks):
            continue  # on another task
        if (
            verdict.targets & wanted
            or (task in tasks and (not wanted or not verdict.targets))
            or (alone and not verdict.targets)
        ):
            about.append(verdict)
    markers = {t for v in found for t in v.targets if t.startswith("biomarker/")}
    if markers - wanted:
        about = [v for v in about if v.targets & wanted & markers] or about
    if not alone and any(task in v.tasks and v.targets & wanted for v in about):
        about = [v for v in about if v.tasks]  # what names no task is on another one
    about = [v for v in about if not v.aside] or about
    about = [v for v in about if len(v.tasks) <= 1] or about  # of several tasks in a clause, which one is denied?
    for certainty in ("negated", "hedged", "affirmed"):
        if any(v.certainty == certainty for v in about):
            return certainty
    return None


def fails(figures: Iterable[Figure]) -> bool:
    """Do the figures say that there is no discrimination, outside of the training set and whatever was tried?"""
    values = [
        f.number.value / (100 if f.number.unit == "%" else 1)
        for f in figures
        if f.metric.concept in _DISCRIMINATION and f.split != "training"
    ]
    return bool(values) and max(values) < _NO_DISCRIMINATION
