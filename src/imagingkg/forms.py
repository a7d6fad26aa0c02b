"""Written forms of names: how a text is folded for matching, and which variants of a listed form are meant too.

Folding is one code point to one code point, so that an offset in the folded text is an offset in the text itself.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from unicodedata import normalize

from imagingkg.ontology_files import ontology_dir

_SPACES: Final = "\t\n\r\f\v\u00a0\u2002\u2003\u2009\u200a\u202f\u3000~_"
_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2212\u00ad\ufe63"
_QUOTES: Final = {"\u2018": "'", "\u2019": "'", "`": "'", "\u02bc": "'"}
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_JUNCTION: Final = re.compile(r"(?<=[\u3400-\u9fff]) ?(?=[a-z0-9])|(?<=[a-z0-9]) ?(?=[\u3400-\u9fff])")


@cache
def _table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table |= {ord(c): " " for c in _SPACES + _DASHES}
    table[0xFF0D] = table[0xFF3F] = table[0xFF5E] = " "
    table |= {ord(k): v for k, v in _QUOTES.items()}
    # Letters whose lower or title case is longer than one letter would move every later offset.
    for code in (*range(0x80, 0x600), *range(0x1E00, 0x2000), *range(0xFB00, 0xFB18)):
        if max(len(chr(code).lower()), len(chr(code).title()), len(chr(code).lower().title())) > 1:
            table[code] = normalize("NFKD", chr(code).casefold())[0]
    lines = (ontology_dir() / "traditional.txt").read_text(encoding="utf-8").splitlines()
    table |= {ord(pair[0]): pair[1] for line in lines if not line.startswith("#") for pair in line.split()}
    return table


def fold_width(text: str) -> str:
    """`text` with one form of each letter, dash and space, but in its own case; of equal length."""
    return text.translate(_table())


def fold(text: str) -> str:
    """`text` in the form that names are matched in; of equal length, position for position.

    Lower case, half-width Latin, simplified characters, and one space for each kind of space, dash or underscore.
    """
    return fold_width(text).lower()


def squeeze(form: str) -> str:
    """A listed form folded, with runs of spaces as one: the key that forms are compared by."""
    return " ".join(fold(form).split())


def has_han(text: str) -> bool:
    """Is there a Chinese character in it? A form's language is told by this."""
    return _HAN.search(text) is not None


def is_acronym(form: str) -> bool:
    """Short and all capitals, so that "US" is not "us": such a form is matched in its exact case."""
    if " " in form:
        return False
    letters = [c for c in form if c.isalpha()]
    return 2 <= len(letters) <= 5 and all(c.isascii() and c.isupper() for c in letters)


def variants(folded: str) -> set[str]:
    """The further spellings of a folded form that a listed form stands for (never including itself)."""
    if has_han(folded):
        out = {_JUNCTION.sub("", folded), _JUNCTION.sub(" ", folded)}
    else:
        out = set()
        for spelling in {folded, *_spellings(folded)}:
            out |= {spelling, *_plurals(spelling)}
            if "'s " in spelling:
                bare = spelling.replace("'s ", " ")
                out |= {bare, *_plurals(bare), spelling.replace("'s ", "s "), spelling.replace("'s ", "' ")}
    out.discard(folded)
    return out


def respellings(label: str) -> set[str]:
    """The other spellings of an English label that people look for: British or American, without the possessive."""
    if has_han(label):
        return set()
    # A label with capitals is not respelled: folding would lose them.
    out = _spellings(label) if label == label.lower() else set()
    bare = label.replace("'s ", " ")
    return {*out, bare} - {label}


# British and American spellings. Each pair is tried in both directions on the whole form at once.
_BRITISH: Final = (
    ("tumour", "tumor"), ("colour", "color"), ("behaviour", "behavior"), ("haem", "hem"), ("oedema", "edema"),
    ("oesoph", "esoph"), ("paed", "ped"), ("anaem", "anem"), ("leukaem", "leukem"), ("ischaem", "ischem"),
    ("aetio", "etio"), ("anaesth", "anesth"), ("caec", "cec"), ("gynaec", "gynec"), ("naev", "nev"),
    ("foet", "fet"), ("fibre", "fiber"), ("centre", "center"), ("grey", "gray"), ("labell", "label"),
    ("modell", "model"), ("isation", "ization"), ("catheteris", "catheteriz"), ("analys", "analyz"),
    ("programme", "program"), ("diarrhoea", "diarrhea"), ("aneurysm", "aneurism"), ("artefact", "artifact"),
    ("sulph", "sulf"), ("dysplasi", "displasi"), ("neighbour", "neighbor"), ("metre", "meter"), ("litre", "liter"),
    ("ageing", "aging"), ("oestro", "estro"), ("phaeo", "pheo"), ("faec", "fec"), ("ileo", "ileo"),
)  # fmt: skip
_TO_AMERICAN: Final = [(re.compile(b), a) for b, a in _BRITISH if b != a]
_TO_BRITISH: Final = [
    (re.compile(a), b) for b, a in _BRITISH if a not in {"hem", "ped", "label", "model", "nev", "fet", "cec", "analyz",
                                                         "program", "meter", "liter", "edema", "esoph", "fec", "etio",
                                                         "aging", "estro"}
] + [
    (re.compile(r"\bhem(?=orrh|at|o|angi)"), "haem"), (re.compile(r"\bedema"), "oedema"),
    (re.compile(r"\besoph"), "oesoph"), (re.compile(r"\bpediatr"), "paediatr"), (re.compile(r"\bfetal"), "foetal"),
    (re.compile(r"\bnev(?=us|i)"), "naev"), (re.compile(r"\blabel(?=ed|ing)"), "labell"),
    (re.compile(r"\bmodeling"), "modelling"),
]  # fmt: skip
_ISE: Final = re.compile(r"(?<=[a-z]{3})is(?=(?:e|ed|es|er|ers|ing)\b)")
_IZE: Final = re.compile(r"(?<=[a-z]{3})iz(?=(?:e|ed|es|er|ers|ing)\b)")
_NOT_ISE: Final = re.compile(r"noise|disease|precise|exercise|otherwise|raise|comprise|supervise|advise|analyse|wise")


# One search tells that a form has none of all these, which most have not: a big terminology has many forms.
_RESPELT: Final = re.compile("|".join(p.pattern for p, _ in (*_TO_AMERICAN, *_TO_BRITISH, (_ISE, ""), (_IZE, ""))))


def _spellings(form: str) -> set[str]:
    if not _RESPELT.search(form):
        return {form}
    american, british = form, form
    for pattern, replacement in _TO_AMERICAN:
        american = pattern.sub(replacement, american)
    for pattern, replacement in _TO_BRITISH:
        british = pattern.sub(replacement, british)
    if not _NOT_ISE.search(form):
        american, british = _ISE.sub("iz", american), _IZE.sub("is", british)
    return {american, british}


_IRREGULAR: Final = {
    "cortex": "cortices", "vertebra": "vertebrae", "appendix": "appendices", "matrix": "matrices", "index": "indices",
    "foot": "feet", "tooth": "teeth", "fetus": "fetuses", "foetus": "foetuses", "naevus": "naevi", "nevus": "nevi",
    "bronchus": "bronchi", "embolus": "emboli", "thrombus": "thrombi", "hippocampus": "hippocampi", "nucleus": "nuclei",
    "gyrus": "gyri", "sulcus": "sulci", "meniscus": "menisci", "calculus": "calculi", "uterus": "uteri",
    "ovum": "ova", "bacterium": "bacteria", "atrium": "atria", "datum": "data", "ganglion": "ganglia",
    "criterion": "criteria", "biopsy": "biopsies", "metastasis": "metastases", "child": "children", "woman": "women",
    "phenomenon": "phenomena", "scapula": "scapulae", "bulla": "bullae", "alveolus": "alveoli", "pelvis": "pelves",
}  # fmt: skip
_NO_PLURAL: Final = re.compile(r"(?:ics|ness|ing|ed|ism|ology|graphy|less|[^a-z])$")


def _plurals(form: str) -> set[str]:
    out = set()
    head, space, last = form.rpartition(" ")
    if len(last) > 2 and not _NO_PLURAL.search(last):
        out.add(head + space + _plural(last))
    before, of, after = form.partition(" of ")
    if of and before:
        first, gap, noun = before.rpartition(" ")
        if len(noun) > 2 and not _NO_PLURAL.search(noun):
            out.add(first + gap + _plural(noun) + of + after)
    return out


def _plural(noun: str) -> str:
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("sis"):
        return noun[:-2] + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    return noun + "s"
