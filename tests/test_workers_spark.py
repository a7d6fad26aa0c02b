"""Spark gives what the plain loop gives, a worker that dies is tried again, and what was done is not done twice."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click
import pytest

from imagingkg import workers_spark
from imagingkg.commands.options import reading_options
from imagingkg.errors import KgError, MissingExtra
from imagingkg.extract.reading import Tools, extract
from imagingkg.extract.reading import prepare as prepare_tools
from imagingkg.ingest.read import read_sources
from imagingkg.lexicon import Lexicon, load_lexicon
from imagingkg.model import Document, Reading
from imagingkg.readings import reading_to_json
from imagingkg.settings import WORKER_NAMES
from imagingkg.workers import WORKERS, here
from imagingkg.workers_spark import DIRECTORY, spark

# Where a newer pandas is installed than Spark knows; mapInArrow asks for pandas, but hands it nothing.
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
SAMPLES = Path(workers_spark.__file__).parent / "samples"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a Spark on this machine; skips where there is none."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'imagingkg[spark]')")
    if not shutil.which("java") and "JAVA_HOME" not in os.environ:
        pytest.skip("Java is not installed")
    # The workers of Spark are processes that must find the functions of this module.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv(DIRECTORY, (tmp_path / "shards").as_uri())
    monkeypatch.setattr(workers_spark, "_program", lambda: "the same, though somebody may be at work on it")
    return tmp_path


def reader(lexicon: Lexicon, folder: Path) -> Callable[[Document], Reading]:
    return partial(read_or_die, prepare_tools(lexicon), folder)


def read_or_die(tools: Tools, folder: Path, document: Document) -> Reading:
    """Notes each document in the folder; the first process that meets the fifth one kills itself."""
    with (folder / "read").open("a", encoding="utf-8") as out:
        out.write(f"{document.source}\n")
    if document.source.endswith("#5") and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return extract(document, tools)


def documents(lexicon: Lexicon) -> Iterator[Document]:
    return (item for item in read_sources([SAMPLES], lexicon=lexicon) if isinstance(item, Document))


def lines(readings: Iterator[Reading]) -> list[str]:
    return [reading_to_json(reading) for reading in readings]


def read_count(folder: Path) -> int:
    return len((folder / "read").read_text(encoding="utf-8").splitlines())


def prepare_power(number: int) -> Callable[[int], int]:
    return partial(pow, number)


WITHOUT_JAVA = """
from imagingkg.errors import KgError
from imagingkg.workers_spark import spark
try:
    list(spark([1], int, 2))
except KgError as error:
    raise SystemExit(str(error))
"""


def test_without_java_the_error_says_so(tmp_path: Path) -> None:
    """In a process of its own: this one may have Java running already."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'imagingkg[spark]')")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_JAVA], capture_output=True, text=True, check=False,
        env={**os.environ, "JAVA_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "Spark does not start" in done.stderr
    assert done.stderr.strip().endswith("It needs Java 17 or later: install it, or set JAVA_HOME")


def test_a_worker_that_dies_changes_no_byte_and_a_second_run_reads_nothing_again(cluster: Path) -> None:
    lexicon = load_lexicon()
    prepare = partial(reader, lexicon, cluster)
    made = lines(spark(documents(lexicon), prepare, 2))
    assert (cluster / "died").exists()
    count = read_count(cluster)
    assert count > len(made) > 10
    assert lines(spark(documents(lexicon), prepare, 2)) == made
    assert read_count(cluster) == count
    assert lines(here(documents(lexicon), prepare)) == made


def prepare_fault() -> Callable[[int], int]:
    return fault


def fault(number: int) -> int:
    return 1 // (number - 40)


def test_many_batches_come_back_in_order_and_a_fault_comes_through(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_spark, "_MOST_ITEMS", 60)
    assert list(WORKERS["spark"](range(100), partial(prepare_power, 2), 2)) == [2**n for n in range(100)]
    (first, *_) = sorted((cluster / "shards").iterdir())
    (first / "_SUCCESS").unlink()  # as a run that was killed leaves it
    assert list(spark(range(100), partial(prepare_power, 2), 2)) == [2**n for n in range(100)]
    assert list(spark([], partial(prepare_power, 2), 2)) == []
    with pytest.raises(ZeroDivisionError):
        list(spark(range(50), prepare_fault, 2))


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingExtra) as caught:
        list(WORKERS["spark"]([1], partial(prepare_power, 2), 2))
    assert "imagingkg[spark]" in caught.value.advice


def test_a_shard_that_somebody_else_wrote_runs_no_program(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return os.system, (f"touch {tmp_path}/ran",)

    with pytest.raises(pickle.UnpicklingError, match="no value that imagingkg writes"):
        list(workers_spark._results([pickle.dumps((True, Harmful()))]))
    assert not (tmp_path / "ran").exists()


def test_a_fault_of_another_library_comes_back_by_its_name() -> None:
    def work(_: int) -> int:
        raise sqlite3.OperationalError("no such table")

    with pytest.raises(RuntimeError, match="OperationalError: no such table"):
        list(workers_spark._results([workers_spark._outcome(work, 1)]))
    with pytest.raises(KgError, match="is bad"):
        list(workers_spark._results([pickle.dumps((False, KgError("it", "is bad")))]))


def test_results_are_named_by_what_they_depend_on() -> None:
    lexicon = Lexicon({}, {}, {}, frozenset(), "a digest")
    names = {workers_spark._name(partial(reader, lexicon, folder)) for folder in (Path("a"), Path("b"), Path("b"))}
    assert len(names) == 2
    assert workers_spark._name(prepare_fault) != workers_spark._name(partial(prepare_power, 2))


def test_the_command_line_knows_every_kind_of_worker() -> None:
    command = click.command()(reading_options(lambda **_: None))
    (choice,) = (option.type for option in command.params if option.name == "workers")
    assert isinstance(choice, click.Choice)
    assert tuple(choice.choices) == WORKER_NAMES == tuple(WORKERS)
