"""The service description: what this endpoint speaks and holds, as RDF. Source: SPARQL 1.1 Service Description."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from imagingkg.graph.names import INTEGER, TYPE, XSD
from imagingkg.serve.formats import SOLUTIONS, TRIPLES, settled, write_graph
from imagingkg.serve.frames import Asked

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
VOID: Final = "http://rdfs.org/ns/void#"
MOST_GRAPHS: Final = 1_000
"""Named graphs that are listed; a client that wants more asks for them."""
_PREFIXES: Final = {"sd": SD, "void": VOID, "formats": "http://www.w3.org/ns/formats/", "xsd": XSD}
_COUNT: Final = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
_GRAPHS: Final = f"SELECT DISTINCT ?g {{ GRAPH ?g {{}} }} ORDER BY ?g LIMIT {MOST_GRAPHS}"


def questions(endpoint: str) -> tuple[Asked, Asked]:
    """What has to be asked for a description: the number of triples, and the named graphs."""
    count, graphs = (Asked(text, endpoint, "application/sparql-results+json", None) for text in (_COUNT, _GRAPHS))
    return count, graphs


def holdings(count: bytes, graphs: bytes) -> tuple[int, tuple[str, ...]]:
    """The answers to the `questions`, read."""
    rows = json.loads(graphs)["results"]["bindings"]
    return int(json.loads(count)["results"]["bindings"][0]["n"]["value"]), tuple(row["g"]["value"] for row in rows)


def describe(endpoint: str, triples: int, graphs: tuple[str, ...], media: str) -> bytes:
    """The description of the service at `endpoint`, in one of the types of formats.TRIPLES."""
    service, dataset = NamedNode(endpoint), NamedNode(endpoint + "#dataset")
    default = NamedNode(endpoint + "#default-graph")

    def sd(name: str) -> NamedNode:
        return NamedNode(SD + name)

    out = [
        Triple(service, TYPE, sd("Service")),
        Triple(service, sd("endpoint"), service),
        Triple(service, sd("supportedLanguage"), sd("SPARQL11Query")),
        Triple(service, sd("defaultDataset"), dataset),
        Triple(dataset, TYPE, sd("Dataset")),
        Triple(dataset, sd("defaultGraph"), default),
        Triple(default, TYPE, sd("Graph")),
        Triple(default, NamedNode(VOID + "triples"), Literal(str(triples), datatype=INTEGER)),
    ]
    forms = [form.iri for form in SOLUTIONS.values()] + [form.iri for form in TRIPLES.values()]
    out += [Triple(service, sd("resultFormat"), NamedNode(form)) for form in forms]
    for number, name in enumerate(map(NamedNode, graphs), 1):
        node = NamedNode(f"{endpoint}#graph-{number}")
        out += [
            Triple(dataset, sd("namedGraph"), node),
            Triple(node, TYPE, sd("NamedGraph")),
            Triple(node, sd("name"), name),
        ]
    file = BytesIO()
    write_graph(out, media, _PREFIXES, file)
    return settled(file.getvalue(), media)
