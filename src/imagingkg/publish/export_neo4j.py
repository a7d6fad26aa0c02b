"""CSV for `neo4j-admin database import full`: a table for each kind of node, one of relationships, each with its header
in a file of its own.

Values that are lists (labels, other names) have U+001F between their parts, and texts may run over several lines: the
import is called with --array-delimiter=U+001F --multiline-fields=true.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imagingkg.publish.contents import Contents, read_contents
from imagingkg.publish.facts import ClaimFacts, ConceptFacts, FigureFacts

HEADERS: Final = {
    "concepts": (
        "iri:ID", "id", "label_en", "label_zh", "otherNames:string[]", "definition_en", "definition_zh",
        "mappings:string[]", "unlinked:boolean", ":LABEL",
    ),
    "claims": (
        "iri:ID", "certainty", "assertedAs", "retracted:boolean", "quote", "quoteHash", "evidence", "start:long",
        "end:long", "comparator", "comparison", "rule", "run", ":LABEL",
    ),
    "documents": (
        "iri:ID", "title", "identifier", "language", "sources:string[]", "authors", "year:long", "doi", "pmid",
        "venue", "sha256", "retracted:boolean", ":LABEL",
    ),
    "studies": ("iri:ID", "title", "authors", "year:long", "doi", "pmid", "citation", ":LABEL"),
    "results": (
        "iri:ID", "reportedAs", "value", "number:double", "normalized:double", "unit", "lower", "upper", "p", "split",
        ":LABEL",
    ),
    "samples": ("iri:ID", "value", "number:long", "unit", "split", ":LABEL"),
    "relationships": (":START_ID", ":END_ID", ":TYPE", "certainty", "fromContext:boolean", "curated:boolean"),
}  # fmt: skip
"""The columns of each table: FOLDER/<table>-header.csv has them, FOLDER/<table>.csv the rows."""
_PARTS: Final = "\x1f"
_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables, open for writing."""

    writers: dict[str, Any]

    def add(self, table: str, *cells: str) -> None:
        self.writers[table].writerow(cells)

    def relate(
        self, start: str, end: str, kind: str, certainty: str = "", context: str = "", curated: str = ""
    ) -> None:
        self.add("relationships", start, end, _CAPITAL.sub("_", kind).upper(), certainty, context, curated)


def write_neo4j_folder(output: Path, folder: Path) -> None:
    """The tables of HEADERS. A claim is a node, with a relationship for each role that it fills."""
    contents = read_contents(output)
    with _open_tables(folder) as tables:
        for iri in sorted(contents.concepts):
            _add_concept(tables, contents.concepts[iri], contents)
        for link in contents.links:
            tables.relate(link.subject, link.object, link.name, curated=_truth(link.curated))
        for iri in sorted(contents.studies):
            s = contents.studies[iri]
            tables.add("studies", s.iri, s.title, s.authors, _whole(s.year), s.doi, s.pmid, s.citation, "Study")
        for iri in sorted(contents.documents):
            d = contents.documents[iri]
            tables.add(
                "documents", d.iri, d.title, d.identifier, d.language, _list(d.sources), d.authors, _whole(d.year),
                d.doi, d.pmid, d.venue, d.sha256, _truth(d.retracted), "Document",
            )  # fmt: skip
            if d.study:
                tables.relate(d.iri, d.study, "describes")
        document, seen = "", set[str]()
        for claim in contents.claims():
            if claim.document != document:
                document, seen = claim.document, set()  # claims share figures and samples within a document only
            _add_claim(tables, claim, contents, seen)


@contextmanager
def _open_tables(folder: Path) -> Iterator[_Tables]:
    with ExitStack() as files:
        writers = {}
        for table, header in HEADERS.items():
            with (folder / f"{table}-header.csv").open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerow(header)
            file = files.enter_context((folder / f"{table}.csv").open("w", encoding="utf-8", newline=""))
            writers[table] = csv.writer(file)
        yield _Tables(writers)


def _add_concept(tables: _Tables, concept: ConceptFacts, contents: Contents) -> None:
    labels = [
        "Concept",
        *([concept.kind.capitalize()] if concept.kind else []),
        *(["Finding"] if concept.finding else []),
    ]
    tables.add(
        "concepts", concept.iri, contents.concept_id(concept.iri), concept.labels.get("en", ""),
        concept.labels.get("zh", ""), _list(name for _, name in concept.others), concept.definitions.get("en", ""),
        concept.definitions.get("zh", ""), _list(f"{how} {contents.curie(to)}" for how, to in concept.mappings),
        _truth(concept.unlinked), _list(labels),
    )  # fmt: skip


def _add_claim(tables: _Tables, claim: ClaimFacts, contents: Contents, seen: set[str]) -> None:
    tables.add(
        "claims", claim.iri, claim.certainty, claim.asserted_as, _truth(claim.retracted), claim.quote,
        claim.quote_hash, claim.evidence, str(claim.start), str(claim.end), claim.comparator, claim.comparison,
        claim.rule, claim.run, _list(("Assertion", "Statement" if claim.statement else "Claim")),
    )  # fmt: skip
    for role, fillers in claim.fillers.items():
        for filler in fillers:
            tables.relate(claim.iri, filler, role, claim.certainty, _truth(filler in claim.context))
    if claim.comparator in contents.concepts:
        tables.relate(claim.iri, claim.comparator, "comparator", claim.certainty)
    tables.relate(claim.iri, claim.document, "statedIn")
    for study in claim.studies:
        tables.relate(claim.iri, study, "study")
    for figure in claim.figures:
        tables.relate(claim.iri, figure.iri, "result", claim.certainty)
        if figure.iri not in seen:
            seen.add(figure.iri)
            _add_figure(tables, figure)
    for sample in claim.samples:
        tables.relate(claim.iri, sample.iri, "sample")
        if sample.iri not in seen:
            seen.add(sample.iri)
            tables.add("samples", sample.iri, sample.value, _whole(sample.value), sample.unit, sample.split, "Sample")


def _add_figure(tables: _Tables, figure: FigureFacts) -> None:
    tables.add(
        "results", figure.iri, figure.reported, figure.value, figure.value, figure.normalized, figure.unit,
        figure.lower, figure.upper, figure.p, figure.split, "Result",
    )  # fmt: skip
    tables.relate(figure.iri, figure.metric, "metric")
    if figure.of_method:
        tables.relate(figure.iri, figure.of_method, "ofMethod")


def _list(texts: Any) -> str:
    return _PARTS.join(text.replace(_PARTS, "\ufffd") for text in texts)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _whole(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) < 19 else ""
