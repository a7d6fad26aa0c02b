"""Mentions: which concept each stretch of a text names, after case, ambiguity and the document's own abbreviations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from imagingkg.extract.abbreviations import Definition
from imagingkg.extract.matcher import Matcher, build_matcher
from imagingkg.forms import squeeze
from imagingkg.lexicon import Lexicon, Name, Sense


class Hit(NamedTuple):
    """text[start:end] names `concept` of `kind`. The lexicon's, or one that only this document knows."""

    start: int
    end: int
    kind: str
    concept: str


@dataclass(frozen=True, slots=True)
class NameTable:
    """The lexicon compiled for reading: the automaton, and what an ambiguous form may mean."""

    matcher: Matcher[tuple[Name, ...]]
    senses: Mapping[str, tuple[Sense, ...]]
    kinds: Mapping[str, str]
    generic: frozenset[str]
    names: Mapping[str, tuple[Name, ...]]
    labels: Mapping[str, tuple[str, str]]  # of organs and diseases, English and Chinese
    shows: Mapping[str, tuple[str, ...]]  # modality to the organs that it shows
    above: Mapping[str, frozenset[str]]  # concept to those above it

    def concept_of(self, form: str) -> str | None:
        """The concept that a form names in any case, if just one does."""
        found = {name.concept for name in self.names.get(squeeze(form), ()) if name.exact is None and name.concept}
        return found.pop() if len(found) == 1 else None


def compile_names(lexicon: Lexicon) -> NameTable:
    """The automaton over all forms of the lexicon, with the forms that are no names as blanks that hide others."""
    kinds = {c.id: c.kind for c in lexicon.concepts.values()}
    forms = {form: names for form, names in lexicon.names.items() if not _is_padded(form, names, lexicon.names, kinds)}
    forms |= dict.fromkeys(lexicon.not_names, ())
    return NameTable(
        matcher=build_matcher(forms),
        senses=lexicon.ambiguous,
        kinds=kinds,
        generic=frozenset(c.id for c in lexicon.concepts.values() if c.generic),
        names=lexicon.names,
        labels={c.id: (c.en, c.zh) for c in lexicon.concepts.values() if c.kind in ("anatomy", "disease")},
        shows={c.id: c.located_in for c in lexicon.concepts.values() if c.kind == "modality" and c.located_in},
        above=lexicon.above,
    )


# Words that add nothing to a name: "CT images" names what "CT" names.
_PADDING: Final = re.compile(
    r" (?:images?|scans?|imaging|data|slices?|volumes?|examinations?|exams?|studies|study|sequences?)$|(?:图像|影像|检查|扫描|图片|序列)$"
)


def _is_padded(
    form: str, names: Sequence[Name], known: Mapping[str, tuple[Name, ...]], kinds: Mapping[str, str]
) -> bool:
    """Is there a shorter form of the same concept inside, the rest being padding or a name of another kind?

    Such a form is not matched, so that the shorter one is, and what else it holds ("lesion segmentation") shows too.
    """
    concepts = {n.concept for n in names}
    if len(concepts) != 1 or names[0].exact is not None:
        return False
    tail = _PADDING.search(form)
    if tail and concepts & {n.concept for n in known.get(form[: tail.start()].strip(), ())}:
        return True
    if kinds.get(names[0].concept) != "task":
        return False
    head, space, last = form.rpartition(" ")
    if not space or not concepts & {n.concept for n in known.get(last, ())}:
        return False
    return any(kinds.get(n.concept) in ("disease", "anatomy", "modality", "biomarker") for n in known.get(head, ()))


def find_names(cased: str, seen: str, table: NameTable) -> list[Hit]:
    """What the lexicon finds, in order. `cased` is forms.fold_width(text), `seen` is matcher.view(text)."""
    out: list[Hit] = []
    folded = ""
    kinds = table.kinds
    for start, end, names in table.matcher.find(seen):
        concept = None
        for name in names:
            if name.exact is None or name.exact == cased[start:end]:
                concept = name.concept
                break
        if concept is None:
            continue
        if not concept:
            folded = folded or cased.lower()
            concept = _sense(table.senses[cased[start:end]], folded)
            if concept is None:
                continue
        out.append(Hit(start, end, kinds[concept], concept))
    return out


def _sense(senses: Iterable[Sense], folded: str) -> str | None:
    for sense in senses:
        if not sense.near or any(word in folded for word in sense.near):
            return sense.concept
    return None


def tasks_inside(text: str, hits: Iterable[Hit], table: NameTable) -> list[Hit]:
    """Tasks that close the name of a system: "computer-aided diagnosis" is a diagnosis, "计算机辅助检测" a detection."""
    out = []
    for hit in hits:
        if hit.concept != _ASSISTANCE:
            continue
        surface = text[hit.start : hit.end]
        last = surface.rpartition(" ")[2] if surface.isascii() else surface[-2:]
        concept = table.concept_of(last)
        if concept is not None and concept.startswith("task/"):
            out.append(Hit(hit.start, hit.end, "task", concept))
    return out


_ASSISTANCE: Final = "method/computer-aided-detection"


def new_concept(kind: str, name: str) -> str:
    """The id of a concept that only a document names: equal names (case and dashes aside) are one concept."""
    return f"{kind}/new-{sha256(f'{kind} {squeeze(name)}'.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


# The last word of a long form that no lexicon has tells its kind.
_HEADS: Final = (
    ("dataset", r"datasets?|data sets?|database|cohort|challenge|initiative|repository|registry|trial|biobank|archive|contest"),
    ("metric", r"scores?|index|coefficients?|errors?|rate|ratio|distance|accuracy|similarity|precision|recall"),
    (
        "method",
        r"networks?|nets?|models?|frameworks?|algorithms?|learning|modules?|architectures?|transformers?|(?:auto)?encoders?"
        r"|decoders?|classifiers?|machines?|forests?|regression|blocks?|attention|loss|filters?|fusion|mechanisms?|strategy"
        r"|strategies|pipelines?|adaptation|distillation|augmentation|regulari[sz]ation|normali[sz]ation|convolutions?"
        r"|propagation|optimi[sz]ation|gan|gans|cnn|u-net|unet|approach|approaches|methods?|signatures?|descriptors?",
    ),
    (
        "disease",
        r"cancers?|carcinomas?|tumou?rs?|diseases?|disorders?|syndromes?|lesions?|fractures?|stenosis|infarctions?|injury"
        r"|injuries|hemorrhages?|haemorrhages?|[a-z]{3,}(?:itis|oma|opathy|osis|emia|aemia)",
    ),
    ("modality", r"imaging|tomography|mri|ct|pet|ultrasound|radiography|angiography|microscopy|scans?|radiographs?|images?"),
)  # fmt: skip
_HEAD: Final = re.compile("|".join(rf"(?P<{kind}>(?:{words})$)" for kind, words in _HEADS), re.IGNORECASE)
_HEAD_HAN: Final = re.compile(
    r"(?P<method>(?:网络|模型|算法|学习|模块|框架|方法|机制|注意力|编码器|回归|森林|向量机|变换|滤波|损失)$)"
    r"|(?P<disease>(?:癌|瘤|病|症|综合征|骨折|梗死|出血|病变|损伤)$)"
    r"|(?P<modality>(?:成像|造影|摄影|显像|超声|扫描)$)"
    r"|(?P<metric>(?:系数|误差|指数|率|距离|分数)$)"
    r"|(?P<dataset>(?:数据集|数据库|队列|挑战赛)$)"
)


def head_kind(name: str) -> str | None:
    """The kind that the last word of an unknown name gives away ("neural conditional random field" gives none)."""
    found = _HEAD.search(name) or _HEAD_HAN.search(name)
    return found.lastgroup if found else None


def apply_definitions(
    text: str, hits: list[Hit], defined: Iterable[Definition], table: NameTable, labels: dict[str, str]
) -> list[Hit]:
    """Let the document's own abbreviations override the lexicon.

    The short form means, everywhere in the text, what its long form names. A long form that the lexicon lacks becomes
    a concept of the document where its words give a kind away; its name goes into `labels`.
    """
    by_end: dict[int, Hit] = {}
    for hit in hits:
        by_end[hit.end] = hit
    changes: dict[str, Hit | None] = {}
    for definition in defined:
        if definition.short in changes:
            continue
        meaning = _meaning(text, definition, by_end, labels)
        if meaning is not None:
            changes[definition.short] = meaning
        elif _overrides(definition, hits):
            changes[definition.short] = None
    if not changes:
        return hits
    fresh: list[Hit] = []
    cleared: list[tuple[int, int]] = []
    for short, meaning in changes.items():
        for start, end in _occurrences(text, short):
            cleared.append((start, end))
            if meaning is not None:
                fresh.append(Hit(start, end, meaning.kind, meaning.concept))
        if meaning is not None and meaning.start >= 0 and "/new-" in meaning.concept:
            fresh.append(meaning)
            cleared.append((meaning.start, meaning.end))
    kept = [h for h in hits if not any(s < h.end and h.start < e and not _wider(h, s, e) for s, e in cleared)]
    return resolve([*kept, *fresh])


def _wider(hit: Hit, start: int, end: int) -> bool:
    """A name that holds the short form and more stays ("MS lesion" where MS is defined)."""
    return hit.start <= start and end <= hit.end and hit.end - hit.start > end - start


def _meaning(text: str, definition: Definition, by_end: Mapping[int, Hit], labels: dict[str, str]) -> Hit | None:
    long = None
    if definition.long_start >= 0:
        long = by_end.get(definition.long_end)
        if long is not None and long.start <= definition.long_start:
            return long
    if definition.chinese_end >= 0:
        chinese = by_end.get(definition.chinese_end)
        if chinese is not None:
            return chinese
    if definition.long_start < 0:
        return None
    name = text[definition.long_start : definition.long_end]
    kind = long.kind if long is not None else head_kind(name)
    if kind is None or kind in ("task", "challenge") or any(c in name for c in "\n.:;"):
        return None
    concept = new_concept(kind, name)
    labels.setdefault(concept, name)
    return Hit(definition.long_start, definition.long_end, kind, concept)


def _overrides(definition: Definition, hits: Iterable[Hit]) -> bool:
    """The document gives the short form a meaning of its own, which is none of ours: "PD (program director)"."""
    return definition.long_start >= 0 and any(
        h.start == definition.short_start and h.end == definition.short_start + len(definition.short) for h in hits
    )


def _occurrences(text: str, short: str) -> Iterable[tuple[int, int]]:
    """Every place where the short form, or its plural, stands alone."""
    at = text.find(short)
    size = len(text)
    while at >= 0:
        end = at + len(short)
        if not (at and _is_word(text[at - 1])):
            if end < size and text[end] == "s" and not (end + 1 < size and _is_word(text[end + 1])):
                yield at, end + 1
            elif not (end < size and _is_word(text[end])):
                yield at, end
        at = text.find(short, end)


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def resolve(hits: Iterable[Hit]) -> list[Hit]:
    """Overlapping mentions of one text reduced to the longest (then leftmost) ones, in order."""
    ordered = sorted(set(hits), key=lambda h: (h.start, -h.end, h.concept))
    out: list[Hit] = []
    for hit in ordered:
        if out and hit.start < out[-1].end:
            if hit.end - hit.start > out[-1].end - out[-1].start:
                out[-1] = hit
            continue
        out.append(hit)
    return out
