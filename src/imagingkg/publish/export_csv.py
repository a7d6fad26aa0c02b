"""CSV for spreadsheets: the claims, and in a folder the concepts and links beside them.

A cell that a spreadsheet would run as a formula gets an apostrophe before it; a byte order mark makes Chinese show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from imagingkg.graph.results import csv_table
from imagingkg.publish.claim_table import CLAIM_COLUMNS, EDGE_COLUMNS, NODE_COLUMNS, claim_rows, edge_rows, node_rows
from imagingkg.publish.contents import read_contents
from imagingkg.publish.export_rdf import stretches


def write_claims_csv(output: Path, out: IO[bytes]) -> None:
    """One table: a row for each claim and statement."""
    _write(out, CLAIM_COLUMNS, claim_rows(read_contents(output)))


def write_csv_folder(output: Path, folder: Path) -> None:
    """claims.csv, nodes.csv (the concepts) and edges.csv (the lexicon's links and those of each claim)."""
    contents = read_contents(output)
    for name, columns, rows in (
        ("claims.csv", CLAIM_COLUMNS, claim_rows(contents)),
        ("edges.csv", EDGE_COLUMNS, edge_rows(contents)),
        ("nodes.csv", NODE_COLUMNS, node_rows(contents)),
    ):
        with (folder / name).open("wb") as out:
            _write(out, columns, rows)


def _write(out: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    head = csv_table(columns, ())
    out.write(head.encode("utf-8-sig"))
    for stretch in stretches(rows, 1_000):
        out.write(csv_table(columns, stretch).removeprefix(head).encode("utf-8"))
