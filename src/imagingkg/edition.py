"""From what was made of the documents, one after the other, to all files of a build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from imagingkg.curate.apply import Outcome, claim_outcomes
from imagingkg.curate.decisions import ClaimDecision, Curation
from imagingkg.graph.bodies import Bodies
from imagingkg.graph.files import GraphFiles, Written
from imagingkg.graph.layers import Corpus
from imagingkg.graph.names import Names
from imagingkg.graph.sources import load_sources
from imagingkg.graph.store import build_store
from imagingkg.last_edition import Last, first_readings, kept_in, write_last
from imagingkg.lexicon_files import Opened
from imagingkg.model import Reading, Skipped
from imagingkg.product import Product
from imagingkg.publish.description import write_description
from imagingkg.publish.explorer import write_explorer
from imagingkg.publish.explorer_data import Whole
from imagingkg.publish.network import write_network
from imagingkg.publish.report import Report, make_report, write_report
from imagingkg.publish.sssom import write_sssom
from imagingkg.publish.tally import Tally
from imagingkg.runs import Runs
from imagingkg.settings import Settings


class Progress(Protocol):
    """Told the stage, how many documents are through it, and the share of all that is done (0: not known)."""

    def __call__(self, stage: str, count: int, share: float = 0.0, /) -> None: ...



PANEL_BYTES: Final = 32 * 1024 * 1024
"""A browser takes no graph.ttl larger than this into its SPARQL panel."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run works with: the lexicon as the review left it, and what came of the review so far."""

    opened: Opened
    version: str
    curation: Curation = field(default_factory=lambda: Curation(""))
    outcomes: Sequence[Outcome] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """The builds before and after this one. Without a `cache` to leave it in, nothing is left for the next.

    `last` is what the last build left, where all its documents are `wanted` again; `before` its directory, if any.
    """

    before: Path | None
    cache: Path | None
    wanted: Runs
    last: Last | None = None


def publish(
    directory: Path, scratch: Path, products: Iterator[Product], setup: Setup, settings: Settings,
    skipped: Sequence[Skipped], series: Series, tell: Progress,
) -> Report:  # fmt: skip
    """Write every file of a build into `directory`, from the products that the last build had not, in the order of
    their documents.
    """
    last = series.last
    lexicon = setup.opened.lexicon
    frame = Corpus(
        (), frozenset(), lexicon, Names(settings.base), load_sources(), setup.version,
        licensed_codes=settings.licensed_codes,
    )  # fmt: skip
    tally = Tally.of(last.tally) if last else Tally()
    shown, review = _Shown(settings.explorer_documents), _Met(setup.curation)
    whole = True  # is every line of claims.jsonl all of the reading?
    with (
        Bodies(scratch, directory / "claims.jsonl", last.earlier if last else None) as bodies,
        GraphFiles(
            directory, scratch, frame, bodies,
            kept=last.graph if last else None, runs=last.folder if last else None,
        ) as graph,
    ):  # fmt: skip
        for product in products:
            graph.add(product.portion, product.wanted, product.line)
            tally.add(product.tally)
            shown.add(product)
            review.add(product)
            whole = whole and not product.whole
            tell("writing the graph", tally.documents)
        kept = graph.keep(kept_in(series.cache)) if series.cache and whole else None
        sums = tally.kept()
        for name in graph.unlinked():
            tally.add_unlinked(name.concept, name.mentioned, name.documents)
        written = graph.finish()
        table = scratch / "table"
        if kept or last:
            bodies.write_table(table)
        if kept and series.cache:
            write_last(series.cache, directory, table, series.wanted, kept, graph.places(), sums)
    write_sssom(
        directory / "mappings.sssom.tsv", lexicon, frame.names, frame.sources,
        version=setup.version, licensed_codes=settings.licensed_codes,
    )  # fmt: skip
    tell("drawing", tally.documents)
    readings = (
        first_readings(table, directory / "claims.jsonl", shown.limit) if last else shown.readings()
    )
    _draw(directory, readings, Whole(tally.documents, tally.claims, tally.statements), setup, settings)
    tell("describing", tally.documents)
    report = _report(tally, written, setup, skipped, review.outcomes(setup.outcomes))
    write_report(directory, report)
    write_description(directory, title=settings.title)
    tell("indexing", tally.documents)
    build_store(directory, directory / "store", series.before)
    return report


def _draw(directory: Path, readings: Sequence[Reading], whole: Whole, setup: Setup, settings: Settings) -> None:
    """The pages for people, of as many documents as a browser can hold; they say of how many."""
    lexicon = setup.opened.lexicon
    small = (directory / "graph.ttl").stat().st_size <= PANEL_BYTES
    write_explorer(
        directory / "graph.html", readings, lexicon, title=settings.title, quotes=settings.quotes,
        licensed_codes=settings.licensed_codes, whole=whole,
        turtle=[directory / "graph.ttl", directory / "inferred.ttl"] if settings.sparql and small else [],
    )  # fmt: skip
    write_network(
        directory / "network.html", readings, lexicon, limit=settings.network_nodes, documents=whole.documents
    )


def _report(
    tally: Tally, written: Written, setup: Setup, skipped: Sequence[Skipped], curation: dict[str, Any]
) -> Report:
    return make_report(
        tally, version=setup.version, lexicon=setup.opened.lexicon.digest, triples=written.triples,
        inferred=written.inferred, skipped=skipped, issues=written.issues,
        terminologies=[j.as_dict() for j in setup.opened.joined], curation=curation,
    )  # fmt: skip


@dataclass(slots=True)
class _Shown:
    """The documents that the pages show: all, or where there are more than `limit`, the first of those with claims.

    The order is that of hashes, so that a part of the corpus is a fair sample of it.
    """

    limit: int
    _all: list[Product] = field(default_factory=list)
    _claiming: list[Product] = field(default_factory=list)
    _count: int = 0

    def add(self, product: Product) -> None:
        self._count += 1
        if len(self._claiming) < self.limit and (product.tally["claims"] or product.tally["statements"]):
            self._claiming.append(product)
        if self._count <= self.limit:
            self._all.append(product)
        else:
            self._all.clear()

    def readings(self) -> list[Reading]:
        return [product.reading() for product in (self._all or self._claiming)]


class _Met:
    """The decisions of a review that the documents so far have met."""

    def __init__(self, curation: Curation) -> None:
        self._curation = curation
        self._decisions = {decision.full_key: decision for decision in curation.claims}
        self._documents = {decision.document for decision in curation.claims}
        self._read: set[str] = set()
        self._met: list[ClaimDecision] = []

    def add(self, product: Product) -> None:
        if product.sha256 in self._documents:
            self._read.add(product.sha256)
        for document, task, quote, about in product.met:
            self._met.append(self._decisions[document, task, quote, frozenset(about)])

    def outcomes(self, before: Sequence[Outcome]) -> dict[str, Any]:
        """How many decisions were applied, by list and decision, and which changed nothing; {} without a review."""
        if not self._curation.file:
            return {}
        found = [*before, *claim_outcomes(self._curation, self._met, frozenset(self._read))]
        applied = Counter(f"{o.section}: {o.decision}" for o in found if not o.stale)
        stale = [f"{o.section}: {o.entry}: {o.stale}" for o in found if o.stale]
        return {"file": self._curation.file, "applied": dict(sorted(applied.items())), "stale": stale}
