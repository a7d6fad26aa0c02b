"""BibTeX: the studies that the claims are about, each annotated with what is said of it.

A text from a paper is text here: what LaTeX or BibTeX would obey is written as the command that prints it.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from imagingkg.publish.claim_table import comparator, figure, listed, sample
from imagingkg.publish.contents import Contents, read_contents
from imagingkg.publish.facts import ClaimFacts, DocumentFacts, StudyFacts

# A brace counts for BibTeX even after a backslash, so that braces cannot be written as \{ and \}.
_PRINTED: Final = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}", **{c: f"\\{c}" for c in "%&#_$"},
})  # fmt: skip
_UNPRINTED: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]+")
_LIGATURE: Final = re.compile(r"([-'`,<>])(?=\1)|([?!])(?=`)")  # two characters that LaTeX prints as another one
_COMPARED: Final = {"better": "better than", "equal": "equal to", "worse": "worse than"}
_DOI_SAFE: Final = "/:;()<>_-.~!$&'*+,=@[]|^"


def write_bibtex(output: Path, out: IO[bytes]) -> None:
    """An entry for each study with a claim that has an author, a title, a DOI or a PubMed id, sorted by key."""
    contents = read_contents(output)
    claims: dict[str, list[str]] = {}
    for claim in contents.claims():
        note = annotation(claim, contents)
        for iri in claim.studies:
            claims.setdefault(iri, []).append(note)
    documents = {document.study: document for _, document in sorted(contents.documents.items(), reverse=True)}
    known = [contents.studies[iri] for iri in claims if iri in contents.studies and contents.studies[iri].known]
    left = len(claims) - len(known)
    out.write(f"{len(known):,} studies; {left:,} more are cited by a number alone or not named\n".encode())
    for study in sorted(known, key=lambda s: (_key(s), s.iri)):
        fields = _fields(study, documents.get(study.iri), claims[study.iri])
        kind = "article" if "journal" in (name for name, _ in fields) else "misc"
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields)
        out.write(f"\n@{kind}{{{_key(study)},\n{lines}}}\n".encode())


def _fields(study: StudyFacts, document: DocumentFacts | None, notes: list[str]) -> list[tuple[str, str]]:
    fields = [
        ("author", " and ".join(_author(name) for name in study.authors.split(", ") if name.strip())),
        ("title", f"{{{printed(study.title)}}}" if study.title else ""),  # in braces, so that no style changes its case
        ("journal", printed(document.venue) if document else ""),
        ("year", printed(study.year)),
        ("doi", quote(study.doi, safe=_DOI_SAFE)),
        ("pmid", printed(study.pmid)),
        ("note", f"cited as [{printed(study.citation)}]" if study.citation else ""),
        ("imagingkg", study.iri),  # no field of any style: a bibliography does not show it
        ("annote", r" \par ".join(map(printed, notes))),
    ]
    return [(name, value) for name, value in fields if value]


def annotation(claim: ClaimFacts, contents: Contents) -> str:
    """What a claim says, in a line: certainty, concepts in both languages, figures, samples, sentence, place."""
    concepts = (_both(iri, contents) for fillers in claim.fillers.values() for iri in fillers)
    compared = f"{_COMPARED.get(claim.comparison, claim.comparison)} {comparator(claim, contents)}".strip()
    figures = (figure(f, contents) for f in claim.figures)
    said = listed((*concepts, *figures, *map(sample, claim.samples), compared))
    sentence = f": “{claim.quote}”" if claim.quote else ""
    document = contents.documents.get(claim.document)
    where = f". In: {document.title or document.iri}" if document else ""
    return f"[{claim.certainty}, {claim.asserted_as}] {said}{sentence}{where}"


def _both(iri: str, contents: Contents) -> str:
    en, zh = contents.name(iri, "en"), contents.name(iri, "zh")
    return en if en == zh else f"{en} ({zh})"


def _author(name: str) -> str:
    """One name; in braces where BibTeX would split it at an "and" or a comma."""
    text = printed(name)
    return f"{{{text}}}" if re.search(r"(?i)\band\b|,", name) else text


def _key(study: StudyFacts) -> str:
    """Su2019-0a1b2c3d: the first author's name as far as it is Latin letters, the year, and the study's own number."""
    first = re.split(r"[\s,]", study.authors.strip(), maxsplit=1)[0]
    letters = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()
    return f"{re.sub(r'[^A-Za-z]', '', letters)[:20] or 'study'}{study.year}-{study.iri[-8:]}"


def printed(text: str) -> str:
    """`text` on one line as LaTeX prints it."""
    return _LIGATURE.sub(r"\1\2{}", _UNPRINTED.sub(" ", text).strip().translate(_PRINTED))
