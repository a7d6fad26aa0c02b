"""The names of the lexicon, compiled for reading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imagingkg.extract.matcher import Matcher, build_matcher
from imagingkg.forms import squeeze
from imagingkg.lexicon import Lexicon, Name, Sense

# Words that add nothing to a name: "CT images" names what "CT" names.
_PADDING: Final = re.compile(
    r" (?:images?|scans?|data|slices?|volumes?|examinations?|exams?|studies|study|sequences?)$"
    r"|(?:图像|影像|检查|扫描|图片|序列)$"
)
_PADDING_OF_DATA: Final = re.compile(
    r" (?:dataset|data set|database|challenge|cohort|benchmark|collection)s?$|(?:数据集|数据库|挑战赛|队列)$"
)


@dataclass(frozen=True, slots=True)
class NameTable:
    """The automaton over all forms, what an ambiguous form may mean, and what reading needs to know of each concept."""

    matcher: Matcher[tuple[Name, ...]]
    senses: Mapping[str, tuple[Sense, ...]]
    kinds: Mapping[str, str]
    generic: frozenset[str]
    names: Mapping[str, tuple[Name, ...]]
    english: Mapping[str, str]
    labels: Mapping[str, tuple[str, str]]  # of organs and diseases, English and Chinese
    shows: Mapping[str, tuple[str, ...]]  # modality to the organs that it shows
    above: Mapping[str, frozenset[str]]  # concept to those above it

    def concept_of(self, form: str) -> str | None:
        """The concept that a form names in any case, if just one does."""
        found = {name.concept for name in self.names.get(squeeze(form), ()) if name.exact is None and name.concept}
        return found.pop() if len(found) == 1 else None

    def lesion_of(self, organ: str, generic: str) -> str | None:
        """The disease that a general lesion of an organ is ("breast" and "lesion"), if the lexicon has one."""
        if organ not in self.labels or generic not in self.labels:
            return None
        for lang, joint in ((0, " "), (1, "")):
            found = self.concept_of(f"{self.labels[organ][lang]}{joint}{self.labels[generic][lang]}")
            if found is not None and found.startswith("disease/"):
                return found
        return None


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
        english={c.id: c.en for c in lexicon.concepts.values()},
        labels={c.id: (c.en, c.zh) for c in lexicon.concepts.values() if c.kind in ("anatomy", "disease")},
        shows={c.id: c.located_in for c in lexicon.concepts.values() if c.kind == "modality" and c.located_in},
        above=lexicon.above,
    )


def _is_padded(
    form: str, names: Sequence[Name], known: Mapping[str, tuple[Name, ...]], kinds: Mapping[str, str]
) -> bool:
    """Is there a shorter form of the same concept inside, the rest being padding or a name of another kind?

    Such a form is not matched, so that the shorter one is, and what else it holds ("lesion segmentation") shows too.
    """
    concept, exact = names[0].concept, names[0].exact
    if exact is not None or any(n.concept != concept for n in names):
        return False
    tail = (_PADDING_OF_DATA if kinds.get(concept) == "dataset" else _PADDING).search(form)
    if tail and any(n.concept == concept for n in known.get(form[: tail.start()].strip(), ())):
        return True
    if kinds.get(concept) != "task":
        return False
    head, space, last = form.rpartition(" ")
    if not space or not any(n.concept == concept for n in known.get(last, ())):
        return False
    return any(kinds.get(n.concept) in ("disease", "anatomy", "modality", "biomarker") for n in known.get(head, ()))
