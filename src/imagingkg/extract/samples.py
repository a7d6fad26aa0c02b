"""Sample sizes as printed: "134 patients", "2,303 chest radiographs", "n = 120/80", "收集86例患者".

Everything here reads `plain`: the text with full-width digits and signs made half-width, position for position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from imagingkg.extract.numbers import YEAR
from imagingkg.model import Sample, Split

SplitHit = tuple[int, int, Split]
"""A word for a part of the data at [start, end), and the part."""

_COUNT: Final = (
    r"(?P<count>[0-9](?<![0-9][.,/][0-9])(?<![\w.±+～~-][0-9])(?:[0-9]{0,2}(?:[, ][0-9]{3}){1,4}(?![0-9])|[0-9]*))"
)
# A Chinese character may stand right before a count.
_COUNT_ZH: Final = _COUNT.replace(r"\w.±", r"A-Za-z0-9_.±")
_UNITS_EN: Final = (
    (
        "patients",
        r"patients?|subjects?|participants?|individuals?|volunteers?|women|men|persons?|people|adults|children|infants"
        r"|neonates|controls?|survivors?|cases?|cancers",
    ),
    (
        "images",
        r"images?|scans?|slices?|radiographs?|mammograms?|x-rays?|photographs?|frames?|volumes?|slides?|wsis?|patches"
        r"|tiles?|samples|biopsies|drrs?|topograms?|mris?|cts?|cxrs?|videos?|sequences|ultrasounds?|echocardiograms?|angiograms?",
    ),
    (
        "lesions",
        r"lesions?|nodules?|tumou?rs?|masses|polyps?|metastases|fractures?|cysts?|stones?|plaques?|aneurysms?|rois?|instances",
    ),
    ("studies", r"studies|exams?|examinations?|reports?|datasets?|acquisitions?|sessions|visits"),
    ("eyes", r"eyes?"),
)
_SAMPLE_EN: Final = re.compile(
    rf"{_COUNT}(?![\d.]|-[a-z]| ?x )"
    r"(?:\s(?!(?:or|of|to|in|on|for|from|with|types?|kinds?|groups?|features?|parameters?|variables?)\b)[A-Za-z][\w/&-]*(?:\s\([A-Za-z]+\))?){0,4}?\s(?:"
    + "|".join(rf"(?P<{unit}>{words})" for unit, words in _UNITS_EN)
    + r")\b(?!-|\s?/|\sper\b)",  # "110 images/second" is a rate
    re.IGNORECASE,
)
# "100 training and 50 testing samples", "227 patients for training and 80 for testing": counts that share a noun.
_KIND: Final = (
    r"(?:training|testing|test|validation|external|internal|normal|abnormal|healthy|diseased|benign|malignant|positive"
    r"|negative|male|female)"
)
_BEFORE: Final = re.compile(rf"{_COUNT}\s{_KIND}(?:,| and| or| vs\.?)\s$", re.IGNORECASE)
_BEHIND: Final = re.compile(
    rf"[^.;:()\n]{{0,60}}?\b(?:and|,)\s{_COUNT}\s(?:(?:were |was )?(?:used )?for|from)\s", re.IGNORECASE
)
_SAMPLE_N: Final = re.compile(r"(?<![A-Za-z])[nN]\s?=\s?(?P<counts>\d[\d,/ ]*\d|\d)")
_SAMPLE_ZH: Final = re.compile(
    rf"{_COUNT_ZH}\s?余?(?:"
    r"(?P<patients>例|人次?|名(?!\S{0,6}(?:医师|医生|专家|读者|观察者|技师))|位(?!\S{0,6}(?:医师|医生|专家|读者|观察者|点)))"
    r"|(?P<images>幅|张|份)"
    r"|(?P<lesions>枚|处|个(?=[,，。;；、)]|\S{0,16}(?:结节|病灶|肿瘤|病变|息肉|斑块|囊肿|转移灶|淋巴结|栓子|结石)))"
    r"|(?P<parts>个(?=\S{0,4}(?:椎间盘|椎体|样本|图像|切片)))|(?P<cases>个(?=患者|病例|受试者))"
    r"|(?P<eyes>只眼|眼))"
)
_READERS: Final = re.compile(
    r"readers?|radiologists?|physicians?|observers?|experts?|centers?|centres?|hospitals?|sites?", re.IGNORECASE
)
_PIECE: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)|\d+")  # of "n = 120/80"
_PART: Final = re.compile(r"(?:特征|参数|中有?|其中有?)\s?$")  # features, or so many out of the sample
_MAX_DIGITS: Final = 15
_UNIT_OF: Final = {"cases": "patients", "parts": "images"}


def find_samples(plain: str, spans: Sequence[tuple[int, int]], splits: Sequence[SplitHit]) -> list[Sample]:
    """The sample sizes in these stretches of a text, in order; `splits` are the words that name a part of the data."""
    found: dict[int, Sample] = {}
    for pattern in (_SAMPLE_ZH, _SAMPLE_EN):
        if pattern is _SAMPLE_ZH and plain.isascii():
            continue
        for match in chain.from_iterable(pattern.finditer(plain, *span) for span in spans):
            value = _count(match["count"])
            if value < 2 or _READERS.search(match[0]) or (YEAR.fullmatch(match["count"]) and pattern is _SAMPLE_EN):
                continue
            if _PART.search(plain, max(0, match.start() - 6), match.start()):
                continue
            unit = _UNIT_OF.get(match.lastgroup or "patients", match.lastgroup or "patients")
            for count in (match, *(_beside(plain, match) if pattern is _SAMPLE_EN else ())):
                start, end = count.span("count")
                value = _count(count["count"])
                if value >= 2:
                    found.setdefault(start, Sample(value, unit, _near(splits, start), start, end))
    for match in chain.from_iterable(_SAMPLE_N.finditer(plain, *span) for span in spans if "=" in plain):
        at = match.start("counts")
        for piece in _PIECE.finditer(match["counts"]):
            value = _count(piece[0])
            start = at + piece.start()
            if value >= 2:
                found.setdefault(start, Sample(value, "patients", _near(splits, start), start, at + piece.end()))
    return [found[start] for start in sorted(found)]


def _beside(plain: str, match: re.Match[str]) -> Iterator[re.Match[str]]:
    """The counts that share their noun with this one."""
    before = _BEFORE.search(plain, max(0, match.start() - 32), match.start())
    behind = _BEHIND.match(plain, match.end())
    yield from (found for found in (before, behind) if found is not None)


def _count(printed: str) -> int:
    """The number, or 0 for one with more digits than any sample can have."""
    figures = printed.replace(",", "").replace(" ", "")
    return int(figures) if len(figures) <= _MAX_DIGITS else 0


def _near(splits: Sequence[SplitHit], start: int) -> Split:
    """The split whose word ends at most a few characters before the count."""
    for begin, end, split in reversed(splits):
        if begin < start:
            return split if start - end <= 4 else "unspecified"
    return "unspecified"
