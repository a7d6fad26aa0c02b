"""Names of the graph: namespaces, and the IRI of every kind of node.

An IRI is computed from content alone, so that two builds, or two people, give the same thing the same name. Hashes
below a document cover the document's hash and the offsets: equal figures of two papers stay two nodes. A path on disk
is never hashed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from imagingkg.errors import SettingsError
from imagingkg.model import KINDS, Claim, Document, Result, Sample, Study

DEFAULT_BASE: Final = "https://w3id.org/imagingkg/"
VOCAB: Final = "https://w3id.org/imagingkg/vocab/"
SHAPES: Final = "https://w3id.org/imagingkg/shapes/"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
PROV: Final = "http://www.w3.org/ns/prov#"
OA: Final = "http://www.w3.org/ns/oa#"
DCTERMS: Final = "http://purl.org/dc/terms/"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

TYPE: Final = NamedNode(RDF + "type")
LABEL: Final = NamedNode(RDFS + "label")
INTEGER: Final = NamedNode(XSD + "integer")
DECIMAL: Final = NamedNode(XSD + "decimal")

VOCABULARIES: Final = {
    "ikg": VOCAB, "rdf": RDF, "rdfs": RDFS, "skos": SKOS, "prov": PROV, "oa": OA, "dcterms": DCTERMS, "xsd": XSD,
}  # fmt: skip
_DATA: Final = ("document", "study", "claim", "result", "sample", "evidence", "run", "graph")
_HASH_LENGTH: Final = 24  # hex digits: 96 bits, no collision to be expected among 10^12 nodes
_IRI: Final = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20]+[/#]\Z")
_DOI: Final = re.compile(r"\A(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+?)[.,;]?\Z", re.IGNORECASE)
_PLAIN_PART: Final = re.compile(r"[A-Za-z0-9._~-]+")
# What rapper, or any reader built on XML's characters, refuses, and halves of a surrogate pair, which UTF-8 has not.
_UNWRITABLE: Final = re.compile("[\x00\ufffe\uffff\ud800-\udfff]")


_WRITTEN: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode
_SAID: Final = tuple(f.name for f in fields(Claim) if f.name not in ("id", "rule"))


def ikg(term: str) -> NamedNode:
    """A term of the vocabulary (ontology/imaging.ttl)."""
    return NamedNode(VOCAB + term)


def clean(text: str) -> str:
    """`text` with each character that no RDF file can carry as U+FFFD; of equal length, so that offsets hold."""
    return _UNWRITABLE.sub("\ufffd", text)


def text_literal(text: str, language: str | None = None) -> Literal:
    """Any text, however hostile, as a literal."""
    return Literal(clean(text), language=language)


def short_hash(*parts: Any) -> str:
    """A name for a tuple of plain values (texts, numbers, None, lists of them): 24 hex digits of its SHA-256."""
    return sha256(_WRITTEN(parts).encode("ascii")).hexdigest()[:_HASH_LENGTH]


@dataclass(frozen=True, slots=True)
class Names:
    """The IRIs of the data, all under `base`, an absolute http(s) IRI that ends in "/" or "#"; else SettingsError."""

    base: str = DEFAULT_BASE

    def __post_init__(self) -> None:
        if not _IRI.match(self.base):
            raise SettingsError("base", f"{self.base!r} is no base for IRIs", "Give http(s)://... ending in / or #")

    def node(self, kind: str, local: str) -> NamedNode:
        """`<base><kind>/<local>`; characters that an IRI may not hold are percent-encoded."""
        return NamedNode(f"{self.base}{kind}/{_iri_part(local)}")

    def concept(self, concept: str) -> NamedNode:
        """The concept with an id such as "modality/mri" or, known to one document only, "method/new-0a1b"."""
        return _concept_node(self.base, concept)

    def document(self, document: Document) -> NamedNode:
        """The document, by the hash of its text."""
        return self.node("document", document.sha256)

    def graph(self, name: str) -> NamedNode:
        """One of the named graphs that are no document's: concepts, links, metadata."""
        return self.node("graph", name)

    def run(self, version: str, lexicon_digest: str) -> NamedNode:
        """The run: this version of the program with this lexicon. No clock in it, so that a rebuild repeats it."""
        return self.node("run", short_hash(version, lexicon_digest))

    def evidence(self, document: Document, start: int, end: int) -> NamedNode:
        """The stretch of a document's text."""
        return self.node("evidence", short_hash(document.sha256, start, end))

    def claim(self, document: Document, claim: Claim) -> NamedNode:
        """The claim or statement: its document, its place and all that it says.

        Which rule found it is left out, so that two rules that read the same thing make one node.
        """
        said = [_plain(getattr(claim, name)) for name in _SAID]
        return self.node("claim", short_hash(document.sha256, said))

    def result(self, document: Document, result: Result) -> NamedNode:
        """The figure: its document, its place and what it is a figure of."""
        return self.node("result", short_hash(document.sha256, _plain(result)))

    def sample(self, document: Document, sample: Sample, claim: Claim) -> NamedNode:
        """The sample size: its document and place (that of the claim where its own is unknown), number and unit."""
        start, end = (sample.start, sample.end) if sample.start >= 0 else (claim.start, claim.end)
        return self.node("sample", short_hash(document.sha256, start, end, sample.value, sample.unit, sample.split))

    def study(self, document: Document, study: Study) -> NamedNode:
        """The study: by DOI, else PMID, else title and year, else as this document cites or names it.

        The first three join what several documents say of one study; the last two never leave their document.
        """
        if node := _identified(self, study):
            return node
        if study.citation:
            return self.node("study", short_hash("citation", document.sha256, study.citation))
        said = (study.authors, study.year, study.title)
        return self.node("study", short_hash("named", document.sha256, *said))

    def own_study(self, document: Document) -> NamedNode:
        """The study that the document itself describes."""
        return _identified(self, described(document)) or self.node("study", short_hash("own", document.sha256))

    def unnamed_study(self, document: Document, claim: Claim) -> NamedNode:
        """The study behind a sentence that reports work without saying whose: one a sentence, joined with no other."""
        return self.node("study", short_hash("unnamed", document.sha256, claim.start, claim.end))

    def prefixes(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Prefix to namespace for Turtle, in the order to be printed; `sources` has those of mapped vocabularies."""
        kinds = {kind: f"{self.base}concept/{kind}/" for kind in KINDS}
        data = {name: f"{self.base}{name}/" for name in _DATA}
        return {**VOCABULARIES, **kinds, **data, **dict(sorted(sources.items()))}


def described(document: Document) -> Study:
    """What the document says of itself as a study."""
    return Study(document.authors, document.year, "", document.doi, document.pmid, document.title)


def normal_doi(text: str) -> str:
    """The bare DOI in lower case (DOIs ignore case), or "" where `text` is none."""
    found = _DOI.match(text.strip())
    return found[1].lower() if found else ""


def normal_pmid(text: str) -> str:
    """The digits of a PubMed id without leading zeros, or "" where `text` is none."""
    bare = text.strip().removeprefix("PMID:").strip()
    return bare.lstrip("0") if bare.isascii() and bare.isdigit() else ""


def normal_title(text: str) -> str:
    """Letters and digits of a title in one case, or "" where it is too short to tell one study from another.

    "Introduction" or "Untitled" is no identity: 16 letters and digits are asked for, or 8 of which some are Chinese.
    """
    folded = unicodedata.normalize("NFKC", clean(text)).casefold()
    bare = "".join(c for c in folded if c.isalnum())
    return bare if len(bare) >= (16 if bare.isascii() else 8) else ""


@lru_cache(maxsize=64)  # a document, its study and its claims ask one after the other
def _identified(names: Names, study: Study) -> NamedNode | None:
    """The node of a study that is the same one in every document."""
    if doi := normal_doi(study.doi):
        return names.node("study", short_hash("doi", doi))
    if pmid := normal_pmid(study.pmid):
        return names.node("study", short_hash("pmid", pmid))
    if study.year is not None and (title := normal_title(study.title)):
        return names.node("study", short_hash("title", title, study.year))
    return None


@lru_cache(maxsize=20_000)  # a few thousand are in almost every document
def _concept_node(base: str, concept: str) -> NamedNode:
    kind, _, key = concept.partition("/")
    return NamedNode(f"{base}concept/{_iri_part(kind)}/{_iri_part(key)}")


def _iri_part(text: str) -> str:
    return text if _PLAIN_PART.fullmatch(text) else quote(clean(text), safe="-._~")


def _plain(value: Any) -> Any:
    """A value of the model as what JSON can hold."""
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return [getattr(value, f.name) for f in fields(value)] if is_dataclass(value) else value
