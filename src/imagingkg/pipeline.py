"""The main job, stage after stage: files to documents, documents to readings, readings to the files of a build."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, count, islice
from pathlib import Path
from typing import Final

from imagingkg.cache import Cache, opened_cache, remove_cache
from imagingkg.curate.apply import Outcome, ReadingRules, curate_lexicon, curate_reading
from imagingkg.curate.decisions import ClaimDecision, Curation, read_curation
from imagingkg.curate.review import Review, make_review, write_review
from imagingkg.edition import Progress, Series, Setup, publish
from imagingkg.errors import UsageError
from imagingkg.extract.reading import Tools, extract, prepare
from imagingkg.graph.names import Names
from imagingkg.graph.store import graph_file
from imagingkg.ingest.papers import papers
from imagingkg.ingest.read import read_sources
from imagingkg.intake import Making, gather, state
from imagingkg.last_edition import additions, read_last
from imagingkg.lexicon import Lexicon
from imagingkg.lexicon_files import Opened, open_lexicon
from imagingkg.model import Document, Reading, Skipped
from imagingkg.product import LostEntry, Product, chosen
from imagingkg.publish.report import Report
from imagingkg.readings import load_readings
from imagingkg.runs import Runs
from imagingkg.settings import Settings
from imagingkg.shards import DamagedShard, merged
from imagingkg.staging import check_target, scratch, staged
from imagingkg.workers import WORKERS

SAMPLES: Final = Path(__file__).parent / "samples"
WORTH_KEEPING: Final = 100
"""The cache of a build of fewer documents is removed with its end: to read them again takes a moment."""
_ATTEMPTS: Final = 3  # how often what a damaged cache lost is read again
_CHUNK: Final = 16  # documents that a worker gets at once where their readings are awaited


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
    """The documents of files and folders, one a paper; those of the sample corpus where none is given."""
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
    chunks = iter(lambda: list(islice(inputs.documents, _CHUNK)), [])
    return chain.from_iterable(WORKERS[settings.workers](chunks, partial(_reader, lexicon), settings.jobs))


def _reader(lexicon: Lexicon) -> Callable[[Sequence[Document]], list[Reading]]:
    return partial(_read, prepare(lexicon))


def _read(tools: Tools, documents: Sequence[Document]) -> list[Reading]:
    return [extract(document, tools) for document in documents]


def set_up(settings: Settings) -> tuple[Setup, ReadingRules | None]:
    """The lexicon and rules that the settings ask for, with further terms and a review's decisions.

    Raises OntologyError for a mistake in the lexicon, in a file of terms or in the review.
    """
    opened = open_lexicon(settings.lexicon)
    if not settings.curation:
        return Setup(opened, program_version()), None
    curation = read_curation(Path(settings.curation))
    lexicon, rules, outcomes = curate_lexicon(opened.lexicon, curation)
    return Setup(Opened(lexicon, opened.joined), program_version(), curation, outcomes), rules


def start(sources: Sequence[Path], settings: Settings) -> Run:
    """Begin to read the sources as the settings say. Raises OntologyError as `set_up` does."""
    setup, rules = set_up(settings)
    met: list[ClaimDecision] = []
    inputs = open_inputs(sources, setup.opened.lexicon)
    readings = read_all(inputs, setup.opened.lexicon, settings)
    if rules is not None:
        readings = _curated(readings, rules, met)
    return Run(setup.opened, inputs, readings, setup.curation, setup.outcomes, met)


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


def build(sources: Sequence[Path], target: Path, settings: Settings, progress: Progress | None = None) -> Report:
    """Read the sources and write a build into `target`, which changes as a whole or not at all.

    What is read goes into a cache, from which the next build goes on where this one was stopped. Raises UsageError
    where nothing could be read, TargetError where `target` is not ours to replace, OntologyError for a mistake in the
    lexicon or the rules.
    """
    tell = progress or _silent
    check_target(target)
    setup, rules = set_up(settings)
    lexicon = setup.opened.lexicon
    digest = state(lexicon, setup.curation.digest, settings)
    making = Making(digest, lexicon, rules, Names(settings.base), setup.version, settings.quotes)
    place = cache_place(target, settings)
    with scratch(target) as work, opened_cache(place, digest, work) as cache:
        for attempt in count(1):
            wanted = Runs(work, f"wanted-{attempt}")
            room = work / f"graph-{attempt}"
            room.mkdir()
            skipped = gather(sources or [SAMPLES], cache, room, wanted, making, settings, tell)
            if not wanted:
                reasons = "; ".join(f"{s.source}: {s.reason}" for s in skipped[:3]) or "no files were found"
                raise UsageError("sources", f"nothing could be read ({reasons})", "The output was left as it was")
            try:
                with _settled(), staged(target) as directory:
                    series, products = _to_publish(target, cache, wanted, room, settings)
                    report = publish(directory, room, products, setup, settings, skipped, series, tell)
                break
            except (DamagedShard, LostEntry) as error:
                if attempt == _ATTEMPTS:
                    raise
                _forget(cache, error)
    if place is not None and report.documents < WORTH_KEEPING:
        remove_cache(place)
    return report


def _to_publish(
    target: Path, cache: Cache, wanted: Runs, room: Path, settings: Settings
) -> tuple[Series, Iterator[Product]]:
    """The build among those before and after it, and what was made of the documents that the last one had not."""
    # Decisions of a review are counted anew each time; without quotes, what is published is not all of a reading.
    kept = cache.folder if cache.kept and settings.quotes and not settings.curation else None
    last = read_last(kept, target) if kept else None
    new = additions(last, wanted) if last else None
    if new is None:
        return Series(target, kept, wanted), chosen(merged(cache.shards(), room), wanted)
    shards = cache.shards_with({line[64:].decode("ascii") for line in new})
    return Series(target, kept, wanted, last), chosen(merged(shards, room), new)


@contextmanager
def _settled() -> Iterator[None]:
    """What was set up stays to the end: the garbage collector need not look through it again and again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def cache_place(target: Path, settings: Settings) -> Path | None:
    """The directory of the cache: beside the output, or as the settings say; None for none."""
    if settings.cache == "none":
        return None
    return Path(settings.cache) if settings.cache else target.with_name(f"{target.name}.cache")


def _forget(cache: Cache, error: DamagedShard | LostEntry) -> None:
    """Have read again what the cache has lost."""
    if isinstance(error, DamagedShard):
        cache.drop(error.path)
    else:  # a shard that says it has what it has not: which one it is nobody knows
        cache.clear()
    cache.reload()


def _silent(stage: str, count: int, share: float = 0.0) -> None:
    """Nobody listens."""
