"""Whose work a sentence speaks of: "Su等[21]", "Su et al. (2019)", "[11-15]", "2018年，Silva等[7]"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from imagingkg.model import Study

_CITATION: Final = re.compile(r"\[\s*(?P<list>\d{1,3}(?:\s*[-–—~,，、]\s*\d{1,3})*)\s*\]?(?=\D|$)")
_NAME: Final = r"[A-ZÀ-Þ][A-Za-zÀ-ÿ'’\-]{1,60}"
_AUTHOR: Final = re.compile(
    rf"(?P<name>{_NAME}(?:\s(?:and|&)\s{_NAME})?|(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{{2,3}}?(?=等\s?[\[［]))"
    r",?\s?(?:等|et\.? al\.?)(?:人)?\s?(?P<cite>[\[［][\d,，、\-–\s]*+[\]］])?"
    r"\s?(?:[(（](?P<year>(?:19|20)\d\d)[a-z]?[)）])?"
)
_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?年|[(（](?:[^()（）]{0,40}[,，]\s?)?((?:19|20)\d\d)[a-z]?[)）]")
_COMMA: Final = re.compile(r"[,，、]")
_DIGITS: Final = re.compile(r"\d{1,9}")
_SIGNS: Final = ("[", "等", "et al")  # a sentence without any of them cites nobody
_MAX_RANGE: Final = 30


class StudyMention(NamedTuple):
    """A study named at text[start:end]."""

    start: int
    end: int
    study: Study


def may_cite(text: str) -> bool:
    """Is there any sign of a citation in the text? Without one, no sentence names a study."""
    return any(sign in text for sign in _SIGNS)


def find_studies(text: str, start: int, end: int, references: Mapping[str, Study]) -> list[StudyMention]:
    """The studies that the sentence text[start:end] names. A number is looked up in the document's reference list."""
    if not may_cite(text[start:end]):
        return []
    out: list[StudyMention] = []
    taken: set[int] = set()
    year = next((int(y[1] or y[2]) for y in _YEAR.finditer(text, start, end)), None)
    for found in _AUTHOR.finditer(text, start, end):
        numbers = _numbers(found["cite"] or "")
        own_year = int(found["year"]) if found["year"] else year
        if found["cite"]:
            taken.add(found.start("cite"))
        out += [
            StudyMention(found.start(), found.end(), _resolve(found["name"], own_year, number, references))
            for number in numbers or [""]
        ]
    named = bool(out)
    for found in _CITATION.finditer(text, start, end):
        if found.start() in taken:
            continue
        numbers = _numbers(found["list"])
        if named and len(out) == 1 and not out[0].study.citation and len(numbers) == 1:
            only = out[0].study  # "Silva等对……[7]": the number at the end is the author's
            out[0] = out[0]._replace(study=_resolve(only.authors, only.year, numbers[0], references))
            continue
        out += [
            StudyMention(found.start(), found.end(), _resolve("", year if not named else None, number, references))
            for number in numbers
        ]
    return out


def _numbers(text: str) -> list[str]:
    """Citation numbers in print order; a range is written out."""
    out: list[str] = []
    for piece in _COMMA.split(text):
        ends = [int(n) for n in _DIGITS.findall(piece)]
        if len(ends) == 2 and 0 < ends[1] - ends[0] <= _MAX_RANGE:
            out += [str(n) for n in range(ends[0], ends[1] + 1)]
        else:
            out += [str(n) for n in ends]
    return [n for n in dict.fromkeys(out) if n != "0"]


def _resolve(authors: str, year: int | None, citation: str, references: Mapping[str, Study]) -> Study:
    known = references.get(citation) if citation else None
    if known is None:
        return Study(authors=authors, year=year, citation=citation)
    return replace(known, authors=known.authors or authors, year=known.year or year, citation=citation)
