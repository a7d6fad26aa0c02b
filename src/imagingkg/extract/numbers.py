"""Numbers as printed: figures with their unit and interval, p values, and sample sizes.

Everything here reads `plain`: the text with full-width digits and signs made half-width, position for position.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from imagingkg.model import Sample, Split

_HALF_WIDTH: Final = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " ", 0x2009: " "}


def plain_width(text: str) -> str:
    """Full-width letters, digits and signs made half-width; of equal length. Dashes and case stay."""
    return text if text.isascii() else text.translate(_HALF_WIDTH)


class Number(NamedTuple):
    """A figure at plain[start:end] (sign and percent mark included). `stop` is where its interval or error ends."""

    start: int
    end: int
    stop: int
    value: float
    printed: str
    unit: str
    lower: float | None
    upper: float | None
    p: str | None


# Each pattern begins with a plain digit class, so that the engine skips to digits; what may not stand before one is
# looked at behind it.
_NUMBER: Final = re.compile(
    r"(?P<num>[0-9](?<![A-Za-z0-9_.][0-9])(?:[0-9]{0,2}(?:[, ][0-9]{3})+(?![0-9.])|[0-9]*(?:\.[0-9]+)?))"
    r"(?:(?=(?:mm|cm|dB|ms|s|min|h|HU|mSv|mGy)\b)|(?![A-Za-z0-9]|\.[0-9]|-[A-Za-z])(?P<pct>\s?\\?%|\s?percent\b|\s?per cent\b)?)"
)
_SIGN: Final = re.compile(r"(?<![0-9)\]A-Za-z])[-−–]$")
_UNIT: Final = re.compile(
    r"\s?[)）]?\s?(dB|mm²|mm2|mm3|mm³|mm|cm|ms|min|hours?|seconds?|minutes?|s|h|HU|mSv|mGy|mg/cm3|mL|ml|bpp)\b(?!/)"
    r"|\s?[)）]?\s?(秒|分钟|毫米|小时|毫秒|岁)"
)
_ERROR: Final = re.compile(r"\s?%?\s?(?:±|\\pm|\+/-|\+-)\s?\$?\s?\d+(?:\.\d+)?\s?\\?%?")
_CI: Final = re.compile(
    r"\s?[,，;；]?\s?[\[(（]?\s?(?:\d{2}(?:\.\d)?\s?\\?%\s?)?(?:CI|C\.I\.|confidence intervals?|置信区间|可信区间)s?\s?(?:为|of|was|,)?\s?[:=：]?"
    r"\s?[\[(（]?\s?(?P<lower>[-−]?\d*\.?\d+)\s?\\?%?\s?(?:-|–|—|~|～|to|,|，|;|至|、|−)\s?(?P<upper>[-−]?\d*\.?\d+)"
    r"\s?\\?%?\s?[\])）]?",
    re.IGNORECASE,
)
_BARE_CI: Final = re.compile(
    r"\s?[\[(（]\s?(?P<lower>\d*\.\d+|\d+(?:\.\d+)?%)\s?(?:-|–|~|～|to|,|，)\s?(?P<upper>\d*\.\d+|\d+(?:\.\d+)?%)\s?[\])）]"
)
_P: Final = re.compile(r"\b[pP]\s?(?:values?|值)?\s?(?:均|all|of)?\s?([<>=≤≥]\s?\d?\.\d+)")
_RATIO: Final = re.compile(r"\s?[(（]\s?\d+\s?/\s?\d+\s?[)）]")
_NOT_FIGURE: Final = re.compile(r"\s?(?:个百分点|percentage points?|-?折|-?fold\b|-?years?\b|(?<!\.\d\d)岁|T\b|Tesla|kV|MHz|×|x\d|年|月|日)")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


def find_numbers(plain: str) -> list[Number]:
    """The figures of a text in order; numbers of intervals, errors, p values and plain years are no figures of theirs."""
    out: list[Number] = []
    busy = 0
    may_have_p = "P" in plain or "p" in plain
    for found in _NUMBER.finditer(plain):
        start = found.start()
        if start < busy:
            continue
        digits = found["num"]
        signed = _SIGN.search(plain, max(0, start - 2), start) is not None
        end = found.end()
        percent = found["pct"]
        if not percent and _YEAR.fullmatch(digits):
            continue
        before = plain[max(0, start - 2) : start]
        if before[1:] == "," and before[0].isdigit():
            continue  # the tail of a number grouped in an odd way
        if may_have_p and _is_p(plain, start):
            busy = end
            continue
        after_error = _ERROR.match(plain, end)
        stop = after_error.end() if after_error else end
        if after_error and "%" in after_error[0]:
            percent = "%"
        if _NOT_FIGURE.match(plain, stop) or (before.endswith("/") and "." not in digits):
            continue
        if percent and _CI.match(plain, start):
            continue  # the level of an interval that follows no figure
        unit = "%" if percent else ""
        if not unit and (named := _UNIT.match(plain, stop)):
            unit = named[1] or named[2]
            stop = named.end()
        ratio = _RATIO.match(plain, stop)
        if ratio:
            stop = ratio.end()
        lower = upper = None
        interval = _CI.match(plain, stop) or (_BARE_CI.match(plain, stop) if "." in digits else None)
        if interval:
            lower, upper = _float(interval["lower"]), _float(interval["upper"])
            stop = interval.end()
            if lower is not None and upper is not None and lower > upper:
                lower = upper = None
        value = float(digits.replace(",", "").replace(" ", ""))
        if signed:
            value, start = -value, start - 1
        out.append(Number(start, end, stop, value, plain[start:end], unit, lower, upper, _p_after(plain, stop)))
        busy = stop
    return out


def _float(text: str) -> float | None:
    try:
        return float(text.replace("−", "-").rstrip("%"))
    except ValueError:
        return None


def _is_p(plain: str, start: int) -> bool:
    found = _P.search(plain, max(0, start - 16), start + 8)
    return found is not None and found.start(1) <= start < found.end(1)


def _p_after(plain: str, stop: int) -> str | None:
    """The p value within the same clause, if one follows closely."""
    found = _P.search(plain, stop, stop + 24)
    if found is None or any(c in plain[stop : found.start()] for c in "。.;；"):
        return None
    return found[1].replace(" ", "")


_COUNT: Final = r"(?P<count>[0-9](?<![0-9][.,/][0-9])(?<![\w.±+～~-][0-9])(?:[0-9]{0,2}(?:[, ][0-9]{3})+(?![0-9])|[0-9]*))"
# A Chinese character may stand right before a count.
_COUNT_ZH: Final = _COUNT.replace(r"\w.±", r"A-Za-z0-9_.±")
_UNITS_EN: Final = (
    ("patients", r"patients?|subjects?|participants?|individuals?|volunteers?|women|men|persons?|people|adults|children"
                 r"|infants|neonates|controls?|survivors?|cases?|cancers"),
    ("images", r"images?|scans?|slices?|radiographs?|mammograms?|x-rays?|photographs?|frames?|volumes?|slides?|wsis?|patches"
               r"|tiles?|samples|mris?|cts?|cxrs?|videos?|sequences|ultrasounds?|echocardiograms?|angiograms?"),
    ("lesions", r"lesions?|nodules?|tumou?rs?|masses|polyps?|metastases|fractures?|cysts?|stones?|plaques?|aneurysms?|rois?"),
    ("studies", r"studies|exams?|examinations?|reports?|datasets?|acquisitions?|sessions|visits"),
    ("eyes", r"eyes?"),
)  # fmt: skip
_SAMPLE_EN: Final = re.compile(
    rf"{_COUNT}(?![\d.]|-[a-z]| ?x )"
    r"(?:\s(?!(?:or|of|to|in|for|from|with|types?|kinds?|groups?)\b)[A-Za-z][\w/-]*(?:\s\([A-Za-z]+\))?){0,4}?\s(?:"
    + "|".join(rf"(?P<{unit}>{words})" for unit, words in _UNITS_EN)
    + r")\b(?!-)",
    re.IGNORECASE,
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
_READERS: Final = re.compile(r"readers?|radiologists?|physicians?|observers?|experts?|centers?|centres?|hospitals?|sites?", re.I)
_PART: Final = re.compile(r"(?:特征|参数|中有?|其中有?)\s?$")  # features, or so many out of the sample
_UNIT_OF: Final = {"cases": "patients", "parts": "images"}


def find_samples(plain: str, splits: list[tuple[int, int, Split]]) -> list[Sample]:
    """The sample sizes of a text in order. `splits` are the words that name a part of the data, as (start, end, split)."""
    found: dict[int, Sample] = {}
    for pattern in (_SAMPLE_ZH, _SAMPLE_EN):
        if pattern is _SAMPLE_ZH and plain.isascii():
            continue
        for match in pattern.finditer(plain):
            value = int(match["count"].replace(",", "").replace(" ", ""))
            if value < 2 or _READERS.search(match[0]) or (_YEAR.fullmatch(match["count"]) and pattern is _SAMPLE_EN):
                continue
            if _PART.search(plain, max(0, match.start() - 6), match.start()):
                continue
            unit = match.lastgroup or "patients"
            start = match.start("count")
            found.setdefault(start, Sample(value, _UNIT_OF.get(unit, unit), _near(splits, start), start, match.end("count")))
    for match in _SAMPLE_N.finditer(plain):
        at = match.start("counts")
        for piece in re.finditer(r"\d{1,3}(?:,\d{3})+(?!\d)|\d+", match["counts"]):
            value = int(piece[0].replace(",", ""))
            start = at + piece.start()
            if value >= 2:
                found.setdefault(start, Sample(value, "patients", _near(splits, start), start, at + piece.end()))
    return [found[start] for start in sorted(found)]


def _near(splits: list[tuple[int, int, Split]], start: int) -> Split:
    """The split whose word ends at most a few characters before the count."""
    for begin, end, split in reversed(splits):
        if begin < start:
            return split if start - end <= 4 else "unspecified"
    return "unspecified"
