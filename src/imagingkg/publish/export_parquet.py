"""Parquet for data frames and query engines: claims with their figures nested, concepts, links, studies, documents.

Nothing is joined or rounded: lists are lists, numbers come as printed and as numbers, texts are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from imagingkg.errors import MissingExtra
from imagingkg.publish.contents import Contents, read_contents
from imagingkg.publish.export_rdf import stretches
from imagingkg.publish.facts import ROLES, ClaimFacts, FigureFacts, bearings, is_direct

_ROWS_AT_ONCE: Final = 20_000
_CONCEPT_TEXTS: Final = ("iri", "id", "kind", "label_en", "label_zh", "definition_en", "definition_zh")
_STUDY_TEXTS: Final = ("iri", "authors", "year", "title", "doi", "pmid", "citation")
_DOCUMENT_TEXTS: Final = (
    "iri", "title", "identifier", "language", "authors", "year", "doi", "pmid", "venue", "sha256", "study",
)  # fmt: skip
_CLAIM_TEXTS: Final = (
    "iri", "certainty", "asserted_as", "document", "evidence", "quote", "quote_hash", "comparator", "comparison",
    "rule", "run",
)  # fmt: skip
_FIGURE_TEXTS: Final = ("iri", "metric", "reported", "value", "unit", "lower", "upper", "p", "split", "of_method")
_EDGE_TEXTS: Final = ("subject", "link", "object", "origin", "certainty", "claim")


def write_parquet_folder(output: Path, folder: Path) -> None:
    """claims.parquet, nodes.parquet (the concepts), edges.parquet, studies.parquet, documents.parquet.

    Raises MissingExtra.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("parquet", "parquet") from error
    contents = read_contents(output)
    for name, schema, rows in _tables(pyarrow, contents):
        with pyarrow.parquet.ParquetWriter(folder / name, schema, compression="zstd") as writer:
            for stretch in stretches(rows, _ROWS_AT_ONCE):
                writer.write_table(pyarrow.Table.from_pylist(stretch, schema=schema))


def _tables(arrow: Any, contents: Contents) -> Iterator[tuple[str, Any, Iterable[Mapping[str, Any]]]]:
    """Name, schema and rows of each file."""
    text, truth, number = arrow.string(), arrow.bool_(), arrow.int64()
    texts = arrow.list_(text)
    figure = arrow.struct(
        [*((n, text) for n in _FIGURE_TEXTS), ("number", arrow.float64()), ("normalized", arrow.float64())]
    )
    sample = arrow.struct([("iri", text), ("value", number), ("unit", text), ("split", text)])
    named = arrow.struct([("language", text), ("text", text)])
    matched = arrow.struct([("kind", text), ("iri", text)])
    yield "claims.parquet", arrow.schema([
        *((name, text) for name in _CLAIM_TEXTS), ("statement", truth), ("retracted", truth), ("start", number),
        ("end", number), *((role, texts) for role in ROLES), ("context", texts), ("studies", texts),
        ("figures", arrow.list_(figure)), ("samples", arrow.list_(sample)),
    ]), map(_claim_row, contents.claims())  # fmt: skip
    yield "nodes.parquet", arrow.schema([
        *((name, text) for name in _CONCEPT_TEXTS), ("finding", truth), ("unlinked", truth),
        ("other_names", arrow.list_(named)), ("mappings", arrow.list_(matched)),
    ]), _concept_rows(contents)  # fmt: skip
    edges = arrow.schema([*((name, text) for name in _EDGE_TEXTS), ("direct", truth), ("from_context", truth)])
    yield "edges.parquet", edges, _edge_rows(contents)
    studies = (contents.studies[iri] for iri in sorted(contents.studies))
    schema = arrow.schema([(name, text) for name in _STUDY_TEXTS])
    yield "studies.parquet", schema, ({n: getattr(s, n) for n in _STUDY_TEXTS} for s in studies)
    schema = arrow.schema([*((n, text) for n in _DOCUMENT_TEXTS), ("retracted", truth), ("sources", texts)])
    documents = (contents.documents[iri] for iri in sorted(contents.documents))
    names = (*_DOCUMENT_TEXTS, "retracted", "sources")
    yield "documents.parquet", schema, ({n: getattr(d, n) for n in names} for d in documents)


def _claim_row(claim: ClaimFacts) -> Mapping[str, Any]:
    return {
        **{name: getattr(claim, name) for name in (*_CLAIM_TEXTS, "statement", "retracted", "start", "end", "studies")},
        **{role: claim.fillers.get(role, ()) for role in ROLES},
        "context": sorted(claim.context),
        "figures": [_figure(f) for f in claim.figures],
        "samples": [{"iri": s.iri, "value": _whole(s.value), "unit": s.unit, "split": s.split} for s in claim.samples],
    }


def _figure(figure: FigureFacts) -> Mapping[str, Any]:
    texts = {name: getattr(figure, name) for name in _FIGURE_TEXTS}
    return {**texts, "number": _number(figure.value), "normalized": _number(figure.normalized)}


def _concept_rows(contents: Contents) -> Iterator[Mapping[str, Any]]:
    for iri in sorted(contents.concepts):
        concept = contents.concepts[iri]
        yield {
            "iri": iri, "id": contents.concept_id(iri), "kind": concept.kind,
            **{f"label_{language}": concept.labels.get(language) for language in ("en", "zh")},
            **{f"definition_{language}": concept.definitions.get(language) for language in ("en", "zh")},
            "finding": concept.finding, "unlinked": concept.unlinked,
            "other_names": [{"language": language, "text": name} for language, name in concept.others],
            "mappings": [{"kind": kind, "iri": to} for kind, to in concept.mappings],
        }  # fmt: skip


def _edge_rows(contents: Contents) -> Iterator[Mapping[str, Any]]:
    for link in contents.links:
        if link.curated:
            yield {"subject": link.subject, "link": link.name, "object": link.object, "origin": "lexicon"}
    for claim in contents.claims():
        for bearing in bearings(claim):
            yield {
                "subject": bearing.subject, "link": bearing.name, "object": bearing.object, "origin": "claim",
                "certainty": claim.certainty, "claim": claim.iri, "direct": is_direct(claim, bearing),
                "from_context": bearing.from_context,
            }  # fmt: skip


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
