"""Nanopublications: for each claim its assertion, where that comes from, and who says so, in named graphs of their own.

Concepts are named in both languages within each, so that one alone can be read. A nanopublication of this kind carries
no date and no signature: equal inputs give equal bytes, and who publishes them adds both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Final

from pyoxigraph import Literal, NamedNode, Triple

from imagingkg.graph.concepts import PREF_LABEL
from imagingkg.graph.layers import arranged
from imagingkg.graph.names import PROV, TYPE, VOCAB, ikg
from imagingkg.graph.write import turtle_blocks
from imagingkg.publish.contents import Block, Contents, parser_of, read_contents, subject_blocks
from imagingkg.publish.facts import ClaimFacts, bearings, is_direct

NP: Final = "http://www.nanopub.org/nschema#"
_NANOPUBLICATION: Final = NamedNode(NP + "Nanopublication")
_HAS: Final = {
    "assertion": NamedNode(NP + "hasAssertion"),
    "provenance": NamedNode(NP + "hasProvenance"),
    "pubinfo": NamedNode(NP + "hasPublicationInfo"),
}
_GENERATED: Final = NamedNode(PROV + "wasGeneratedBy")
_ABOUT_ITS_ORIGIN: Final = frozenset(ikg(name) for name in ("evidence", "statedIn", "study", "rule")) | {_GENERATED}
_MENTIONS: Final = ikg("mentions")
_RUN: Final = VOCAB + "Run"


def write_nanopublications(output: Path, out: IO[bytes]) -> None:
    """TriG: four graphs for each claim and statement, in the order of the claims."""
    contents = read_contents(output)
    prefixes = {**contents.prefixes, "np": NP}
    for prefix, namespace in prefixes.items():
        out.write(f"@prefix {prefix}: <{namespace}> .\n".encode())
    origins = _origins(contents)
    for claim, block in contents.claims_with_blocks():
        for name, triples in nanopublication(claim, block, contents, origins).items():
            out.write(b"\n<" + name.value.encode() + b"> {" + turtle_blocks(arranged(triples), prefixes) + b"}\n")


def nanopublication(
    claim: ClaimFacts, block: Mapping[str, Block], contents: Contents, origins: Mapping[str, Block]
) -> dict[NamedNode, list[Triple]]:
    """The four graphs of a claim, by name. `block` is what its document's part of the file says, by subject; `origins`
    the same of runs, studies and documents."""
    whole, parts = _names(claim, contents)
    claimed = list(_triples(claim.iri, block))
    assertion = [t for t in claimed if t.predicate not in _ABOUT_ITS_ORIGIN]
    for iri in (*(f.iri for f in claim.figures), *(s.iri for s in claim.samples)):
        assertion += _triples(iri, block)
    for link in bearings(claim):
        if is_direct(claim, link):
            assertion.append(Triple(NamedNode(link.subject), ikg(link.name), NamedNode(link.object)))
    provenance = [t for t in claimed if t.predicate in _ABOUT_ITS_ORIGIN]
    provenance.append(Triple(parts["assertion"], NamedNode(PROV + "wasDerivedFrom"), NamedNode(claim.document)))
    for study in claim.studies:
        provenance.append(Triple(parts["assertion"], NamedNode(PROV + "hadPrimarySource"), NamedNode(study)))
        provenance += _triples(study, origins)
    provenance += (t for t in _triples(claim.document, origins) if t.predicate != _MENTIONS)
    provenance += _reached(claim.evidence, block)
    run = NamedNode(claim.run)
    return {
        parts["head"]: [
            Triple(whole, TYPE, _NANOPUBLICATION),
            *(Triple(whole, predicate, parts[part]) for part, predicate in _HAS.items()),
        ],
        parts["assertion"]: assertion,
        parts["provenance"]: provenance,
        parts["pubinfo"]: [
            Triple(whole, _GENERATED, run), *_triples(claim.run, origins), *_labels(assertion, contents),
        ],
    }  # fmt: skip


def _names(claim: ClaimFacts, contents: Contents) -> tuple[NamedNode, dict[str, NamedNode]]:
    """The nanopublication's name, after its claim's, and those of its parts."""
    whole = f"{contents.base}nanopub/{claim.iri.rsplit('/', 1)[-1]}"
    mark = "/" if "#" in whole else "#"  # below a base that ends in # there is a fragment already
    return NamedNode(whole), {part: NamedNode(f"{whole}{mark}{part}") for part in ("head", *_HAS)}


def _origins(contents: Contents) -> dict[str, Block]:
    """What the file says of runs, studies and documents."""
    found = {}
    left = contents.studies.keys() | contents.documents.keys()
    for iri, said in subject_blocks(parser_of(contents.path), contents.path):
        kinds = {o.value for o in said.get(TYPE, ()) if isinstance(o, NamedNode)}
        if iri in left or _RUN in kinds:
            found[iri] = said
        elif kinds & {VOCAB + "Claim", VOCAB + "Statement"}:
            break
    return found


def _triples(iri: str, block: Mapping[str, Block]) -> Iterator[Triple]:
    for predicate, objects in block.get(iri, {}).items():
        yield from (Triple(NamedNode(iri), predicate, o) for o in objects)


def _reached(start: str, block: Mapping[str, Block]) -> Iterator[Triple]:
    """The evidence, and the targets and selectors that belong to it alone."""
    todo, seen = [start], {start}
    while todo:
        for triple in _triples(todo.pop(), block):
            yield triple
            value = triple.object
            if isinstance(value, NamedNode) and value.value.startswith(start) and value.value not in seen:
                seen.add(value.value)
                todo.append(value.value)


def _labels(triples: Iterable[Triple], contents: Contents) -> Iterator[Triple]:
    """The names, in every language, of the concepts in the triples."""
    for iri in sorted({t.object.value for t in triples if isinstance(t.object, NamedNode)} & contents.concepts.keys()):
        for language, text in contents.concepts[iri].labels.items():
            yield Triple(NamedNode(iri), PREF_LABEL, Literal(text, language=language or None))
