"""Are two documents the same paper? By their numbers, their titles and how much of one text stands in the other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal

from imagingkg.forms import has_han
from imagingkg.model import Document

Kind = Literal["doi", "pmid", "record", "text", "title"]
"""By what two documents were met as one: a number, PubMed's own record of it, the same text, the same title."""

_NO_LETTER: Final = re.compile(r"[\W_]+")
_TOKEN: Final = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_LEAST_LATIN: Final = 30  # letters; "Lung cancer" and "Letter to the editor" are the titles of many papers
_LEAST_HAN: Final = 10
_YEARS_APART: Final = 1  # online in December, printed in January
_SHINGLE: Final = 3  # words, or Chinese characters
_LEAST_SHINGLES: Final = 12  # less text says nothing
_MOST_SHINGLES: Final = 400  # of the shorter text, from its beginning: an abstract
_MOST_TEXT: Final = 100_000  # characters; a long paper has 60,000
_SAME_TEXT: Final = 0.8  # of the shorter text, where only the titles are the same
_LIKE_TEXT: Final = 0.25  # where number and title are the same: an abstract may have been edited
_LIKE_TITLE: Final = 0.6  # of the words of the shorter one


@dataclass(frozen=True, slots=True)
class Gist:
    """What is compared of a document: its numbers, the words of its title, the shingles of its text in order."""

    doi: str
    pmid: str
    year: int | None
    title: frozenset[str]
    shingles: tuple[str, ...]
    all_shingles: frozenset[str]


def paper_keys(document: Document) -> Iterator[tuple[Kind, int]]:
    """The keys under which another copy of the paper may be found; a text in another language is another document."""
    doi, pmid, lang = plain_doi(document.doi), document.pmid.strip(), document.lang
    if doi:
        yield "doi", _key(doi, lang)
    if pmid:
        yield "pmid", _key(pmid, lang)
        if document.revised:
            yield "record", _key(pmid)
    if title := _plain_title(document.title):
        yield "title", _key(title, lang)
    yield "text", _key(document.sha256)


def gist(document: Document) -> Gist:
    """What is compared of the document."""
    body = document.text[:_MOST_TEXT].removeprefix(document.title)
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", body).casefold())
    shingles = [" ".join(tokens[i : i + _SHINGLE]) for i in range(len(tokens) - _SHINGLE + 1)]
    words = _TOKEN.findall(unicodedata.normalize("NFKC", document.title).casefold())
    return Gist(
        plain_doi(document.doi), document.pmid.strip(), document.year, frozenset(words),
        tuple(shingles[:_MOST_SHINGLES]), frozenset(shingles),
    )  # fmt: skip


def alike(kind: Kind, shorter: Gist, longer: Gist) -> bool:
    """Do two documents that share a key of this kind hold the same paper?

    A number alone is no proof: all chapters of a book may have its DOI. Nor is a title: "Editorial", a second part, a
    correction. PubMed's records with one PMID are versions of one, whatever they say.
    """
    if kind in ("record", "text"):
        return True
    common = _contained(shorter, longer)
    if kind == "title":
        return common is not None and common >= _SAME_TEXT
    if common is not None and common >= _SAME_TEXT:
        return True
    titles = not shorter.title or not longer.title or _common_words(shorter.title, longer.title) >= _LIKE_TITLE
    return titles and (common is None or common >= _LIKE_TEXT)


def agree(kind: Kind, gists: Sequence[Gist]) -> bool:
    """May these copies, alike in text, be one paper? Not where their numbers say that there are several.

    A preprint and what became of it stay apart, and so does a copy without number that could be either.
    """
    if kind in ("doi", "pmid", "record"):
        return True
    dois, pmids = {g.doi for g in gists if g.doi}, {g.pmid for g in gists if g.pmid}
    years = [g.year for g in gists if g.year and kind == "title"]
    return len(dois) <= 1 and len(pmids) <= 1 and (not years or max(years) - min(years) <= _YEARS_APART)


def plain_doi(doi: str) -> str:
    """The DOI as it is compared: in lower case, without the address before it."""
    return re.sub(r"\Ahttps?://(?:dx\.)?doi\.org/", "", doi.strip().lower())


def number_key(number: str) -> int:
    """Eight bytes that stand for a DOI or PMID, whatever a record says of it."""
    return _key("number", number.strip())


def _contained(shorter: Gist, longer: Gist) -> float | None:
    """The share of the shorter text that stands in the longer; None where it is too short to tell."""
    if len(shorter.shingles) < _LEAST_SHINGLES:
        return None
    return sum(shingle in longer.all_shingles for shingle in shorter.shingles) / len(shorter.shingles)


def _common_words(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / min(len(one), len(other))


def _plain_title(title: str) -> str:
    """The letters and digits of a title that is long enough to be the name of one paper; else nothing."""
    plain = _NO_LETTER.sub("", unicodedata.normalize("NFKC", title)).casefold()
    return plain if len(plain) >= (_LEAST_HAN if has_han(plain) else _LEAST_LATIN) else ""


def _key(*parts: str) -> int:
    """Eight bytes that stand for the parts, in every run the same."""
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
