"""From documents to committed shards: each document is read once, by any number of workers, and never again.

A batch of documents goes to a worker, which reads them and makes each one's portion of the graph. The shard comes back
as it is to stand on disk. What stands in a shard already is not read again (`imagingkg.cache`).
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Final

from imagingkg.cache import Cache, code_digest
from imagingkg.curate.apply import ReadingRules, curate_reading
from imagingkg.extract.reading import Tools, extract, prepare
from imagingkg.graph.names import Names
from imagingkg.graph.portion import PortionMaker
from imagingkg.ingest.files import Found, find_files
from imagingkg.ingest.papers import Papers
from imagingkg.ingest.read import read_files
from imagingkg.ledger import FileId, Ledger, file_id, key_line, read_ledger, write_ledger
from imagingkg.lexicon import Lexicon
from imagingkg.model import Document, Reading, Skipped
from imagingkg.product import Decided, Product, pack
from imagingkg.publish.tally import facts_of
from imagingkg.readings import reading_to_json
from imagingkg.runs import Runs
from imagingkg.settings import Settings
from imagingkg.shards import Entry, shard_of
from imagingkg.workers import WORKERS

BATCH: Final = 1_000
BATCH_TEXT: Final = 2_000_000
"""A batch is full at so many documents or characters of text. More would be lost to a kill, less is many files."""
_NOT_HASHED: Final = ("text", "raw")  # the text goes by its hash, and of the raw one nothing is made

Keyed = tuple[str, Document]
Tell = Callable[[str, int, float], None]
"""Told the stage, how many documents are through it, and which share of the input is read."""
_KEYS_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Making:
    """All that goes into entries beside the documents; it is sent to every worker. `digest` is a name for it."""

    digest: str
    lexicon: Lexicon
    rules: ReadingRules | None
    names: Names
    version: str
    quotes: bool


def state(lexicon: Lexicon, curation: str, settings: Settings) -> str:
    """A name for all that an entry is made from beside its document; another one after any change."""
    parts = [code_digest(), lexicon.digest, curation, settings.base, settings.quotes]
    return sha256(json.dumps(parts).encode()).hexdigest()[:24]


def key_of(document: Document) -> str:
    """A name for all of a document: 32 hex digits."""
    said = [getattr(document, name) for name in _HASHED]
    written = json.dumps(said, default=asdict, ensure_ascii=True, separators=(",", ":"))
    return blake2b(written.encode("ascii"), digest_size=16).hexdigest()


_HASHED: Final = tuple(f.name for f in fields(Document) if f.name not in _NOT_HASHED)


def gather(
    sources: Sequence[Path], cache: Cache, scratch: Path, wanted: Runs, making: Making, settings: Settings, tell: Tell
) -> list[Skipped]:  # fmt: skip
    """See to it that a shard in the cache has an entry for each paper of the sources, and note in `wanted` which these
    are; gives what could not be used.

    Files that the last build read are only looked at to see that they are the same, unless a new one has something to
    say of their papers.
    """
    files: list[Found] = []
    obstacles: list[Skipped] = []
    for item in (item for root in sources for item in find_files(root)):
        files.append(item) if isinstance(item, Found) else obstacles.append(item)
    ids = _identities(files) if cache.kept else []
    before = read_ledger(cache.folder) if ids else None
    job = _Job(cache, Runs(scratch, "keys"), making, settings, tell)
    if before is not None and not Counter(before.files) - Counter(ids) and _all_in(cache, before):
        new = [file for file, is_new in zip(files, _is_new(ids, before), strict=True) if is_new]
        try:
            skipped = [*before.skipped, *job.read(new, wanted, before)]
            wanted.update(before.wanted())
            if new:
                write_ledger(cache.folder, ids, skipped, wanted, heapq.merge(before.key_lines(), job.keys))
            return [*obstacles, *skipped]
        except _Related:
            job = replace(job, keys=Runs(scratch, "all-keys"))
    skipped = job.read(files, wanted)
    if ids:
        write_ledger(cache.folder, ids, skipped, wanted, job.keys)
    return [*obstacles, *skipped]


def _identities(files: Iterable[Found]) -> list[FileId]:
    """What tells the files from others; none where one of them cannot be read, which may come or go as it likes."""
    try:
        return [file_id(found.path, found.source) for found in files]
    except OSError:
        return []


def _is_new(ids: Iterable[FileId], before: Ledger) -> Iterator[bool]:
    left = Counter(before.files)
    for identity in ids:
        left[identity] -= 1
        yield left[identity] < 0


def _all_in(cache: Cache, before: Ledger) -> bool:
    return all(line[64:].decode("ascii") in cache for line in before.wanted())


class _Related(Exception):
    """A new file has something to say of a paper in an old one."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Files being read; in `keys` what their papers go by."""

    cache: Cache
    keys: Runs
    making: Making
    settings: Settings
    tell: Tell

    def read(self, files: Sequence[Found], wanted: Runs, before: Ledger | None = None) -> list[Skipped]:
        """Commits the papers of the files. Raises _Related where the ledger `before` knows any of them."""
        skipped: list[Skipped] = []
        share = _Share(files)
        with Papers() as met:
            # First all documents as they come, so that workers need not wait until all are met. Then those that there
            # are to be: mostly the same, so that next to nothing is left to do.
            self._commit("reading", self._first(share, met, skipped, before), None, share)
            self._commit("comparing papers", _keyed(met.one_each(), skipped), wanted, share)
        return skipped

    def _first(
        self, files: Iterable[Found], met: Papers, skipped: list[Skipped], before: Ledger | None
    ) -> Iterator[Keyed]:
        some: list[int] = []
        for item in read_files(files, lexicon=self.making.lexicon):
            key = "" if isinstance(item, Skipped) else key_of(item)
            keys = met.add(item, b"" if isinstance(item, Skipped) else _line(item, key))
            self.keys.update(map(key_line, keys))
            if before is not None:
                some += keys
                if len(some) >= _KEYS_AT_ONCE and before.knows_any(some):
                    raise _Related
                some = [] if len(some) >= _KEYS_AT_ONCE else some
            if isinstance(item, Skipped):
                skipped.append(item)
            else:
                yield key, item
        if before is not None and before.knows_any(some):
            raise _Related

    def _commit(self, stage: str, documents: Iterator[Keyed | bytes], wanted: Runs | None, share: _Share) -> None:
        def tell(count: int) -> None:
            self.tell(stage, count, share.done)

        commit(documents, self.cache, wanted, self.making, self.settings, tell)


def _keyed(items: Iterable[Document | Skipped | bytes], skipped: list[Skipped]) -> Iterator[Keyed | bytes]:
    for item in items:
        if isinstance(item, Skipped):
            skipped.append(item)
        else:
            yield item if isinstance(item, bytes) else (key_of(item), item)


def _line(document: Document, key: str) -> bytes:
    """The document's line in the list of what is wanted."""
    return f"{document.sha256}{key}".encode("ascii")


class _Share:
    """The files, one after the other, and how much of them is done, by bytes."""

    def __init__(self, files: Sequence[Found]) -> None:
        self._files = files
        self.done = 0.0

    def __iter__(self) -> Iterator[Found]:
        sizes = [_size(found.path) for found in self._files]
        total, so_far = sum(sizes) or 1, 0
        for found, size in zip(self._files, sizes, strict=True):
            yield found
            so_far += size
            self.done = so_far / total


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def commit(
    documents: Iterable[Keyed | bytes], cache: Cache, wanted: Runs | None, making: Making, settings: Settings,
    tell: Callable[[int], None],
) -> None:  # fmt: skip
    """See to it that a shard in the cache has an entry for each document, and note in `wanted` that it is needed.

    A document that was committed before is known by its line in the list of what is wanted.
    `tell` is told how many documents are through so far.
    """
    through = 0

    def fresh() -> Iterator[Keyed]:
        nonlocal through
        for item in documents:
            if isinstance(item, bytes):
                line, known = item, True
            else:
                line, known = _line(item[1], item[0]), item[0] in cache
            if wanted is not None:
                wanted.add(line)
            if known:
                through += 1
                tell(through)
            elif not isinstance(item, bytes):
                yield item

    work = WORKERS[settings.workers]
    for name, count, data in work(batches(fresh()), partial(_prepare, making), settings.jobs):
        cache.add(name, data)
        through += count
        tell(through)
    cache.reload()


def batches(documents: Iterable[Keyed]) -> Iterator[list[Keyed]]:
    """The documents in lists, each large enough to be worth a worker's while."""
    batch: list[Keyed] = []
    size = 0
    for item in documents:
        batch.append(item)
        size += len(item[1].text)
        if len(batch) >= BATCH or size >= BATCH_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _prepare(making: Making) -> Callable[[Sequence[Keyed]], tuple[str, int, bytes]]:
    maker = PortionMaker(
        making.lexicon, making.names, making.names.run(making.version, making.lexicon.digest), making.quotes
    )
    return partial(_shard, prepare(making.lexicon), making, maker)


def _shard(tools: Tools, making: Making, maker: PortionMaker, batch: Sequence[Keyed]) -> tuple[str, int, bytes]:
    """The name of the batch's shard, the number of its documents, and its bytes."""
    entries = [
        Entry(
            (document.sha256, document.source, document.id, key),
            pack(product(extract(document, tools), making, maker)),
        )
        for key, document in batch
    ]
    name, data = shard_of(entries)
    return name, len(entries), data


def product(reading: Reading, making: Making, maker: PortionMaker) -> Product:
    """All that is made of a reading."""
    met: list[Decided] = []
    if making.rules is not None:
        curated = curate_reading(reading, making.rules)
        reading, met = curated.reading, [(*d.key, sorted(d.about)) for d in curated.met]
    line = reading_to_json(reading, quotes=making.quotes)
    published = line.encode("utf-8", "replace")
    exact = line if making.quotes else reading_to_json(reading)
    whole = exact.encode("utf-8", "surrogatepass")
    return Product(
        reading.document.sha256, published, maker.make(reading), facts_of(reading, making.lexicon), met,
        b"" if whole == published else whole,
    )  # fmt: skip
