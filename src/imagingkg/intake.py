"""From documents to committed shards: each document is read once, by any number of workers, and never again.

A batch of documents goes to a worker, which reads them and makes each one's portion of the graph. The shard comes back
as it is to stand on disk. What stands in a shard already is not read again (`imagingkg.cache`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from hashlib import blake2b, sha256
from typing import Final

from imagingkg.cache import Cache, code_digest
from imagingkg.curate.apply import ReadingRules, curate_reading
from imagingkg.extract.reading import Tools, extract, prepare
from imagingkg.graph.names import Names
from imagingkg.graph.portion import PortionMaker
from imagingkg.lexicon import Lexicon
from imagingkg.model import Document, Reading
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


def commit(
    documents: Iterable[Document], cache: Cache, wanted: Runs, making: Making, settings: Settings,
    tell: Callable[[int], None],
) -> None:  # fmt: skip
    """See to it that a shard in the cache has an entry for each document, and note in `wanted` which ones are needed.

    `tell` is told how many documents are through so far.
    """
    through = 0

    def fresh() -> Iterator[Keyed]:
        nonlocal through
        for document in documents:
            key = key_of(document)
            wanted.add(f"{document.sha256}{key}".encode("ascii"))
            if key in cache:
                through += 1
                tell(through)
            else:
                yield key, document

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
