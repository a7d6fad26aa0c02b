"""A built graph as a Python object: ask it, count it, hand it to rdflib, networkx or pandas."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import Store

from imagingkg.errors import QueryError, UsageError
from imagingkg.graph.claims import Assertion, each_assertion, in_order, rolled_up, upward
from imagingkg.graph.conversions import network, rdflib_graph
from imagingkg.graph.gap_matrix import GapMatrix
from imagingkg.graph.gaps import gaps
from imagingkg.graph.labels import find_concept
from imagingkg.graph.query import NamedQuery, load_queries, run_named, run_text
from imagingkg.graph.results import Results
from imagingkg.graph.store import is_url, open_store

if TYPE_CHECKING:
    import networkx
    import rdflib

    from imagingkg.graph.remote import RemoteGraph


@dataclass(frozen=True, slots=True)
class KnowledgeGraph:
    """The graph that a build wrote, for reading. Get one with `KnowledgeGraph.open`.

    That of a store elsewhere has `remote`: SPARQL is then answered there, all else from `store`, which holds a copy of
    what our own questions need as it was when the graph was opened.

    >>> graph = KnowledgeGraph.open("output")                        # doctest: +SKIP
    >>> graph.query("tasks", modality="MRI", disease="胶质瘤")        # doctest: +SKIP
    >>> graph.gaps(where={"modality": "MRI"}).empty                  # doctest: +SKIP
    """

    path: Path
    store: Store
    remote: RemoteGraph | None = None

    @classmethod
    def open(cls, output: str | Path = "output") -> KnowledgeGraph:
        """The graph in an output directory, or at the URL of a SPARQL endpoint that one was pushed to.

        Raises GraphError where there is none, or a damaged one, and UsageError for a wrong URL.
        """
        if is_url(str(output)):
            from imagingkg.graph.remote import mirror, open_remote

            remote = open_remote(str(output))
            return cls(Path(), mirror(remote), remote)
        path = Path(output)
        return cls(path, open_store(path))

    @property
    def queries(self) -> Mapping[str, NamedQuery]:
        """The named questions, by name, with their parameters."""
        return load_queries()

    def query(self, text_or_name: str, **params: str | int) -> Results:
        """The answer to a named question (with its parameters) or to SPARQL.

        Iterating over it gives dicts; it has `columns`, `rows` (RDF terms) and `to_pandas()`, and shows itself as a
        table. Raises QueryError.
        """
        # No name has a blank or a brace in it, and no query is without.
        if any(c.isspace() or c == "{" for c in text_or_name.strip()):
            if params:
                raise QueryError("query", "parameters go with a named query only", "Write the values into the text")
            if self.remote is not None:
                from imagingkg.graph.remote import run_remote

                return run_remote(self.remote, text_or_name)
            return run_text(self.store, text_or_name)
        return run_named(self.store, text_or_name.strip(), **params)

    def gaps(
        self,
        rows: str = "task",
        columns: str = "disease",
        *,
        where: Mapping[str, str] | None = None,
        since: int | None = None,
        max_rows: int | None = None,
        max_columns: int | None = None,
    ) -> GapMatrix:
        """The evidence-gap matrix: see `imagingkg.graph.gaps.gaps`."""
        return gaps(
            self.store, rows=rows, columns=columns, where=where, since=since, max_rows=max_rows, max_columns=max_columns
        )

    def claims(
        self, *, certainty: str | None = None, asserted_as: str | None = None, since: int | None = None, **where: str
    ) -> tuple[Assertion, ...]:
        """Claims and statements by document and place: those with all the concepts asked for (role=label, narrower ones
        count), of that certainty ("affirmed", "hedged", "negated"), primary or reported, of a study of that year or
        later.

        >>> graph.claims(disease="glioma", modality="MRI", certainty="hedged")    # doctest: +SKIP
        """
        above = upward(self.store)
        asked = {role: find_concept(self.store, role, label).value for role, label in where.items()}
        found = (
            a
            for a in each_assertion(self.store)
            if (certainty is None or a.certainty == certainty)
            and (asserted_as is None or a.asserted_as == asserted_as)
            and (since is None or any(year >= since for year in a.years))
            and all(iri in rolled_up(a.fillers.get(role, ()), above) for role, iri in asked.items())
        )
        return in_order(found)

    def describe(self) -> dict[str, int]:
        """How many documents, studies, claims, statements and concepts of each kind there are, and triples in all."""
        counts = {str(row["what"]): int(str(row["count"])) for row in run_named(self.store, "overview")}
        triples = self.query("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
        return counts | {"triples": int(str(next(iter(triples))["n"]))}

    def to_rdflib(self, *, inferred: bool = True) -> rdflib.Graph:
        """Layers 1-3, and what is inferred, as an rdflib graph in which every literal stands as it was written.

        Raises UsageError for a graph that is elsewhere: a store has not kept the literals so.
        """
        if self.remote is not None:
            raise UsageError("to_rdflib", "needs the files of a build", "Open its directory, or CONSTRUCT in SPARQL")
        return rdflib_graph(self.path, inferred=inferred)

    def to_networkx(self, *, curated: bool = True) -> networkx.MultiDiGraph[str]:
        """Concepts and the links between them, with the claims behind each: see `conversions.network`."""
        return network(self.store, curated=curated)

    def to_pandas(self, text_or_name: str, **params: str | int) -> Any:
        """The answer to a query as a pandas DataFrame. Raises QueryError, and MissingExtra where pandas is missing."""
        return self.query(text_or_name, **params).to_pandas()

    def __repr__(self) -> str:
        where = str(self.path) if self.remote is None else self.remote.url
        return f"KnowledgeGraph({where!r}, {len(self.store):,} quads)"

    def _repr_html_(self) -> str:
        """What the graph holds, for notebooks."""
        rows = "".join(f"<tr><th>{html.escape(what)}</th><td>{n:,}</td></tr>" for what, n in self.describe().items())
        return f"<p>{html.escape(repr(self))}</p><table>{rows}</table>"
