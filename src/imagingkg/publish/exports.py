"""A built graph in other formats. To write another one, write a function and enter it in WRITERS.

A format is one file, several in a directory, or either. Files are written as they are made, so that a graph need not
fit into memory twice, and take their place when they are whole.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from imagingkg.errors import TargetError, UsageError
from imagingkg.graph.store import graph_file
from imagingkg.publish.export_bibtex import write_bibtex
from imagingkg.publish.export_csv import write_claims_csv, write_csv_folder
from imagingkg.publish.export_jsonld import write_json_ld
from imagingkg.publish.export_kgx import write_kgx_folder
from imagingkg.publish.export_nanopub import write_nanopublications
from imagingkg.publish.export_neo4j import write_neo4j_folder
from imagingkg.publish.export_networks import write_cytoscape, write_gexf, write_graphml
from imagingkg.publish.export_parquet import write_parquet_folder
from imagingkg.publish.export_rdf import (
    FileWriter,
    copy_of,
    write_n_quads,
    write_n_triples,
    write_rdf_12,
    write_rdf_xml,
)
from imagingkg.publish.export_xlsx import write_xlsx
from imagingkg.staging import staged

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FolderWriter = Callable[[Path, Path], None]
"""Writes the files of an export: from the directory of a build, into an empty directory."""


@dataclass(frozen=True, slots=True)
class Writer:
    """How a format is written: as one `file`, into a `folder`, or either, as the target's name asks."""

    file: FileWriter | None = None
    folder: FolderWriter | None = None


WRITERS: Final[dict[str, Writer]] = {
    "ttl": Writer(copy_of("graph.ttl")),
    "nt": Writer(write_n_triples),
    "rdfxml": Writer(write_rdf_xml),
    "jsonld": Writer(write_json_ld),
    "rdf12": Writer(write_rdf_12),
    "trig": Writer(copy_of("graph.trig")),
    "nq": Writer(write_n_quads),
    "nanopub": Writer(write_nanopublications),
    "graphml": Writer(write_graphml),
    "gexf": Writer(write_gexf),
    "cyjs": Writer(write_cytoscape),
    "neo4j": Writer(folder=write_neo4j_folder),
    "kgx": Writer(folder=write_kgx_folder),
    "csv": Writer(write_claims_csv, write_csv_folder),
    "parquet": Writer(folder=write_parquet_folder),
    "xlsx": Writer(write_xlsx),
    "bibtex": Writer(write_bibtex),
    "jsonl": Writer(copy_of("claims.jsonl")),
    "sssom": Writer(copy_of("mappings.sssom.tsv")),
}
"""Name of a format to its writer; docs/formats.md says what each is for and what does not fit into it.

ttl, nt, rdfxml, jsonld: layers 1-3; rdf12: the same with triple terms; trig, nq: by document; nanopub: by claim;
graphml, gexf, cyjs: concepts and their links; neo4j, kgx, csv, parquet: tables; xlsx: the evidence; bibtex: the
studies; jsonl: the readings; sssom: mappings to other vocabularies."""


def export(graph_dir: Path, form: str) -> bytes:
    """The graph of a build in one of the formats of WRITERS; equal bytes for equal builds.

    A format of several files gives a zip archive of them. Raises UsageError for another format, GraphError for a
    directory that is no finished build and MissingExtra where an optional package is missing.
    """
    writer = _writer(form)
    out = io.BytesIO()
    if writer.file is not None:
        writer.file(graph_dir, out)
    elif writer.folder is not None:
        with tempfile.TemporaryDirectory() as folder:
            writer.folder(graph_dir, Path(folder))
            _zip(Path(folder), out)
    return out.getvalue()


def export_to(graph_dir: Path, form: str, target: Path) -> None:
    """Write the graph into `target`: a file; where the format is several, a directory or a file that ends in .zip.

    Of a format that may be either, a name without an ending is a directory. A file or an earlier export is replaced
    when the new one is whole. Raises as `export` does, and TargetError for a directory with other things in it, a place
    inside a build, and a disk that is full or may not be written.
    """
    writer = _writer(form)
    graph_file(graph_dir, "graph.ttl")  # no target is touched for a build that is none
    inside = graph_dir.resolve()
    if inside in (target.resolve(), *target.resolve().parents):
        raise TargetError(str(target), "is in the build, which the next build replaces as a whole", "Give another -o")
    packed = target.suffix.lower() == ".zip"
    several = packed or target.is_dir() or not (target.suffix or target.exists())
    if writer.file is not None and (writer.folder is None or not several):
        if packed:
            raise UsageError(str(target), f"{form} is one file and no archive", f"Give it a name such as graph.{form}")
        with _replacing(target) as out:
            writer.file(graph_dir, out)
    elif writer.folder is not None and packed:
        with _replacing(target) as out, tempfile.TemporaryDirectory(dir=target.parent) as folder:
            writer.folder(graph_dir, Path(folder))
            _zip(Path(folder), out)
    elif writer.folder is not None:
        if (target / "graph.ttl").exists():
            raise TargetError(str(target), "is a build", "Give another -o")
        with staged(target) as directory:
            writer.folder(graph_dir, directory)


def export_stream(graph_dir: Path, form: str, out: IO[bytes]) -> None:
    """Write the graph into a stream such as stdout. Raises as `export` does, and UsageError for several files."""
    writer = _writer(form)
    if writer.file is None:
        raise UsageError(form, "is several files", "Say where: -o DIRECTORY or -o FILE.zip")
    try:
        writer.file(graph_dir, out)
    except BrokenPipeError:
        raise  # a reader that leaves early is no error of ours
    except OSError as error:
        raise TargetError("export", f"cannot be written ({error.strerror})", "Make room, or give a file: -o") from error


def _writer(form: str) -> Writer:
    if form not in WRITERS:
        raise UsageError("format", f"{form!r} is unknown", f"Known: {', '.join(WRITERS)}")
    return WRITERS[form]


@contextmanager
def _replacing(target: Path) -> Iterator[IO[bytes]]:
    """A file to write beside `target`; on leaving the block it becomes `target`, on an exception it is gone."""
    if target.is_dir():
        raise TargetError(str(target), "is a directory", "Give a file")
    place = target.resolve()  # what a link leads to is replaced, not the link
    try:
        if place.exists() and not place.is_file():  # a pipe or a device is written to, not replaced
            with place.open("wb") as out:
                yield out
            return
        draft = place.with_name(f".{place.name[:100]}.{secrets.token_hex(6)}")
        try:
            with draft.open("xb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        advice = "What was there is unchanged; make room" if error.errno in _FULL else "Give another -o"
        raise TargetError(str(target), f"cannot be written ({error.strerror})", advice) from error


def _zip(folder: Path, out: IO[bytes]) -> None:
    """The files of a folder as an archive, sorted and without their dates."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name)  # its date is the first that there is, 1980
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.file_size = path.stat().st_size  # tells whether the entry needs the form for over 2 GiB
            with path.open("rb") as file, archive.open(entry, "w") as packed:
                shutil.copyfileobj(file, packed)
