"""A build described for catalogues, in description.ttl: VoID, DCAT and PROV.

What it holds and how much of each, the vocabularies whose codes it uses with their licences, its files with sizes and
SHA-256 sums, and the run that made it. All of it is told from the files themselves, read once and not held; there is no
clock in it, so that the same build has the same description.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

import imagingkg.graph.names as ns
from imagingkg.errors import GraphError
from imagingkg.graph.layers import Section, arranged
from imagingkg.graph.names import ikg, short_hash, text_literal
from imagingkg.graph.sources import Source, load_sources
from imagingkg.graph.store import graph_file
from imagingkg.graph.write import write_turtle

DESCRIPTION: Final = "description.ttl"

VOID: Final = "http://rdfs.org/ns/void#"
DCAT: Final = "http://www.w3.org/ns/dcat#"
SPDX: Final = "http://spdx.org/rdf/terms#"
FORMATS: Final = "http://www.w3.org/ns/formats/"
MEDIA: Final = "https://www.iana.org/assignments/media-types/"
_PREFIXES: Final = {
    "dcat": DCAT, "dcterms": ns.DCTERMS, "ikg": ns.VOCAB, "prov": ns.PROV, "rdfs": ns.RDFS, "skos": ns.SKOS,
    "spdx": SPDX, "void": VOID, "xsd": ns.XSD,
}  # fmt: skip
_MEDIA_TYPES: Final = {
    ".ttl": "text/turtle", ".trig": "application/trig", ".jsonl": "application/x-ndjson",
    ".tsv": "text/tab-separated-values", ".html": "text/html", ".json": "application/json", ".md": "text/markdown",
}  # fmt: skip
_WHAT: Final = {
    "graph.ttl": "The graph: concepts, claims with their evidence, direct links",
    "graph.trig": "The graph by document, in named graphs",
    "inferred.ttl": "What the rules conclude from the graph",
    "claims.jsonl": "The readings of the documents, one a line",
    "mappings.sssom.tsv": "Mappings of concepts to other vocabularies",
    "graph.html": "The explorer, a page that works offline",
    "network.html": "The network of concepts, a simple page",
    "report.json": "What was read and counted, for programs",
    "report.md": "What was read and counted, for people",
}
_MATCHES: Final = {
    ns.SKOS + name: name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
}


_RUN: Final = ikg("Run")
_FACTS: Final = frozenset((ns.VOCAB + "toolVersion", ns.VOCAB + "lexiconDigest"))
_TELLING: Final = frozenset((ns.TYPE.value, *_MATCHES, *_FACTS))


@dataclass(slots=True)
class _Counts:
    """What a file of triples holds; `links` counts mappings by the base of the vocabulary and the property."""

    triples: int = 0
    subjects: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    properties: Counter[str] = field(default_factory=Counter)
    links: Counter[tuple[str, str]] = field(default_factory=Counter)
    run: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def write_description(directory: Path, *, title: str = "", sources: Mapping[str, Source] | None = None) -> int:
    """Write description.ttl beside the files of a finished build; gives its number of triples.

    `title` is that of the data set, `sources` the vocabularies of ontology/sources.yaml. Raises GraphError where the
    build is incomplete or damaged.
    """
    known = load_sources() if sources is None else sources
    counts = _count(graph_file(directory, "graph.ttl"), known)
    inferred = _count(graph_file(directory, "inferred.ttl"), {})
    files = sorted(p for p in directory.iterdir() if p.is_file() and p.name in _WHAT)
    triples = arranged(description_triples(counts, inferred, known, files, title))
    heading = "This build, for catalogues: VoID, DCAT, PROV"
    return write_turtle(directory / DESCRIPTION, [Section(heading, [triples])], _PREFIXES)


def _count(path: Path, sources: Mapping[str, Source]) -> _Counts:
    found = _Counts()
    bases = sorted(((s.base, p) for p, s in sources.items()), key=lambda pair: -len(pair[0]))
    properties = found.properties
    try:
        quads = parse(path=str(path), format=RdfFormat.TURTLE)
        for subject, block in groupby(quads, key=attrgetter("subject")):
            found.subjects += 1
            for quad in block:
                predicate = quad.predicate.value
                properties[predicate] += 1
                if predicate in _TELLING:  # one triple in ten: of the others only the property is counted
                    _add(found, subject, predicate, quad.object, bases)
    except (SyntaxError, OSError) as error:
        raise GraphError(str(path), f"is damaged ({error})", "Build it again") from error
    found.triples = properties.total()
    return found


def _add(found: _Counts, subject: object, predicate: str, value: object, bases: list[tuple[str, str]]) -> None:
    if isinstance(value, NamedNode):
        if predicate == ns.TYPE.value:
            found.classes[value.value] += 1
            if value == _RUN and isinstance(subject, NamedNode):
                found.run = subject.value
        elif predicate in _MATCHES:
            prefix = next((p for base, p in bases if value.value.startswith(base)), "")
            found.links[prefix, predicate] += bool(prefix)
    elif isinstance(value, Literal) and predicate in _FACTS:
        found.facts[predicate.removeprefix(ns.VOCAB)] = value.value


def description_triples(
    counts: _Counts, inferred: _Counts, sources: Mapping[str, Source], files: list[Path], title: str
) -> Iterator[Triple]:
    """The description, most important first. Nodes are named after what they describe; none is blank."""
    if not counts.run:
        raise GraphError("graph.ttl", "does not say which run made it", "Build it again")
    sums = {path.name: _sha256(path) for path in files}
    base = counts.run.rpartition("run/")[0]
    build = f"{base}build/{short_hash(sums.get('graph.ttl', ''), sums.get('inferred.ttl', ''))}"
    yield from _dataset(build, base, counts, title)
    for part, counted, name in (("asserted", counts, "graph.ttl"), ("inferred", inferred, "inferred.ttl")):
        yield _link(build, VOID + "subset", f"{build}/{part}")
        yield from _subset(f"{build}/{part}", counted, _WHAT[name])
    for prefix in sorted({prefix for prefix, _ in counts.links}):
        yield from _linksets(build, sources[prefix], counts)
    for path in files:
        yield _link(build, DCAT + "distribution", f"{build}/file/{path.name}")
        yield from _file(f"{build}/file/{path.name}", path, sums[path.name])
    yield from _provenance(build, base, counts)


def _dataset(build: str, base: str, counts: _Counts, title: str) -> Iterator[Triple]:
    version = counts.facts.get("toolVersion", "")
    for kind in (VOID + "Dataset", DCAT + "Dataset", ns.PROV + "Entity"):
        yield _link(build, ns.TYPE.value, kind)
    yield _text(build, ns.DCTERMS + "title", title or "Literature of imaging AI as a knowledge graph", "en")
    documents, claims = counts.classes[ns.VOCAB + "Document"], counts.classes[ns.VOCAB + "Claim"]
    yield _text(
        build, ns.DCTERMS + "description",
        f"What {documents:,} documents say of artificial intelligence in medical imaging: {claims:,} claims, each with "
        "the sentence that it was read from.", "en",
    )  # fmt: skip
    yield _text(
        build, ns.DCTERMS + "description",
        f"{documents}篇文献关于医学影像人工智能的论述：{claims}条论断，均附其所依据的原文句子。", "zh",
    )  # fmt: skip
    yield Triple(NamedNode(build), NamedNode(DCAT + "version"), Literal(version))
    yield Triple(NamedNode(build), NamedNode(VOID + "uriSpace"), Literal(base))
    for vocabulary in (ns.VOCAB, ns.SKOS, ns.PROV, ns.OA, ns.DCTERMS):
        yield _link(build, VOID + "vocabulary", vocabulary)
    for name in ("Turtle", "TriG"):
        yield _link(build, VOID + "feature", FORMATS + name)
    for english, chinese in (("medical imaging", "医学影像"), ("artificial intelligence", "人工智能")):
        yield _text(build, DCAT + "keyword", english, "en")
        yield _text(build, DCAT + "keyword", chinese, "zh")


def _subset(node: str, counts: _Counts, what: str) -> Iterator[Triple]:
    yield _link(node, ns.TYPE.value, VOID + "Dataset")
    yield _text(node, ns.DCTERMS + "title", what, "en")
    totals = {"triples": counts.triples, "distinctSubjects": counts.subjects}
    totals |= {"classes": len(counts.classes), "properties": len(counts.properties)}
    for name, number in totals.items():
        yield _number(node, VOID + name, number)
    for part, said, unit, table in (
        ("class", "class", "entities", counts.classes),
        ("property", "property", "triples", counts.properties),
    ):
        for iri, number in sorted(table.items()):
            # A name of ours may equal one of another vocabulary: the hash keeps the partitions apart.
            partition = f"{node}/{part}/{short_hash(iri)}"
            yield _link(node, f"{VOID}{part}Partition", partition)
            yield _link(partition, VOID + said, iri)
            yield _number(partition, VOID + unit, number)


def _linksets(build: str, source: Source, counts: _Counts) -> Iterator[Triple]:
    """The mappings to one vocabulary, by property; the vocabulary with its licence."""
    vocabulary = f"{build}/vocabulary/{source.prefix}"
    yield _link(vocabulary, ns.TYPE.value, VOID + "Dataset")
    yield _text(vocabulary, ns.DCTERMS + "title", source.name)
    yield _text(vocabulary, DCAT + "version", source.version)
    yield Triple(NamedNode(vocabulary), NamedNode(VOID + "uriSpace"), Literal(source.base))
    yield _link(vocabulary, ns.DCTERMS + "license", source.licence)
    if source.rights:
        yield _text(vocabulary, ns.DCTERMS + "rights", source.rights, "en")
    for (prefix, predicate), number in sorted(counts.links.items()):
        if prefix == source.prefix:
            linkset = f"{build}/linkset/{prefix}-{_MATCHES[predicate]}"
            yield _link(build, VOID + "subset", linkset)
            yield _link(linkset, ns.TYPE.value, VOID + "Linkset")
            yield _link(linkset, VOID + "subjectsTarget", f"{build}/asserted")
            yield _link(linkset, VOID + "objectsTarget", vocabulary)
            yield _link(linkset, VOID + "linkPredicate", predicate)
            yield _number(linkset, VOID + "triples", number)


def _file(node: str, path: Path, sha256: str) -> Iterator[Triple]:
    yield _link(node, ns.TYPE.value, DCAT + "Distribution")
    yield Triple(NamedNode(node), NamedNode(ns.DCTERMS + "identifier"), Literal(path.name))
    yield _text(node, ns.DCTERMS + "title", _WHAT[path.name], "en")
    yield _link(node, DCAT + "mediaType", MEDIA + _MEDIA_TYPES[path.suffix])
    size = Literal(str(path.stat().st_size), datatype=NamedNode(ns.XSD + "nonNegativeInteger"))
    yield Triple(NamedNode(node), NamedNode(DCAT + "byteSize"), size)
    checksum = f"{node}/checksum"
    yield _link(node, SPDX + "checksum", checksum)
    yield _link(checksum, ns.TYPE.value, SPDX + "Checksum")
    yield _link(checksum, SPDX + "algorithm", SPDX + "checksumAlgorithm_sha256")
    written = Literal(sha256, datatype=NamedNode(ns.XSD + "hexBinary"))
    yield Triple(NamedNode(checksum), NamedNode(SPDX + "checksumValue"), written)


def _provenance(build: str, base: str, counts: _Counts) -> Iterator[Triple]:
    """The run by version and lexicon, not by time: who repeats it makes the same bytes and so the same build."""
    version, digest = counts.facts.get("toolVersion", ""), counts.facts.get("lexiconDigest", "")
    agent = f"{base}software/{short_hash('imagingkg', version)}"
    lexicon = f"{base}lexicon/{short_hash(digest)}"
    yield _link(build, ns.PROV + "wasGeneratedBy", counts.run)
    yield _link(build, ns.PROV + "wasAttributedTo", agent)
    yield _link(counts.run, ns.TYPE.value, ns.PROV + "Activity")
    yield _link(counts.run, ns.PROV + "wasAssociatedWith", agent)
    yield _link(counts.run, ns.PROV + "used", lexicon)
    yield _link(agent, ns.TYPE.value, ns.PROV + "SoftwareAgent")
    yield _text(agent, ns.LABEL.value, f"imagingkg {version}", "en")
    yield _link(lexicon, ns.TYPE.value, ns.PROV + "Entity")
    yield _text(lexicon, ns.LABEL.value, "The lexicon that the documents were read with", "en")
    yield Triple(NamedNode(lexicon), NamedNode(ns.DCTERMS + "identifier"), Literal(digest))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _link(subject: str, predicate: str, target: str) -> Triple:
    return Triple(NamedNode(subject), NamedNode(predicate), NamedNode(target))


def _text(subject: str, predicate: str, text: str, language: str | None = None) -> Triple:
    return Triple(NamedNode(subject), NamedNode(predicate), text_literal(text, language))


def _number(subject: str, predicate: str, number: int) -> Triple:
    return Triple(NamedNode(subject), NamedNode(predicate), Literal(str(number), datatype=ns.INTEGER))
