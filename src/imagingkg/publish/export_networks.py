"""Networks of concepts for Gephi, Cytoscape and the like: GraphML, GEXF and Cytoscape's JSON.

Nodes are the concepts that claims name. An edge is a link with the evidence behind it: how many claims affirm, doubt
and deny it, their sentences, figures and sources. What is only doubted or denied is an edge too, and its label says so.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import networkx
from networkx.readwrite.gexf import GEXFWriter
from networkx.readwrite.graphml import GraphMLWriter

from imagingkg.publish.claim_table import figure, listed, study
from imagingkg.publish.contents import Contents, read_contents
from imagingkg.publish.export_rdf import legal_xml
from imagingkg.publish.facts import ClaimFacts, bearings

CERTAINTIES: Final = ("affirmed", "hedged", "negated")
_TODAY: Final = re.compile(rb' lastmodifieddate="[^"]*"')
_Ends = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the claims say of one link: how many with each certainty, and their texts, each once and in their order."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CERTAINTIES, 0))
    texts: dict[str, dict[str, None]] = field(
        default_factory=lambda: {name: {} for name in ("evidence", "quotes", "figures", "studies", "documents")}
    )

    def add(self, claim: ClaimFacts, contents: Contents) -> None:
        self.counts[claim.certainty] += 1
        document = contents.documents.get(claim.document)
        said = {
            "evidence": [claim.iri],
            "quotes": [f"[{claim.certainty}] {claim.quote}"] if claim.quote else [],
            "figures": [figure(f, contents) for f in claim.figures],
            "studies": [study(contents.studies[s]) for s in claim.studies if s in contents.studies],
            "documents": [listed((document.title, document.doi, document.pmid))] if document else [],
        }
        for name, texts in said.items():
            self.texts[name].update(dict.fromkeys(filter(None, texts)))


def write_graphml(output: Path, out: IO[bytes]) -> None:
    """GraphML with typed attributes. Characters that XML cannot hold are U+FFFD."""
    writer = GraphMLWriter(encoding="utf-8", prettyprint=True)
    writer.add_graph_element(_legal(concept_network(output)))
    written = io.BytesIO()
    writer.dump(written)
    # Readers take a bare carriage return for a line feed.
    out.write(written.getvalue().replace(b"\r", b"&#13;"))


def write_gexf(output: Path, out: IO[bytes]) -> None:
    """GEXF 1.2 with typed attributes. Characters that XML cannot hold are U+FFFD."""
    writer = GEXFWriter(encoding="utf-8", prettyprint=True, version="1.2draft")
    writer.add_graph(_legal(concept_network(output)))
    written = io.BytesIO()
    writer.write(written)
    # networkx dates the file; a quotation mark in a label is escaped, so only its own attribute is met.
    out.write(_TODAY.sub(b"", written.getvalue(), count=1))


def write_cytoscape(output: Path, out: IO[bytes]) -> None:
    """Cytoscape's JSON (.cyjs), an element a line; texts are exact."""
    network = concept_network(output)
    out.write(b'{"format_version": "1.0", "generated_by": "imagingkg", "directed": true, "multigraph": true,\n')
    out.write(b'"data": {"name": "imagingkg"}, "elements": {\n"nodes": [')
    _write_elements(out, ({"id": n, "value": n, "name": f["label"], **f} for n, f in network.nodes(data=True)))
    out.write(b'],\n"edges": [')
    _write_elements(
        out,
        (
            {"id": key, "key": key, "source": source, "target": target, "interaction": facts["label"], **facts}
            for source, target, key, facts in network.edges(keys=True, data=True)
        ),
    )
    out.write(b"]}}\n")


def _write_elements(out: IO[bytes], elements: Any) -> None:
    between = "\n"
    for data in elements:
        out.write((between + json.dumps({"data": data}, ensure_ascii=False)).encode("utf-8"))
        between = ",\n"


def concept_network(output: Path) -> networkx.MultiDiGraph[str]:
    """The concepts that claims name and the links between them; every attribute on every node or edge, and typed.

    An edge from claims has their number by certainty, and their texts in lines; one of the lexicon is `curated`.
    """
    contents = read_contents(output)
    used, evidence = _evidence(contents)
    edges = {(link.subject, link.object, link.name): _Evidence() for link in contents.links}
    edges |= {ends: said for ends, said in evidence.items() if any(said.counts.values())}
    curated = {(link.subject, link.object, link.name) for link in contents.links if link.curated}
    out: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    for iri in sorted(used.keys() | {end for ends in edges for end in ends[:2]}):
        out.add_node(iri, **_node(iri, used[iri], contents))
    for number, ends in enumerate(sorted(edges)):
        # A name of its own for each edge: a link's name is no identifier, as the formats want one.
        out.add_edge(ends[0], ends[1], key=f"e{number}", **_facts(ends[2], edges[ends], curated=ends in curated))
    return out


def _node(iri: str, claims: int, contents: Contents) -> Mapping[str, str | int]:
    concept = contents.concepts.get(iri)
    labels = {f"label_{language}": contents.name(iri, language) for language in ("en", "zh")}
    return {
        "label": labels["label_en"],
        "kind": concept.kind if concept else "",
        "claims": claims,
        **labels,
        "other_names": "\n".join(name for _, name in concept.others) if concept else "",
        "mappings": "\n".join(contents.curie(to) for _, to in concept.mappings) if concept else "",
    }


def _facts(link: str, said: _Evidence, *, curated: bool) -> Mapping[str, str | int | bool]:
    certainty = ", ".join(c for c in CERTAINTIES if said.counts[c])
    asserted = curated or said.counts["affirmed"] > 0
    return {
        "label": link if asserted else f"{link} ({certainty})",
        "link": link,
        "certainty": certainty,
        "curated": curated,
        **said.counts,
        **{name: "\n".join(texts) for name, texts in said.texts.items()},
    }


def _evidence(contents: Contents) -> tuple[Counter[str], dict[_Ends, _Evidence]]:
    """How many claims and statements name each concept, and what those say of each link whose quotes name both ends.

    Retracted papers affirm nothing.
    """
    used: Counter[str] = Counter()
    found: dict[_Ends, _Evidence] = {}
    for claim in contents.claims():
        used.update({filler for fillers in claim.fillers.values() for filler in fillers})
        if claim.retracted and claim.certainty == "affirmed":
            continue
        for link in bearings(claim):
            if not link.from_context:
                found.setdefault((link.subject, link.object, link.name), _Evidence()).add(claim, contents)
    return used, found


def _legal(network: networkx.MultiDiGraph[str]) -> networkx.MultiDiGraph[str]:
    out: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    for iri, facts in network.nodes(data=True):
        out.add_node(legal_xml(iri), **_legal_facts(facts))
    for source, target, key, facts in network.edges(keys=True, data=True):
        out.add_edge(legal_xml(source), legal_xml(target), key=key, **_legal_facts(facts))
    return out


def _legal_facts(facts: Mapping[str, Any]) -> dict[str, str | int | bool]:
    return {name: value if isinstance(value, int) else legal_xml(str(value)) for name, value in facts.items()}
