"""A made corpus that is like PubMed, of any size: python tests/bench/pubmed_like.py 300000 corpus/

Every word of it is ours; the names of modalities, tasks, diseases and methods come from the lexicon. Equal seed, size
and lexicon give equal bytes. Of a hundred records (PubMed itself has less on imaging, and some one in a hundred on
artificial intelligence in it):

     5  artificial intelligence in medical imaging
    15  medical imaging without it
    65  other biomedicine: trials, laboratory, public health
    15  a title without an abstract

A record with an abstract has about 1,500 characters of it, half of them under labels (METHODS: ...), a DOI, a PMID,
authors, journal and year. XML comes in files of 30,000 records, gzipped, as the yearly baseline does.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from imagingkg.lexicon import load_lexicon

SHARES: Final = {"ai": 0.05, "imaging": 0.15, "other": 0.65, "bare": 0.15}
PER_FILE: Final = 30_000
SEED: Final = 20_250_101

FAMILIES: Final = (
    "Abara", "Brandt", "Chen", "Dlamini", "Eriksen", "Farouk", "Gupta", "Haddad", "Ivanova", "Jansen", "Kimura",
    "Larsen", "Moreau", "Nowak",
)  # fmt: skip
JOURNALS: Final = (
    "Annals of Made Medicine", "Journal of Drawn Examples", "Imaging Letters of Nowhere", "Archives of Sample Science",
    "Open Notes on Health", "Bulletin of Generated Studies",
)  # fmt: skip
GENES: Final = (
    "KLR4", "MAPT2", "SOX31", "BRN2", "HOXQ7", "CDKL8", "PIKR3", "TGFX1", "RUNL2", "FOXZ4", "LMNB9", "STRA6",
)  # fmt: skip
COMPOUNDS: Final = (
    "velorabine", "tamoxidol", "preskalin", "dorvastat", "quenapril", "lumitrexate", "osimavir", "bretuzumab",
)  # fmt: skip
CREATURES: Final = ("mice", "rats", "zebrafish", "pigs", "primary human cells", "organoids", "yeast", "rabbits")
PLACES: Final = ("a rural district", "three provinces", "an urban clinic", "two tertiary centres", "a coastal region")
GROUPS: Final = ("nurses", "older adults", "pregnant women", "students", "outpatients", "veterans", "infants")
OUTCOMES: Final = (
    "adherence", "quality of life", "overall survival", "length of stay", "readmission", "serum glucose", "anxiety",
    "body mass index", "blood pressure", "sleep quality", "pain scores", "walking speed", "vaccination coverage",
)  # fmt: skip
ASSAYS: Final = ("western blotting", "flow cytometry", "RNA sequencing", "mass spectrometry", "immunostaining", "qPCR")

OTHER: Final = (
    "Little is known about how {compound} changes {outcome} in {group}.",
    "We enrolled {n} {group} from {place} between {year} and {later}.",
    "Participants were assigned to {compound} or to usual care for {small} weeks.",
    "Expression of {gene} was measured by {assay} in {creature}.",
    "Loss of {gene} reduced the number of colonies by {pct}% (P = {p}).",
    "Mean {outcome} rose from {small}.{digit} to {small2}.{digit2} in the treated group.",
    "Interviews with {n2} {group} were transcribed and coded by two authors.",
    "The binding of {compound} to {gene} was weaker at low pH.",
    "After adjustment for age, {outcome} remained associated with income (odds ratio {ratio}, 95% CI {low}-{high}).",
    "No difference in {outcome} was seen at {small} months.",
    "Adverse events were mild and resolved without treatment in {pct}% of {group}.",
    "Knockdown of {gene} in {creature} delayed wound closure and lowered {gene2} levels.",
    "Survey answers were weighted to the census of {place}.",
    "These data suggest that {gene} acts upstream of {gene2} in {creature}.",
    "Training of {group} in {place} may improve {outcome}.",
    "Further work should examine {compound} in larger samples of {group}.",
    "The cost per case averted was {n} units in {place}.",
    "Cells were cultured with {compound} at {small} micromolar for {small2} hours.",
)  # fmt: skip
IMAGING: Final = (
    "{modality} is widely used to assess {disease}, yet its timing remains debated.",
    "We reviewed {n} patients with {disease} who underwent {modality} in {place}.",
    "Two radiologists read all images and resolved differences by consensus.",
    "The mean size of the lesions was {small}.{digit} mm on {modality}.",
    "Wall thickening of the {anatomy} was seen in {pct}% of the patients.",
    "Agreement between readers was good (kappa {auc}).",
    "Sensitivity of {modality} for {disease} was {pct}% and specificity {pct2}%.",
    "Follow-up {modality} at {small} months showed no change in {n2} patients.",
    "Contrast uptake in the {anatomy} was associated with {outcome}.",
    "A waiting list for {modality} delayed treatment in {place}.",
    "{modality} may add to the work-up of {disease} when symptoms are mild.",
)
AI: Final = (
    "Accurate {task} of {disease} on {modality} is time-consuming and depends on the reader.",
    "We developed a {method} for the {task} of {disease} on {modality}.",
    "A total of {n} patients with {disease} were included, {n2} of them in an external test set.",
    "The {method} was trained on {n} images of the {anatomy} and tested on {n2} images.",
    "It reached an AUC of {auc} (95% CI {low2}-{high2}) for {task} in the test set.",
    "The Dice similarity coefficient was {auc} for the {anatomy}.",
    "Sensitivity was {pct}%, specificity {pct2}%, and accuracy {pct3}%.",
    "The {method} outperformed the {method2} (AUC {auc} vs {auc2}, P = {p}).",
    "It did not improve the {task} of {disease2} compared with radiologists.",
    "{method} may help in the {task} of {disease} in clinical practice.",
    "Prospective studies on {modality} are needed before it is used in {place}.",
)
LABELS: Final = ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS")


@dataclass(frozen=True, slots=True)
class Made:
    """A record as it is drawn. `parts` are the sections of the abstract, with a label or without."""

    pmid: int
    title: str
    parts: tuple[tuple[str, str], ...]
    authors: tuple[str, ...]
    journal: str
    year: int
    doi: str


def records(count: int, *, first: int = 1, seed: int = SEED) -> Iterator[Made]:
    """`count` records with PMIDs from `first` on; a record depends on the seed and its PMID alone."""
    names = _names()
    for pmid in range(first, first + count):
        draw = random.Random(seed * 1_000_003 + pmid)
        sort = draw.choices(tuple(SHARES), tuple(SHARES.values()))[0]
        yield _record(pmid, sort, draw, names)


def _names() -> dict[str, list[str]]:
    """English names of the lexicon by kind: those of 40 concepts or so that papers name again and again come first."""
    concepts = sorted(load_lexicon().concepts.values(), key=lambda c: c.id)
    kinds = ("modality", "task", "disease", "anatomy", "method")
    return {kind: [c.en for c in concepts if c.kind == kind and not c.generic] for kind in kinds}


def _record(pmid: int, sort: str, draw: random.Random, names: Mapping[str, Sequence[str]]) -> Made:
    words = _words(draw, names)
    templates = {"ai": AI, "imaging": IMAGING, "other": OTHER, "bare": OTHER}[sort]
    # A paper keeps to its subject: the same words fill all of its sentences, and figures are drawn anew.
    text = [] if sort == "bare" else [t.format_map(words | _figures(draw)) for t in _chosen(draw, templates, sort)]
    title = draw.choice(_TITLES[sort]).format_map(words | _figures(draw)) + f": study {pmid} of {draw.choice(PLACES)}"
    return Made(
        pmid=pmid,
        title=title[0].upper() + title[1:],
        parts=_sections(draw, text),
        authors=tuple(f"{draw.choice(FAMILIES)} {draw.choice('ABCDEFGH')}" for _ in range(draw.randint(1, 7))),
        journal=draw.choice(JOURNALS),
        year=draw.randint(1995, 2025),
        doi=f"10.99999/made.{pmid}",
    )


_TITLES: Final = {
    "ai": ("{method} for {task} of {disease} on {modality}", "{task} of {disease} with a {method}"),
    "imaging": ("{modality} of {disease}", "{disease} of the {anatomy} on {modality}"),
    "other": ("{compound} and {outcome} in {group}", "{gene} in {creature}", "{outcome} among {group}"),
    "bare": ("Letter on {outcome} in {group}", "Comment: {gene} and {gene2}"),
}


def _words(draw: random.Random, names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    words = {kind: _name(draw, found) for kind, found in names.items()}
    words |= {"disease2": _name(draw, names["disease"]), "method2": _name(draw, names["method"])}
    for slot, found in (
        ("compound", COMPOUNDS), ("creature", CREATURES), ("place", PLACES), ("group", GROUPS), ("outcome", OUTCOMES),
        ("assay", ASSAYS), ("gene", GENES), ("gene2", GENES),
    ):  # fmt: skip
        words[slot] = draw.choice(found)
    return words


def _name(draw: random.Random, found: Sequence[str]) -> str:
    """A few names are in most papers, most names in few."""
    return found[int(len(found) * draw.random() ** 4)]


def _figures(draw: random.Random) -> dict[str, object]:
    n, start, auc = draw.randint(20, 4000), draw.randint(1998, 2018), draw.uniform(0.6, 0.97)
    ratio = draw.uniform(0.4, 3)
    return {
        "n": n, "n2": draw.randint(5, n), "year": start, "later": start + draw.randint(1, 6),
        "small": draw.randint(2, 24), "small2": draw.randint(2, 48), "digit": draw.randint(0, 9),
        "digit2": draw.randint(0, 9), "pct": draw.randint(3, 97), "pct2": draw.randint(40, 98),
        "pct3": draw.randint(50, 98), "p": f"0.{draw.randint(1, 99):03}", "auc": f"{auc:.3f}",
        "auc2": f"{auc - 0.04:.3f}", "low2": f"{auc - 0.03:.3f}", "high2": f"{auc + 0.03:.3f}",
        "ratio": f"{ratio:.2f}", "low": f"{ratio * 0.8:.2f}", "high": f"{ratio * 1.3:.2f}",
    }  # fmt: skip


def _chosen(draw: random.Random, templates: Sequence[str], sort: str) -> list[str]:
    """Sentences in the order of the list, padded with those of other biomedicine to the length of an abstract."""
    count = draw.randint(14, 22)
    own = sorted(draw.sample(range(len(templates)), min(len(templates), count if sort == "other" else 9)))
    rest = draw.choices(OTHER, k=max(0, count - len(own)))
    return [templates[n] for n in own] + rest


def _sections(draw: random.Random, text: Sequence[str]) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    if draw.random() < 0.5:
        return (("", " ".join(text)),)
    step = -(-len(text) // len(LABELS))
    return tuple((label, " ".join(text[n * step : (n + 1) * step])) for n, label in enumerate(LABELS))


def as_json(made: Made) -> str:
    """The record as a line of JSON."""
    abstract = "\n".join(f"{label}: {text}" if label else text for label, text in made.parts)
    data = {
        "id": f"pmid-{made.pmid}", "title": made.title, "abstract": abstract or made.title, "year": made.year,
        "pmid": str(made.pmid), "doi": made.doi, "authors": ", ".join(made.authors), "journal": made.journal,
    }  # fmt: skip
    return json.dumps(data)


def as_xml(made: Made) -> str:
    """The record as a PubmedArticle."""
    parts = "".join(
        f'<AbstractText Label="{label}">{escape(text)}</AbstractText>' if label
        else f"<AbstractText>{escape(text)}</AbstractText>"
        for label, text in made.parts
    )  # fmt: skip
    abstract = f"<Abstract>{parts}</Abstract>" if parts else ""
    people = "".join(
        f'<Author ValidYN="Y"><LastName>{family}</LastName><Initials>{initial}</Initials></Author>'
        for family, initial in (name.split() for name in made.authors)
    )
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{made.pmid}</PMID><Article>'
        f"<Journal><JournalIssue><PubDate><Year>{made.year}</Year></PubDate></JournalIssue>"
        f"<Title>{made.journal}</Title></Journal><ArticleTitle>{escape(made.title)}</ArticleTitle>"
        f'<ELocationID EIdType="doi" ValidYN="Y">{made.doi}</ELocationID>{abstract}'
        f'<AuthorList CompleteYN="Y">{people}</AuthorList><Language>eng</Language>'
        f"<PublicationTypeList><PublicationType>Journal Article</PublicationType></PublicationTypeList>"
        f"</Article></MedlineCitation><PubmedData><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{made.pmid}</ArticleId></ArticleIdList></PubmedData></PubmedArticle>\n'
    )


_HEAD: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January '
    '2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)


def write_corpus(folder: Path, count: int, form: str = "xml", *, first: int = 1) -> list[Path]:
    """Writes `count` records into files below `folder` and gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for start in range(first, first + count, PER_FILE):
        these = records(min(PER_FILE, first + count - start), first=start)
        if form == "jsonl":
            path = folder / f"made-{start:08}.jsonl"
            path.write_text("".join(as_json(made) + "\n" for made in these), encoding="utf-8")
        else:
            path = folder / f"made-{start:08}.xml.gz"
            # No name and no time in the gzip header: the same bytes on every run.
            with (
                path.open("wb") as raw,
                gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
                io.TextIOWrapper(packed, "utf-8") as out,
            ):
                out.write(_HEAD)
                out.writelines(map(as_xml, these))
                out.write("</PubmedArticleSet>\n")
        paths.append(path)
    return paths


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--form", choices=("xml", "jsonl"), default="xml")
    parser.add_argument("--first", type=int, default=1, help="PMID of the first record")
    given = parser.parse_args()
    for path in write_corpus(given.folder, given.count, given.form, first=given.first):
        print(f"{path} ({path.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
