"""Who does the reading: a Spark cluster, or Spark on this machine.

Items go out in batches, a job each. What a job makes is written as Parquet and counts once Spark's mark of success is
beside it. A worker that dies is tried again by Spark, and a run that dies leaves what it made to the next.

IMAGINGKG_SPARK_DIRECTORY names the folder for that (hdfs://, s3a:// or a folder that all machines see); without it the
folder is a temporary one, which only Spark on this machine can use. Java 17 is needed, and imagingkg on every machine.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, is_dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar

from imagingkg.errors import KgError, MissingExtra, UsageError

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import SparkSession

Item = TypeVar("Item")
Out = TypeVar("Out")
DIRECTORY: Final = "IMAGINGKG_SPARK_DIRECTORY"
_MOST_ITEMS: Final = 16_384  # in one job
_BYTES_EACH: Final = 16 * 1024 * 1024  # in one job, for each of the tasks that run at once
_MOST_BYTES: Final = 512 * 1024 * 1024
_PARTS: Final = 4  # of a job for each of the tasks that run at once: one that is slow holds up few
_ROWS: Final = 16  # handed back to Spark at a time
_TRIES: Final = 4  # of a task whose worker dies; "local[2]" alone would not try again
_SCHEMA: Final = "place long, result binary"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A session, the folder for what its jobs make, and the function to apply: pickled at the workers, named here.

    `tasks` run at once.
    """

    session: SparkSession
    folder: str
    prepared: Any
    name: str
    tasks: int


def spark(items: Iterable[Item], prepare: Callable[[], Callable[[Item], Out]], jobs: int = 0) -> Iterator[Out]:
    """Share the items out by Spark's `mapInArrow`; results come back in the order of the items.

    `jobs` counts only where Spark is not told of a cluster: then it runs here, with so many workers (0: one for each
    processor). Raises MissingExtra without pyspark, UsageError for a cluster without a folder, KgError without Java.
    """
    try:
        import pyarrow  # noqa: F401
        import pyspark  # noqa: F401
    except ImportError as error:
        raise MissingExtra("--workers spark", "spark") from error
    with ExitStack() as stack:
        session = stack.enter_context(_session(jobs))
        folder = os.environ.get(DIRECTORY, "")
        if not folder:
            if not session.sparkContext.master.startswith("local"):
                what = f"a cluster needs a folder that all its machines see (master: {session.sparkContext.master})"
                raise UsageError("--workers spark", what, f"Name one in {DIRECTORY}")
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="imagingkg-spark-"))).as_uri()
        prepared = session.sparkContext.broadcast(pickle.dumps(prepare))
        stack.callback(prepared.destroy)
        tasks = session.sparkContext.defaultParallelism
        cluster = Cluster(session, folder.rstrip("/"), prepared, _name(prepare), tasks)
        # The next job runs while the results of this one are taken.
        pool = stack.enter_context(ThreadPoolExecutor(2))
        stack.callback(session.sparkContext.cancelAllJobs)
        waiting: deque[Future[Done]] = deque()
        for batch in _batches(items, min(_MOST_BYTES, _BYTES_EACH * tasks)):
            waiting.append(pool.submit(_done, cluster, batch))
            if len(waiting) > 1:
                yield from _results(_pickled(cluster, waiting.popleft().result()))
        while waiting:
            yield from _results(_pickled(cluster, waiting.popleft().result()))


def _session(jobs: int) -> Any:
    """The session, to be stopped at the end: as spark-submit or its configuration says, else one on this machine."""
    from pyspark import SparkConf
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("imagingkg").config("spark.ui.showConsoleProgress", "false")
    if not SparkConf().contains("spark.master") and "MASTER" not in os.environ:
        # Else its workers would be whatever "python3" is.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        count = jobs or len(os.sched_getaffinity(0))
        builder = builder.master(f"local[{count},{_TRIES}]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.log.level", "OFF").config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.sql.shuffle.partitions", count)
    try:
        return builder.getOrCreate()
    except PySparkException as error:
        what = f"Spark does not start ({str(error).strip().splitlines()[0]})"
        raise KgError("--workers spark", what, "It needs Java 17 or later: install it, or set JAVA_HOME") from error


def _batches(items: Iterable[Item], most: int) -> Iterator[list[bytes]]:
    """The items, pickled, in lists that one job takes."""
    batch: list[bytes] = []
    size = 0
    for item in items:
        batch.append(pickle.dumps(item))
        size += len(batch[-1])
        if len(batch) == _MOST_ITEMS or size >= most:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Done:
    """Where a job wrote what came of so many items."""

    path: str
    count: int


def _done(cluster: Cluster, batch: list[bytes]) -> Done:
    """What came of the batch: made now, or by a run before."""
    import pyarrow as pa

    digest = sha256(cluster.name.encode("utf-8"))
    for item in batch:
        digest.update(sha256(repr(pickle.loads(item)).encode("utf-8", "surrogatepass")).digest())  # noqa: S301 (ours)
    path = f"{cluster.folder}/{digest.hexdigest()[:32]}"
    if not _is_complete(cluster.session, path):
        rows = pa.table({"place": pa.array(range(len(batch)), pa.int64()), "item": pa.array(batch, pa.binary())})
        frame = cluster.session.createDataFrame(rows).repartition(min(len(batch), _PARTS * cluster.tasks))
        frame.mapInArrow(partial(_apply, cluster.prepared), _SCHEMA).write.mode("overwrite").parquet(path)
    return Done(path, len(batch))


def _pickled(cluster: Cluster, done: Done) -> Iterator[bytes]:
    """The results in the order of the items, few of them in memory here."""
    made = cluster.session.read.schema(_SCHEMA).parquet(done.path).orderBy("place").toLocalIterator()
    places = []
    for row in made:
        places.append(row.place)
        yield bytes(row.result)
    if places != list(range(done.count)):
        raise KgError(done.path, "is not what a job of imagingkg wrote", "Delete the folder")


def _is_complete(session: SparkSession, path: str) -> bool:
    java: Any = session.sparkContext._jvm  # the way to files wherever they are that Spark itself takes
    mark = java.org.apache.hadoop.fs.Path(f"{path}/_SUCCESS")
    return bool(mark.getFileSystem(session.sparkContext._jsc.hadoopConfiguration()).exists(mark))


def _apply(prepared: Any, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    """Runs in the workers of Spark."""
    import pyarrow as pa

    work = _work(prepared.value)
    for whole in batches:
        for start in range(0, whole.num_rows, _ROWS):
            batch = whole.slice(start, _ROWS)
            results = [_outcome(work, pickle.loads(item)) for item in batch.column("item").to_pylist()]  # noqa: S301
            yield pa.RecordBatch.from_arrays(
                [batch.column("place"), pa.array(results, pa.binary())], names=["place", "result"]
            )


@lru_cache(maxsize=1)
def _work(prepare: bytes) -> Callable[[Any], Any]:
    """The function to apply, made once in each process however many tasks it is given."""
    made: Callable[[], Callable[[Any], Any]] = pickle.loads(prepare)  # noqa: S301 (from the driver, by Spark's own way)
    return made()


def _outcome(work: Callable[[Any], Any], item: Any) -> bytes:
    """A fault of the program is handed back: Spark would try it again, and lose what it was."""
    try:
        return pickle.dumps((True, work(item)))
    except Exception as error:  # whatever it is, the driver raises it
        known = _is_ours(type(error).__module__)
        said = error if known else RuntimeError(f"{type(error).__qualname__}: {error}")
        return pickle.dumps((False, said))


def _results(pickled: Iterable[bytes]) -> Iterator[Any]:
    for data in pickled:
        good, value = _Values(io.BytesIO(data)).load()
        if not good:
            raise value
        yield value


def _is_ours(module: str) -> bool:
    return module == "builtins" or module.startswith("imagingkg.")


class _Values(pickle.Unpickler):
    """Unpickles values only: whoever can write into the folder must not be able to run a program here."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if _is_ours(module) else None
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Exception)):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no value that imagingkg writes")


def _name(prepare: Callable[[], Any]) -> str:
    """What the results depend on beside the items: the program, the function and what it was given.

    What has a digest, as a lexicon has, is named by it.
    """
    parts = [_program()]
    while isinstance(prepare, partial):
        given = [*prepare.args, *(value for _, value in sorted(prepare.keywords.items()))]
        parts += [getattr(value, "digest", None) or repr(value) for value in given]
        prepare = prepare.func
    return "\n".join([*parts, f"{prepare.__module__}.{prepare.__qualname__}"])


def _program() -> str:
    """The program's own text, hashed: what another state of it made is made again."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()
