"""Mappings of our concepts to other vocabularies as SSSOM (Simple Standard for Sharing Ontological Mappings).

One row a mapping, under a header of comment lines in YAML. Exact and broad mappings were set by a curator who compared
the two; close ones rest on the label alone, and say so, as do those that a terminology brought in by an equal label.
What a concept that was brought in maps to is as its terminology has it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

import yaml

from imagingkg.graph.names import SKOS, Names, clean
from imagingkg.graph.sources import Source, expand, usable
from imagingkg.lexicon import Lexicon
from imagingkg.model import KINDS

_CURATED: Final = "semapv:ManualMappingCuration"
_BY_LABEL: Final = "semapv:LexicalMatching"
_AS_GIVEN: Final = "semapv:UnspecifiedMatching"
_PREDICATES: Final = (
    ("exact", "skos:exactMatch", _CURATED),
    ("close", "skos:closeMatch", _BY_LABEL),
    ("broad", "skos:broadMatch", _CURATED),
)
COLUMNS: Final = (
    "subject_id", "subject_label", "predicate_id", "object_id", "mapping_justification", "object_source_version",
)  # fmt: skip


def write_sssom(
    path: Path,
    lexicon: Lexicon,
    names: Names,
    sources: Mapping[str, Source],
    *,
    version: str,
    licensed_codes: bool = False,
) -> int:
    """Write mappings.sssom.tsv; gives the number of mappings. Raises OntologyError for a malformed one."""
    rows = list(mapping_rows(lexicon, sources, licensed_codes=licensed_codes))
    used = sorted({row[3].partition(":")[0] for row in rows})
    with path.open("w", encoding="utf-8", newline="") as out:
        _write_header(out, names, [sources[prefix] for prefix in used], version)
        table = csv.writer(out, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(rows)
    return len(rows)


def mapping_rows(
    lexicon: Lexicon, sources: Mapping[str, Source], *, licensed_codes: bool = False
) -> Iterator[tuple[str, ...]]:
    """The rows, a tuple in the order of COLUMNS each, sorted by concept, predicate and object."""
    for key in sorted(lexicon.concepts):
        concept = lexicon.concepts[key]
        for field, predicate, usual in _PREDICATES:
            for curie in sorted(set(getattr(concept, field))):
                if usable(curie, sources, licensed_codes=licensed_codes):
                    expand(curie, sources)  # raises where the graph's IRI could not be made either
                    given = _AS_GIVEN if concept.terminology else usual
                    justification = _BY_LABEL if curie in concept.matched else given
                    label = " ".join(clean(concept.en).split())
                    version = sources[curie.partition(":")[0]].version
                    yield key.replace("/", ":", 1), label, predicate, curie, justification, version


def _write_header(out: IO[str], names: Names, used: list[Source], version: str) -> None:
    prefixes = {kind: f"{names.base}concept/{kind}/" for kind in KINDS}
    prefixes |= {"skos": SKOS, "semapv": "https://w3id.org/semapv/vocab/"}
    prefixes |= {source.prefix: source.base for source in used}
    header = {
        "curie_map": dict(sorted(prefixes.items())),
        "mapping_set_id": f"{names.base}mappings/mappings.sssom.tsv",
        "mapping_set_title": "Concepts of imagingkg mapped to other vocabularies",
        "mapping_set_version": version,
        "license": "https://www.apache.org/licenses/LICENSE-2.0",
        "mapping_tool": "imagingkg",
        "mapping_tool_version": version,
        "comment": " ".join([f"{s.name}: {s.licence}." + (f" {s.rights}" if s.rights else "") for s in used]),
    }
    written = yaml.safe_dump(header, allow_unicode=True, sort_keys=False, width=10_000)
    out.writelines(f"# {line}\n" for line in written.splitlines())
