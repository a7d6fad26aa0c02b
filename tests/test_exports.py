"""Exports: where they go, what refuses them, and that equal builds give equal bytes. What each format holds is in
test_exports_rdf, test_exports_tables and test_exports_networks."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import networkx
import pyarrow.parquet
import pyoxigraph
import pytest
import rdflib
import yaml
from click.testing import CliRunner
from pyoxigraph import RdfFormat

from command import PROGRAM, contents, imagingkg
from imagingkg.cli import main
from imagingkg.errors import GraphError, TargetError, UsageError
from imagingkg.pipeline import build
from imagingkg.publish.claim_table import CLAIM_COLUMNS
from imagingkg.publish.exports import WRITERS, Writer, export, export_to
from imagingkg.readings import reading_from_json
from imagingkg.settings import Settings

IKG = "https://w3id.org/imagingkg/vocab/"
HOSTILE_LABEL = '=HYPERLINK("http://x")<script>alert(1)</script>&\x01'
HOSTILE_SENTENCE = "=1+1 says that the accuracy of Evilscan for the segmentation of glioma on MRI was 0.950."
LEXICON = f"""
kind: method
concepts:
  evilscan: {{en: {json.dumps(HOSTILE_LABEL)}, zh: "@恶意\\u0002方法", also: [Evilscan], broader: [cnn]}}
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build whose labels, title and sentence try to be markup, a formula and a control character."""
    folder = tmp_path_factory.mktemp("hostile")
    record = {"id": "h", "title": "=cmd|' /C calc'!A1 <b>bold</b>", "abstract": HOSTILE_SENTENCE, "year": 2024}
    (folder / "h.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    (folder / "l.yaml").write_text(LEXICON, encoding="utf-8")
    build([folder / "h.jsonl"], folder / "output", Settings(lexicon=(str(folder / "l.yaml"),)))
    return folder / "output"


def quads(data: bytes, form: RdfFormat) -> Iterable[pyoxigraph.Quad]:
    return pyoxigraph.parse(data, format=form)


def table(output: Path) -> list[dict[str, str]]:
    text = export(output, "csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_format_gives_something_and_the_same_twice(sample_output: Path) -> None:
    assert len(WRITERS) == 19
    for form in WRITERS:
        data = export(sample_output, form)
        assert len(data) > 1_000
        assert data == export(sample_output, form), form


def test_turtle_and_trig_are_the_files_of_the_build(sample_output: Path) -> None:
    assert export(sample_output, "ttl") == (sample_output / "graph.ttl").read_bytes()
    assert export(sample_output, "trig") == (sample_output / "graph.trig").read_bytes()


def test_n_triples_are_sorted_and_the_triples_of_the_turtle(sample_output: Path) -> None:
    data = export(sample_output, "nt")
    lines = data.splitlines()
    assert lines == sorted(lines)
    counted = json.loads((sample_output / "report.json").read_text(encoding="utf-8"))["triples"]
    assert len(lines) == counted
    ours = {q.triple for q in quads(data, RdfFormat.N_TRIPLES)}
    assert ours == {q.triple for q in quads(export(sample_output, "ttl"), RdfFormat.TURTLE)}


def test_n_quads_are_sorted_and_the_quads_of_the_trig(sample_output: Path) -> None:
    data = export(sample_output, "nq")
    assert data.splitlines() == sorted(data.splitlines())
    ours = set(quads(data, RdfFormat.N_QUADS))
    assert ours == set(quads(export(sample_output, "trig"), RdfFormat.TRIG))
    assert len({q.graph_name for q in ours}) == 3 + 13  # concepts, links, metadata, and a graph a document


def test_rdflib_reads_as_many_n_triples_as_there_are(sample_output: Path) -> None:
    data = export(sample_output, "nt")
    graph = rdflib.Graph().parse(data=data, format="nt")
    assert len(graph) == len(data.splitlines())


def test_numbers_leave_as_they_were_printed(hostile: Path) -> None:
    for form in ("nt", "nq", "ttl", "trig"):
        assert b'"0.950"' in export(hostile, form), form


def test_no_blank_node_is_exported(sample_output: Path) -> None:
    nodes = {type(t) for q in quads(export(sample_output, "nt"), RdfFormat.N_TRIPLES) for t in (q.subject, q.object)}
    assert nodes == {pyoxigraph.NamedNode, pyoxigraph.Literal}


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_markup_and_control_characters_in_a_label_stay_text_in_a_network(
    hostile: Path, tmp_path: Path, form: str
) -> None:
    data = export(hostile, form)
    assert b"<script>" not in data
    path = tmp_path / f"graph.{form}"
    path.write_bytes(data)
    read: Any = networkx.read_graphml(path) if form == "graphml" else networkx.read_gexf(path)
    labels = {facts["label_en"] for _, facts in read.nodes(data=True)}
    assert HOSTILE_LABEL.replace("\x01", "\ufffd") in labels


def test_the_table_has_a_row_for_each_claim_and_statement(sample_output: Path) -> None:
    rows = table(sample_output)
    report = json.loads((sample_output / "report.json").read_text(encoding="utf-8"))
    assert len(rows) == report["claims"] + report["statements"]
    assert tuple(rows[0]) == CLAIM_COLUMNS
    assert len({r["claim"] for r in rows}) == len(rows)
    assert {r["certainty"] for r in rows} == {"affirmed", "hedged", "negated"}


def test_a_row_of_the_table_says_what_the_claim_says(sample_output: Path) -> None:
    row = next(r for r in table(sample_output) if r["task"] == "segmentation" and r["method"] == "nnU-Net")
    assert row["disease"] == "hepatocellular carcinoma"
    assert row["certainty"] == "affirmed"
    assert row["asserted as"] == "primary"
    assert row["best figure"].endswith("0.87 (test)")
    assert "0.81 (external)" in row["figures"]
    assert "180 patients" in row["sample"]
    assert row["year"] == "2023"
    assert row["document"].startswith("Automatic segmentation of hepatocellular carcinoma")
    assert "nnU-Net" in row["quote"]
    reported = next(r for r in table(sample_output) if r["study"].startswith("Silva 2018"))
    assert reported["asserted as"] == "reported"


def test_no_cell_of_the_table_begins_a_formula(hostile: Path, sample_output: Path) -> None:
    cells = [c for output in (hostile, sample_output) for row in table(output) for c in row.values()]
    assert len(cells) > 1_000
    risky = [c for c in cells if c[:1] in "=+-@\t\r" and c[:1]]
    assert risky == []
    assert any("=HYPERLINK" in c for c in cells)
    assert any(c.startswith("'=") for c in cells)


def test_the_table_shows_chinese_in_a_spreadsheet(sample_output: Path) -> None:
    data = export(sample_output, "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    assert "胶质瘤" in data.decode("utf-8-sig")


def test_the_readings_are_read_back(sample_output: Path) -> None:
    lines = export(sample_output, "jsonl").decode("utf-8").splitlines()
    readings = [reading_from_json(line) for line in lines]
    assert len(readings) == 13
    checked = 0
    for reading in readings:
        for claim in reading.claims:
            assert reading.document.text[claim.start : claim.end] == claim.quote
            checked += 1
    assert checked > 60


def test_the_mappings_are_read_back_and_every_prefix_is_declared(sample_output: Path) -> None:
    text = export(sample_output, "sssom").decode("utf-8")
    head = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("#")]
    facts = yaml.safe_load("\n".join(head))
    rows = list(csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t"))
    assert len(rows) > 500
    used = {row[c].partition(":")[0] for row in rows for c in ("subject_id", "predicate_id", "object_id")}
    assert used <= set(facts["curie_map"])
    assert "SNOMEDCT" not in used


def test_an_unknown_format_is_an_error_that_lists_those_known(sample_output: Path) -> None:
    with pytest.raises(UsageError) as caught:
        export(sample_output, "docx")
    assert all(form in caught.value.advice for form in WRITERS)


@pytest.mark.parametrize("form", list(WRITERS))
def test_a_directory_that_is_no_build_is_an_error_in_every_format(tmp_path: Path, form: str) -> None:
    with pytest.raises(GraphError):
        export(tmp_path, form)
    with pytest.raises(GraphError):
        export(tmp_path / "nowhere", form)


def test_a_damaged_graph_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "graph.ttl").write_text("<a> <b> .\n", encoding="utf-8")
    with pytest.raises(GraphError, match=r"graph\.ttl"):
        export(tmp_path, "nt")


# ------------------------------------------------------------------------------------------------------ Where it goes


SEVERAL = [form for form, writer in WRITERS.items() if writer.folder is not None]
ONE = [form for form, writer in WRITERS.items() if writer.file is not None]


def test_a_format_is_one_file_or_several_and_csv_is_either() -> None:
    assert sorted(SEVERAL) == ["csv", "kgx", "neo4j", "parquet"]
    assert {*SEVERAL, *ONE} == set(WRITERS)
    assert set(SEVERAL) & set(ONE) == {"csv"}


@pytest.mark.parametrize("form", ONE)
def test_a_file_holds_what_a_stream_gets(sample_output: Path, tmp_path: Path, form: str) -> None:
    export_to(sample_output, form, tmp_path / f"graph.{form}")
    assert (tmp_path / f"graph.{form}").read_bytes() == export(sample_output, form)
    assert [p.name for p in tmp_path.iterdir()] == [f"graph.{form}"]


@pytest.mark.parametrize("form", SEVERAL)
def test_a_directory_and_an_archive_hold_the_same_files(sample_output: Path, tmp_path: Path, form: str) -> None:
    export_to(sample_output, form, tmp_path / "folder")
    export_to(sample_output, form, tmp_path / "packed.ZIP")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "packed.ZIP"]
    with zipfile.ZipFile(tmp_path / "packed.ZIP") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert packed == {p.name: p.read_bytes() for p in (tmp_path / "folder").iterdir() if p.name != ".imagingkg"}
    assert len(packed) >= 2
    if form != "csv":
        assert (tmp_path / "packed.ZIP").read_bytes() == export(sample_output, form)


def test_csv_is_one_table_for_a_file_and_three_for_a_directory(sample_output: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("claims.csv", "claims.txt"):
        export_to(sample_output, "csv", tmp_path / name)
        assert (tmp_path / name).read_bytes() == export(sample_output, "csv")
    for name in ("there", "new"):
        export_to(sample_output, "csv", tmp_path / name)
        assert {p.name for p in (tmp_path / name).glob("*.csv")} == {"claims.csv", "edges.csv", "nodes.csv"}


def test_an_earlier_export_is_replaced_as_a_whole(sample_output: Path, tmp_path: Path) -> None:
    target = tmp_path / "tables"
    export_to(sample_output, "neo4j", target)
    export_to(sample_output, "kgx", target)
    assert {p.name for p in target.iterdir()} == {"nodes.tsv", "edges.tsv", ".imagingkg"}


REFUSED = [
    ("kgx", "mine", "notes.txt"),
    ("csv", "mine", "notes.txt"),
    ("ttl", "mine", "is a directory"),
    ("ttl", "graph.zip", "no archive"),
    ("ttl", "nowhere/graph.ttl", "cannot be written"),
    ("kgx", "mine/notes.txt/kgx", "cannot be written"),
    ("ttl", "output/extra.ttl", "is in the build"),
    ("kgx", "output", "is in the build"),
    ("kgx", "output/kgx", "is in the build"),
    ("kgx", "other", "is a build"),
]


@pytest.mark.parametrize(("form", "target", "said"), REFUSED, ids=[f"{f} to {t}" for f, t, _ in REFUSED])
def test_a_target_that_is_not_ours_to_write_is_refused_and_left_as_it_is(
    sample_output: Path, tmp_path: Path, form: str, target: str, said: str
) -> None:
    for name in ("output", "other"):
        (tmp_path / name).mkdir()
        for file in ("graph.ttl", ".imagingkg"):
            (tmp_path / name / file).write_bytes((sample_output / file).read_bytes())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=said):
        export_to(tmp_path / "output", form, tmp_path / target)
    assert contents(tmp_path) == before


def test_what_fails_on_the_way_leaves_the_old_file_and_nothing_beside_it(
    sample_output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(graph_dir: Path, out: Any) -> None:
        out.write(b"half of it")
        raise GraphError(str(graph_dir), "is damaged")

    def fails_in_a_folder(graph_dir: Path, folder: Path) -> None:
        (folder / "half").write_bytes(b"half of it")
        raise GraphError(str(graph_dir), "is damaged")

    monkeypatch.setitem(WRITERS, "ttl", Writer(fails, fails_in_a_folder))
    for target in (tmp_path / "graph.ttl", tmp_path / "graph.zip"):
        target.write_text("as it was", encoding="utf-8")
        with pytest.raises(GraphError):
            export_to(sample_output, "ttl", target)
    with pytest.raises(GraphError):
        export_to(sample_output, "ttl", tmp_path / "folder")
    assert {p.name: p.read_text(encoding="utf-8") for p in tmp_path.iterdir()} == {
        "graph.ttl": "as it was", "graph.zip": "as it was",
    }  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_an_error_that_says_so(sample_output: Path) -> None:
    for form in ("ttl", "nt", "jsonld", "csv", "xlsx", "graphml"):
        with pytest.raises(TargetError, match="No space left"):
            export_to(sample_output, form, Path("/dev/full"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_stdout_that_is_full_is_an_error_that_says_so(sample_output: Path) -> None:
    command = [*PROGRAM, "export", "--as", "nt", "--graph", str(sample_output)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_is_written_to_and_stays_a_pipe(sample_output: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    export_to(sample_output, "nt", pipe)
    reader.join(timeout=30)
    assert got == [export(sample_output, "nt")]
    assert pipe.is_fifo()


def test_what_a_link_leads_to_is_replaced_and_not_the_link(sample_output: Path, tmp_path: Path) -> None:
    (tmp_path / "real.nt").write_text("old", encoding="utf-8")
    (tmp_path / "link.nt").symlink_to(tmp_path / "real.nt")
    export_to(sample_output, "nt", tmp_path / "link.nt")
    assert (tmp_path / "link.nt").is_symlink()
    assert (tmp_path / "real.nt").read_bytes() == export(sample_output, "nt")


@pytest.mark.parametrize("form", ["kgx", "neo4j", "parquet"])
def test_several_files_do_not_go_to_stdout_and_the_error_says_where_they_may_go(sample_output: Path, form: str) -> None:
    done = imagingkg("export", "--as", form, "--graph", sample_output)
    assert (done.returncode, done.stdout) == (2, "")
    assert "-o DIRECTORY" in done.stderr
    assert ".zip" in done.stderr


HASHES = """
import hashlib, sys
from pathlib import Path
from imagingkg.publish.exports import WRITERS, export
for form in WRITERS:
    print(form, hashlib.sha256(export(Path(sys.argv[1]), form)).hexdigest())
"""


def test_the_bytes_of_every_format_do_not_depend_on_the_hash_seed(sample_output: Path) -> None:
    ours = "".join(f"{form} {hashlib.sha256(export(sample_output, form)).hexdigest()}\n" for form in WRITERS)
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", HASHES, str(sample_output)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == ours


def test_a_graph_whose_claims_are_not_beside_their_evidence_is_refused_rather_than_cut(
    sample_output: Path, tmp_path: Path
) -> None:
    text = (sample_output / "graph.ttl").read_text(encoding="utf-8")
    blocks = text.split("\n\n")
    head, evidence = blocks[0], [b for b in blocks[1:] if b.startswith("evidence:")]
    others = [b for b in blocks[1:] if not b.startswith("evidence:")]
    assert len(evidence) > 60
    for name, order in (("before", [head, *evidence, *others]), ("after", [head, *others, *evidence])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "graph.ttl").write_text("\n\n".join(order) + "\n", encoding="utf-8")
        for form in ("csv", "kgx", "bibtex", "nanopub", "rdf12", "xlsx"):
            with pytest.raises(GraphError, match="Build it again"):
                export(tmp_path / name, form)


# ------------------------------------------------------------------------------------------------------ Without quotes


def everything_in(data: bytes) -> str:
    """All texts of an export, those in archives and in Parquet too."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "".join(everything_in(archive.read(name)) for name in archive.namelist())
    if data.startswith(b"PAR1"):
        return json.dumps(pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist(), ensure_ascii=False)
    return data.decode("utf-8")


def test_a_build_without_quotes_gives_no_sentence_away_in_any_format(sample_output: Path, tmp_path: Path) -> None:
    build([], tmp_path / "output", Settings(quotes=False))
    lines = (sample_output / "claims.jsonl").read_text(encoding="utf-8").splitlines()
    quotes = {claim["quote"] for line in lines for claim in json.loads(line)["claims"] if len(claim["quote"]) > 30}
    assert len(quotes) > 50
    for form in WRITERS:
        bare = everything_in(export(tmp_path / "output", form))
        assert len(bare) > 1_000
        assert [q for q in quotes if q in bare] == [], form
    assert any(q in everything_in(export(sample_output, "parquet")) for q in quotes)


# ------------------------------------------------------------------------------------------------------ docs/formats.md


FORMATS = (Path(__file__).resolve().parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")


def test_every_format_has_a_row_that_says_what_it_is_for_who_reads_it_and_what_does_not_fit() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ((?:[^|]|\\\|)+) \|$", FORMATS, re.MULTILINE)
    assert sorted(row[0] for row in rows) == sorted(WRITERS)
    assert all(len(cell) > 5 for row in rows for cell in row[1:])


def test_the_commands_of_the_page_on_formats_run_and_cover_every_format(
    sample_output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "output").symlink_to(sample_output)
    lines = [line for line in FORMATS.splitlines() if line.startswith("imagingkg ")]
    for line in lines:
        words = shlex.split(line)[1:]
        result = CliRunner().invoke(main, words)
        assert (result.exit_code, result.output) == (0, ""), line
        assert (tmp_path / words[-1]).exists()
    assert {shlex.split(line)[3] for line in lines} == set(WRITERS)
    assert len(lines) == len(WRITERS) + 1  # csv is a file and a directory


def test_the_command_for_neo4j_names_every_table_that_is_written(sample_output: Path, tmp_path: Path) -> None:
    export_to(sample_output, "neo4j", tmp_path / "tables")
    named = re.findall(r"--(?:nodes|relationships)=([\w-]+\.csv),([\w-]+\.csv)", FORMATS)
    written = {p.name for p in (tmp_path / "tables").glob("*.csv")}
    assert {name for pair in named for name in pair} == written
    assert len(written) == 14
