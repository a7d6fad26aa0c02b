"""The main job, stage after stage: files to documents, documents to readings, readings to the files of a build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from imagingkg.curate.apply import Outcome, ReadingRules, claim_outcomes, curate_lexicon, curate_reading
from imagingkg.curate.decisions import ClaimDecision, Curation, read_curation
from imagingkg.curate.review import Review, make_review, write_review
from imagingkg.errors import UsageError
from imagingkg.extract.reading import Tools, extract, prepare
from imagingkg.graph.layers import Corpus, corpus, graph_triples, turtle_prefixes
from imagingkg.graph.names import Names
from imagingkg.graph.reason import infer, load_rules, reasoning_store
from imagingkg.graph.sources import load_sources
from imagingkg.graph.store import build_store, graph_file
from imagingkg.graph.validate import check_stream
from imagingkg.graph.write import write_graph, write_triples
from imagingkg.ingest.papers import papers
from imagingkg.ingest.read import read_sources
from imagingkg.lexicon import Lexicon
from imagingkg.lexicon_files import Opened, open_lexicon
from imagingkg.model import Document, Reading, Skipped
from imagingkg.publish.explorer import write_explorer
from imagingkg.publish.network import write_network
from imagingkg.publish.report import Report, make_report, write_report
from imagingkg.publish.sssom import write_sssom
from imagingkg.readings import load_readings, reading_to_json
from imagingkg.settings import Settings
from imagingkg.staging import check_target, staged
from imagingkg.workers import WORKERS

Progress = Callable[[str, int], None]
"""Told the stage and how many documents are through it."""

SAMPLES: Final = Path(__file__).parent / "samples"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Documents as they come, and in `skipped` what could not be read so far."""

    documents: Iterator[Document]
    skipped: list[Skipped]


@dataclass(frozen=True, slots=True)
class Run:
    """Sources being read: the readings as they come, and what is known of the run so far.

    `met` are the reviewers' decisions on claims that the readings met up to now.
    """

    opened: Opened
    inputs: Inputs
    readings: Iterator[Reading]
    curation: Curation
    outcomes: Sequence[Outcome]
    met: list[ClaimDecision]

    @property
    def lexicon(self) -> Lexicon:
        """The lexicon that everything is read with."""
        return self.opened.lexicon


def program_version() -> str:
    """The version of imagingkg that runs."""
    try:
        return version("imagingkg")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0+unknown"


def open_inputs(sources: Sequence[Path], lexicon: Lexicon) -> Inputs:
    """The documents of files and folders, one a paper; the sample corpus where none is given."""
    skipped: list[Skipped] = []

    def documents() -> Iterator[Document]:
        for item in papers(read_sources(list(sources) or [SAMPLES], lexicon=lexicon)):
            if isinstance(item, Skipped):
                skipped.append(item)
            else:
                yield item

    return Inputs(documents(), skipped)


def read_all(inputs: Inputs, lexicon: Lexicon, settings: Settings) -> Iterator[Reading]:
    """A reading for each document, in their order, by the workers that the settings name."""
    return WORKERS[settings.workers](inputs.documents, partial(_reader, lexicon), settings.jobs)


def start(sources: Sequence[Path], settings: Settings) -> Run:
    """Begin to read the sources as the settings say: with further terms, and with a review's decisions applied.

    Raises OntologyError for a mistake in the lexicon, in a file of terms or in the review.
    """
    opened = open_lexicon(settings.lexicon)
    met: list[ClaimDecision] = []
    if not settings.curation:
        inputs = open_inputs(sources, opened.lexicon)
        return Run(opened, inputs, read_all(inputs, opened.lexicon, settings), Curation(""), (), met)
    curation = read_curation(Path(settings.curation))
    lexicon, rules, outcomes = curate_lexicon(opened.lexicon, curation)
    inputs = open_inputs(sources, lexicon)
    readings = _curated(read_all(inputs, lexicon, settings), rules, met)
    return Run(Opened(lexicon, opened.joined), inputs, readings, curation, outcomes, met)


def _curated(readings: Iterable[Reading], rules: ReadingRules, met: list[ClaimDecision]) -> Iterator[Reading]:
    for reading in readings:
        curated = curate_reading(reading, rules)
        met += curated.met
        yield curated.reading


def review(graph: Path, target: Path, settings: Settings, *, most: int = 0) -> Review:
    """Write what the build in `graph` left for people to decide into the file `target`.

    Decisions that the file holds already are kept. Raises GraphError for what is no build, UsageError for a build
    without sentences, OntologyError for a file that is no review.
    """
    readings = load_readings(graph_file(graph, "claims.jsonl"))
    decided = read_curation(target) if target.exists() else None
    made = make_review(readings, open_lexicon(settings.lexicon).lexicon, decided, most=most)
    write_review(target, made)
    return made


def _reader(lexicon: Lexicon) -> Callable[[Document], Reading]:
    return partial(_read, prepare(lexicon))


def _read(tools: Tools, document: Document) -> Reading:
    return extract(document, tools)


def build(sources: Sequence[Path], target: Path, settings: Settings, progress: Progress | None = None) -> Report:
    """Read the sources and write a build into `target`, which changes as a whole or not at all.

    Raises UsageError where nothing could be read, TargetError where `target` is not ours to replace, OntologyError for
    a mistake in the lexicon or the rules.
    """
    tell = progress or _silent
    check_target(target)
    run = start(sources, settings)
    readings: list[Reading] = []
    for reading in run.readings:
        readings.append(reading)
        tell("reading", len(readings))
    if not readings:
        reasons = "; ".join(f"{s.source}: {s.reason}" for s in run.inputs.skipped[:3]) or "no files were found"
        raise UsageError("sources", f"nothing could be read ({reasons})", "The output was left as it was")
    whole = corpus(
        readings,
        run.lexicon,
        names=Names(settings.base),
        sources=load_sources(),
        version=program_version(),
        quotes=settings.quotes,
        licensed_codes=settings.licensed_codes,
    )
    with staged(target) as directory:
        return _write(directory, whole, run, settings, tell)


def _write(directory: Path, whole: Corpus, run: Run, settings: Settings, tell: Progress) -> Report:
    count = len(whole.readings)
    tell("writing the graph", count)
    triples = write_graph(directory, whole)
    tell("checking", count)
    issues = [str(issue) for issue in check_stream(graph_triples(whole))]
    tell("inferring", count)
    inferred = infer(reasoning_store(directory / "graph.ttl"), load_rules())
    prefixes = turtle_prefixes(whole)
    write_triples(directory / "inferred.ttl", "Inferred by the rules in ontology/rules", inferred, prefixes)
    with (directory / "claims.jsonl").open("w", encoding="utf-8", errors="replace") as out:
        out.writelines(reading_to_json(r, quotes=settings.quotes) + "\n" for r in whole.readings)
    write_sssom(
        directory / "mappings.sssom.tsv", whole.lexicon, whole.names, whole.sources,
        version=whole.version, licensed_codes=settings.licensed_codes,
    )  # fmt: skip
    tell("drawing", count)
    write_explorer(
        directory / "graph.html", whole.readings, whole.lexicon, title=settings.title, quotes=settings.quotes,
        licensed_codes=settings.licensed_codes,
        turtle=[directory / "graph.ttl", directory / "inferred.ttl"] if settings.sparql else [],
    )  # fmt: skip
    write_network(directory / "network.html", whole.readings, whole.lexicon, limit=settings.network_nodes)
    report = make_report(
        whole.readings, whole.lexicon, version=whole.version, triples=triples, inferred=len(inferred),
        skipped=run.inputs.skipped, issues=issues, terminologies=[j.as_dict() for j in run.opened.joined],
        curation=_curation_report(run, whole.readings),
    )  # fmt: skip
    write_report(directory, report)
    tell("indexing", count)
    build_store(directory, directory / "store")
    return report


def _curation_report(run: Run, readings: Sequence[Reading]) -> dict[str, Any]:
    """How many decisions were applied, by list and decision, and which ones changed nothing; {} without a review."""
    if not run.curation.file:
        return {}
    documents = frozenset(r.document.sha256 for r in readings)
    outcomes = [*run.outcomes, *claim_outcomes(run.curation, run.met, documents)]
    applied = Counter(f"{o.section}: {o.decision}" for o in outcomes if not o.stale)
    stale = [f"{o.section}: {o.entry}: {o.stale}" for o in outcomes if o.stale]
    return {"file": run.curation.file, "applied": dict(sorted(applied.items())), "stale": stale}


def _silent(stage: str, count: int) -> None:
    """Nobody listens."""
