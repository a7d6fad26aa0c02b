"""Numbers as printed: figures with their unit, interval and p value.

Everything here reads `plain`: the text with full-width digits and signs made half-width, position for position.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from math import inf
from typing import Final, NamedTuple

_HALF_WIDTH: Final = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0xA0: " ",
    0x2009: " ",
}


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
    r"(?:(?=(?:mm|cm|dB|ms|s|min|h|HU|mSv|mGy)\b)"
    r"|(?![A-Za-z0-9]|\.[0-9]|-[A-Za-z])(?P<pct>\s?\\?%|\s?percent\b|\s?per cent\b)?)"
)
_SIGN: Final = re.compile(r"(?<![0-9)\]A-Za-z])[-−–]$")
_UNIT: Final = re.compile(
    r"\s?[)）]?\s?(dB|mm²|mm2|mm3|mm³|mm|cm|ms|min|hours?|seconds?|minutes?|s|h|HU|mSv|mGy|mg/cm3|mL|ml|bpp)\b(?!/)"
    r"|\s?[)）]?\s?(秒|分钟|毫米|小时|毫秒|岁)"
)
_DECIMAL: Final = r"(?:\d++(?:\.\d++)?|\.\d++)"
_ERROR: Final = re.compile(r"\s?\\?%?\s?\$?\s?(?:±|\\pm|\+/-|\+-)\s?\$?\s?\d+(?:\.\d+)?\s?\\?%?")
_CI: Final = re.compile(
    r"\s?[,，;；]?\s?[\[(（]?\s?(?:\d{2}(?:\.\d)?\s?\\?%\s?)?"
    r"(?:CI|C\.I\.|confidence intervals?|置信区间|可信区间)s?\s?(?:为|of|was|,)?\s?[:=：]?\s?[\[(（]?\s?"
    rf"(?P<lower>[-−]?{_DECIMAL})\s?\\?%?\s?(?:-|–|—|~|～|to|,|，|;|至|、|−)\s?(?P<upper>[-−]?{_DECIMAL})"
    r"\s?\\?%?\s?[\])）]?",
    re.IGNORECASE,
)
_BARE_CI: Final = re.compile(
    r"\s?[\[(（]\s?(?P<lower>\d*\.\d+|\d+(?:\.\d+)?%)\s?(?:-|–|~|～|to|,|，)\s?(?P<upper>\d*\.\d+|\d+(?:\.\d+)?%)\s?[\])）]"
)
_P: Final = re.compile(r"\b[pP]\s?(?:values?|值)?\s?(?:均|all|of)?\s?([<>=≤≥]\s?\d?\.\d+)")
_RATIO: Final = re.compile(r"\s?[(（]\s?\d+\s?/\s?\d+\s?[)）]")
_NOT_FIGURE: Final = re.compile(
    r"\s?(?:个百分点|percentage points?|-?折|-?fold\b|-?years?\b|(?<!\.\d\d)岁|T\b|Tesla|kV|MHz|×|x\d|年|月|日)"
)
YEAR: Final = re.compile(r"(?:19|20)\d\d")


def find_numbers(plain: str, spans: Sequence[tuple[int, int]]) -> list[Number]:
    """The figures that begin in these stretches of a text, in order.

    Numbers of intervals, errors and p values, and plain years, are none.
    """
    out: list[Number] = []
    busy = 0
    may_have_p = "P" in plain or "p" in plain
    for found in chain.from_iterable(_NUMBER.finditer(plain, *span) for span in spans):
        start = found.start()
        if start < busy:
            continue
        digits = found["num"]
        signed = _SIGN.search(plain, max(0, start - 2), start) is not None
        end = found.end()
        percent = found["pct"]
        if not percent and YEAR.fullmatch(digits):
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
        if percent and (stray := _CI.match(plain, start)):
            busy = stray.end()
            continue  # an interval that follows no figure
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
            stop = interval.end()
            bounds = _float(interval["lower"]), _float(interval["upper"])
            if -inf < bounds[0] <= bounds[1] < inf:
                lower, upper = bounds
        value = float(digits.replace(",", "").replace(" ", ""))
        if value == inf:
            continue  # more digits than any measurement has
        if signed:
            value, start = -value, start - 1
        out.append(Number(start, end, stop, value, plain[start:end], unit, lower, upper, _p_after(plain, stop)))
        busy = stop
    return out


def _float(printed: str) -> float:
    return float(printed.replace("−", "-").rstrip("%"))


def _is_p(plain: str, start: int) -> bool:
    found = _P.search(plain, max(0, start - 16), start + 8)
    return found is not None and found.start(1) <= start < found.end(1)


def _p_after(plain: str, stop: int) -> str | None:
    """The p value within the same clause, if one follows closely."""
    found = _P.search(plain, stop, stop + 24)
    if found is None or any(c in plain[stop : found.start()] for c in "。.;；"):
        return None
    return found[1].replace(" ", "")
