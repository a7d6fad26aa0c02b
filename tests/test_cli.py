"""The command line: what each command prints where, its exit codes, and how fast it gets going."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from command import PROGRAM, environment, imagingkg
from imagingkg.cli import main

COMMANDS = ("build", "extract", "query", "gaps", "verify", "validate", "compare", "export", "lint", "settings")
SENTENCE = "A CNN reached an AUC of 0.91 for the segmentation of glioma on MRI in 134 patients."


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(w) for w in words])


@pytest.fixture
def output(sample_output: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_output, tmp_path / "output"))


def edited(output: Path, name: str, change: Callable[[str], str]) -> None:
    path = output / name
    text = path.read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


# --------------------------------------------------------------------------------------------------------- All of them


def test_there_is_a_command_for_every_task() -> None:
    assert set(COMMANDS) <= set(main.commands)


@pytest.mark.parametrize("command", [*main.commands, ""])
def test_every_command_has_help_for_itself_and_all_its_options(command: str) -> None:
    for flag in ("--help", "-h"):
        result = run(*filter(None, (command, flag)))
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage:")
        assert result.stderr == ""
    if command:
        assert main.commands[command].help
        options = [p for p in main.commands[command].params if p.param_type_name == "option"]
        undescribed = [p.name for p in options if not getattr(p, "help", None) and p.name != "form"]
        assert undescribed == []


def test_help_loads_nothing_heavy() -> None:
    """What a command needs is imported when it runs, so that `imagingkg --help` answers at once."""
    heavy = ["pyoxigraph", "rdflib", "pyshacl", "networkx", "daachorse", "pyvis", "pandas", "yaml", "rich"]
    script = (
        "import sys\nfrom imagingkg.cli import main\nmain(['--help'], standalone_mode=False)\n"
        f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Commands:" in done.stdout


def test_the_library_loads_nothing_heavy_before_it_is_used() -> None:
    script = "import sys, imagingkg\nprint([m for m in ('pyoxigraph', 'rdflib', 'networkx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


MISTAKES = [
    ["nonsense"],
    ["build", "--nonsense"],
    ["build", "--workers", "elsewhere"],
    ["build", "--jobs", "-1"],
    ["build", "--base", "no iri"],
    ["build", "--config", "nowhere.yaml"],
    ["build", "--lexicon", "nowhere.yaml"],
    ["extract", "nowhere.txt"],
    ["query", "tasks", "--graph", "nowhere"],
    ["gaps", "--graph", "nowhere"],
    ["verify", "--graph", "nowhere"],
    ["validate", "--graph", "nowhere"],
    ["compare", "nowhere", "nowhere"],
    ["export", "--as", "ttl", "--graph", "nowhere"],
    ["export"],
    ["settings", "--config", "nowhere.yaml"],
]


@pytest.mark.parametrize("words", MISTAKES, ids=[" ".join(w) for w in MISTAKES])
def test_a_mistake_of_the_user_is_2_with_a_message_on_stderr_and_nothing_on_stdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------- build and extract


def test_build_is_0_and_says_on_stderr_what_it_made(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    result = run("build", tmp_path / "a.md", "-o", tmp_path / "output")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert re.match(r"1 document, 1 claim, 0 statements, [\d,]+ triples in ", result.stderr)
    assert str(tmp_path / "output" / "graph.html") in result.stderr


def test_build_is_3_when_some_inputs_were_skipped_and_names_them(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("{\n", encoding="utf-8")
    result = run("build", tmp_path / "a.md", tmp_path / "b.jsonl", "-o", tmp_path / "output")
    assert result.exit_code == 3
    assert "skipped b.jsonl, line 1: is not JSON" in result.stderr


def test_build_takes_settings_from_a_file_and_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    config = tmp_path / "settings.yaml"
    config.write_text("base: https://example.org/from-file/\ntitle: Mine\nquotes: false\n", encoding="utf-8")
    target = tmp_path / "output"
    base = ["--base", "https://example.org/given#"]
    result = run("build", tmp_path / "a.md", "-o", target, "--config", config, *base)
    assert result.exit_code == 0, result.output
    turtle = (target / "graph.ttl").read_text(encoding="utf-8")
    assert "https://example.org/given#" in turtle
    assert "from-file" not in turtle
    assert SENTENCE not in turtle


def test_extract_prints_a_reading_a_line_and_nothing_else_on_stdout(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    (tmp_path / "b.md").write_text("深度学习在MRI上分割胶质瘤，Dice为0.91。", encoding="utf-8")
    (tmp_path / "c.md").touch()
    result = run("extract", tmp_path)
    assert result.exit_code == 3
    readings = [json.loads(line) for line in result.stdout.splitlines()]
    assert [r["document"]["id"] for r in readings] == ["a.md", "b.md"]
    assert readings[0]["claims"][0]["task"] == "task/segmentation"
    assert "skipped c.md: is empty" in result.stderr


def test_extract_without_quotes_leaves_text_and_sentences_out(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    result = run("extract", tmp_path / "a.md", "--no-quotes")
    assert result.exit_code == 0
    assert "segmentation of glioma" not in result.stdout
    assert json.loads(result.stdout)["claims"][0]["end"] == len(SENTENCE)


def test_extract_of_nothing_readable_is_2(tmp_path: Path) -> None:
    (tmp_path / "c.md").touch()
    result = run("extract", tmp_path)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_extract_with_two_workers_prints_what_one_prints() -> None:
    one = imagingkg("extract", "--workers", "here")
    two = imagingkg("extract", "--workers", "processes", "--jobs", "2")
    assert one.returncode == two.returncode == 0
    assert len(one.stdout.splitlines()) == 13
    assert one.stdout == two.stdout


# ------------------------------------------------------------------------------------------------------ query and gaps


def test_query_alone_lists_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no graph is needed
    result = run("query")
    assert result.exit_code == 0
    names = [line.split()[0] for line in result.stdout.splitlines()[2:]]
    assert len(names) >= 15
    assert {"tasks", "biomarkers", "hedged-only", "contradictions", "gaps", "untried-methods"} <= set(names)


def test_every_named_question_without_a_missing_parameter_is_answered(sample_output: Path) -> None:
    from imagingkg.graph.query import load_queries

    answered = 0
    for name, query in load_queries().items():
        needs = [p.name for p in query.parameters if not p.default]
        words = [w for p in needs for w in ("-p", f"{p}=abstracts.jsonl#1")]
        result = run("query", name, *words, "--graph", sample_output, "--format", "csv")
        assert result.exit_code == 0, (name, result.stderr)
        assert result.stdout.splitlines()[0]
        answered += 1
    assert answered >= 15


def test_query_takes_labels_in_both_languages(sample_output: Path) -> None:
    words = ["query", "tasks", "--graph", str(sample_output), "--format", "csv", "-p"]
    english = run(*words, "disease=glioma", "-p", "modality=MRI")
    chinese = run(*words, "disease=胶质瘤", "-p", "modality=磁共振成像")
    assert english.exit_code == chinese.exit_code == 0
    assert english.stdout == chinese.stdout
    assert "grading" in english.stdout


ASK = "ASK { ?s ?p ?o }"
CONSTRUCT = "CONSTRUCT { ?c a <https://example.org/C> } { ?c a <https://w3id.org/imagingkg/vocab/Claim> }"
FORMATS: list[tuple[str, str, Callable[[str], object]]] = [
    ("SELECT ?s { ?s ?p ?o } LIMIT 3", "json", lambda out: len(json.loads(out)["results"]["bindings"]) == 3),
    ("SELECT ?s { ?s ?p ?o } LIMIT 3", "csv", lambda out: len(list(csv.reader(io.StringIO(out)))) == 4),
    ("SELECT ?s { ?s ?p ?o } LIMIT 3", "tsv", lambda out: out.startswith("?s\n")),
    ("SELECT ?s { ?s ?p ?o } LIMIT 3", "xml", lambda out: out.startswith("<?xml")),
    ("SELECT ?s { ?s ?p ?o } LIMIT 3", "markdown", lambda out: out.startswith("| s |")),
    ("SELECT ?s { ?s ?p ?o } LIMIT 3", "table", lambda out: len(out.splitlines()) == 5),
    (ASK, "json", lambda out: json.loads(out)["boolean"] is True),
    (CONSTRUCT, "turtle", lambda out: "<https://example.org/C>" in out),
]


@pytest.mark.parametrize(("text", "form", "holds"), FORMATS, ids=[f"{f} {t[:9]}" for t, f, _ in FORMATS])
def test_query_answers_sparql_in_every_format(
    sample_output: Path, text: str, form: str, holds: Callable[[str], object]
) -> None:
    result = run("query", "--text", text, "--graph", sample_output, "--format", form)
    assert result.exit_code == 0, result.output
    assert holds(result.stdout), result.stdout
    assert result.stderr == ""


def test_query_reads_sparql_from_a_file(sample_output: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.rq").write_text("\ufeffSELECT (COUNT(*) AS ?n) { ?s ?p ?o }", encoding="utf-8")
    result = run("query", tmp_path / "mine.rq", "--graph", sample_output, "--format", "csv")
    assert result.exit_code == 0
    assert int(result.stdout.splitlines()[1]) > 5_000


QUERY_MISTAKES = [
    (["query", "task"], "tasks"),
    (["query", "tasks", "--text", "ASK {}"], "not both"),
    (["query", "tasks", "-p", "modality"], "NAME=VALUE"),
    (["query", "tasks", "-p", "modality=no such thing"], "modality"),
    (["query", "tasks", "-p", "colour=red"], "colour"),
    (["query", "nowhere.rq"], "nowhere.rq"),
    (["query", "--text", "SELECT {"], "SPARQL"),
    (["query", "--text", "SELECT * { SERVICE <http://x> { ?s ?p ?o } }"], "SERVICE"),
    (["query", "--text", "DELETE WHERE { ?s ?p ?o }"], ""),
    (["gaps", "--rows", "colour"], "colour"),
    (["gaps", "--where", "modality"], "NAME=VALUE"),
    (["gaps", "--since", "long ago"], "long ago"),
    (["export", "--as", "docx"], "graphml"),
]


@pytest.mark.parametrize(("words", "said"), QUERY_MISTAKES, ids=[" ".join(w)[:40] for w, _ in QUERY_MISTAKES])
def test_a_question_that_cannot_be_asked_is_2_and_says_why(sample_output: Path, words: list[str], said: str) -> None:
    result = run(*words, "--graph", sample_output)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert said.casefold() in result.stderr.casefold()


def test_gaps_shows_the_map_in_every_format_and_both_languages(sample_output: Path) -> None:
    words = ["gaps", "--graph", str(sample_output), "--where", "modality=MRI", "--format"]
    plain = run(*words, "table")
    assert plain.exit_code == 0
    assert "glioma" in plain.stdout
    assert "胶质瘤" in run(*words, "table", "--lang", "zh").stdout
    assert "grading" in run(*words, "csv").stdout
    assert json.loads(run(*words, "json").stdout)
    assert run(*words, "markdown").stdout.count("|") > 20


def test_gaps_takes_other_rows_and_columns_and_a_year(sample_output: Path) -> None:
    words = ["gaps", "--graph", str(sample_output), "--rows", "method", "--columns", "modality", "--format", "csv"]
    every = run(*words)
    recent = run(*words, "--since", "2025")
    assert every.exit_code == recent.exit_code == 0
    assert "radiomics" in every.stdout

    def claims(result: Result) -> int:
        return sum(int(row["claims"]) for row in csv.DictReader(io.StringIO(result.stdout)))

    assert 0 < claims(recent) < claims(every)


# ----------------------------------------------------------------------------- verify, validate, compare, export, lint


def test_verify_is_0_where_every_quote_stands_and_1_where_one_was_changed(output: Path) -> None:
    good = run("verify", "--graph", output)
    assert (good.exit_code, good.stdout) == (0, "")
    edited(output, "claims.jsonl", lambda text: text.replace('"quote": "MRI texture', '"quote": "CT texture', 1))
    bad = run("verify", "--graph", output)
    assert bad.exit_code == 1
    assert "claims.jsonl" in bad.stdout
    assert "problem" in bad.stderr


def test_verify_of_a_build_without_quotes_warns_and_is_0(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    assert run("build", tmp_path / "a.md", "-o", tmp_path / "output", "--no-quotes").exit_code == 0
    result = run("verify", "--graph", tmp_path / "output")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "no-quotes" in result.stderr


@pytest.mark.parametrize("words", [[], ["--full"]])
def test_validate_is_0_for_a_build_and_1_for_a_claim_without_a_task(output: Path, words: list[str]) -> None:
    good = run("validate", "--graph", output, *words)
    assert (good.exit_code, good.stdout) == (0, "")
    edited(output, "graph.ttl", lambda text: re.sub(r"ikg:task [^;]+;", "", text, count=1))
    bad = run("validate", "--graph", output, *words)
    assert bad.exit_code == 1
    assert "task" in bad.stdout


def test_validate_of_a_damaged_file_is_2(output: Path) -> None:
    (output / "graph.ttl").write_text("no turtle", encoding="utf-8")
    result = run("validate", "--graph", output)
    assert result.exit_code == 2
    assert "graph.ttl" in result.stderr


def test_compare_is_0_with_and_without_differences(sample_output: Path, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    assert run("build", tmp_path / "a.md", "-o", tmp_path / "output").exit_code == 0
    same = run("compare", sample_output, sample_output)
    other = run("compare", sample_output, tmp_path / "output", "--format", "json")
    assert same.exit_code == other.exit_code == 0
    assert same.stdout.strip()
    assert json.loads(other.stdout)


def test_export_writes_to_stdout_or_to_a_file(sample_output: Path, tmp_path: Path) -> None:
    shown = run("export", "--as", "ttl", "--graph", sample_output)
    assert shown.exit_code == 0
    assert shown.stdout_bytes == (sample_output / "graph.ttl").read_bytes()
    kept = run("export", "--as", "csv", "--graph", sample_output, "-o", tmp_path / "claims.csv")
    assert (kept.exit_code, kept.stdout) == (0, "")
    assert (tmp_path / "claims.csv").stat().st_size > 1_000
    lost = run("export", "--as", "csv", "--graph", sample_output, "-o", tmp_path / "no" / "claims.csv")
    assert lost.exit_code == 2
    assert "claims.csv" in lost.stderr


def test_lint_is_0_for_the_ontology_and_1_with_a_mistake_on_top(tmp_path: Path) -> None:
    assert run("lint").exit_code == 0
    path = tmp_path / "mine.yaml"
    path.write_text("kind: method\nconcepts:\n  x: {en: X net, zh: 网络甲, broader: [nothing]}\n", encoding="utf-8")
    result = run("lint", "--lexicon", path)
    assert result.exit_code == 1
    assert "mine.yaml" in result.stdout
    assert "nothing" in result.stdout


def test_settings_shows_every_setting_as_yaml_with_its_meaning(tmp_path: Path) -> None:
    from dataclasses import fields

    from imagingkg.settings import Settings, load_settings

    result = run("settings")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [f.name for f in fields(Settings)]
    assert all("  # " in line for line in lines)
    (tmp_path / "settings.yaml").write_text(result.stdout, encoding="utf-8")
    assert load_settings(tmp_path / "settings.yaml") == Settings()


# -------------------------------------------------------------------------------------------------------- The terminal


def test_off_a_terminal_nothing_is_coloured_or_redrawn(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    done = imagingkg("build", tmp_path / "a.md", "-o", tmp_path / "output")
    assert done.returncode == 0
    assert "\x1b" not in done.stderr + done.stdout


def on_a_terminal(words: list[str], **more: str) -> tuple[int, bytes]:
    """Exit code and what a terminal was sent on stderr."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *words], env=environment(TERM="xterm-256color", **more), stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    return process.wait(), said


COLOURS = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|9[0-7]|4[0-8])(?:;\d+)*m")


def test_on_a_terminal_progress_is_shown_and_no_color_is_respected(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(SENTENCE, encoding="utf-8")
    words = ["build", str(tmp_path / "a.md"), "-o", str(tmp_path / "output")]
    code, coloured = on_a_terminal(words)
    assert code == 0
    assert COLOURS.search(coloured)
    assert b"1 document" in coloured
    code, plain = on_a_terminal(words, NO_COLOR="1")
    assert code == 0
    assert not COLOURS.search(plain)


def test_a_reader_that_leaves_early_is_no_error(sample_output: Path) -> None:
    for words in (["export", "--as", "nt"], ["query", "overview"]):
        command = [*PROGRAM, *words, "--graph", str(sample_output)]
        process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read().decode()
        process.stderr.close()
        assert process.wait() == 0, said
        assert "Error" not in said


def test_lint_of_a_file_that_is_not_there_is_the_users_mistake(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["lint", "--lexicon", f"{tmp_path / 'absent.obo'}=disease"])
    assert result.exit_code == 2
    assert "absent.obo: is no file" in result.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said_in_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "query"], stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), check=False
        )
    assert done.returncode == 2
    assert (
        done.stderr
        == "imagingkg: the output cannot be written (No space left on device). Make room or write elsewhere\n"
    )


def test_control_c_ends_a_query_that_has_no_end(tmp_path: Path) -> None:
    output = tmp_path / "output"
    assert imagingkg("build", "-o", output, "--no-sparql").returncode == 0
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    asked = subprocess.Popen([*PROGRAM, "query", "--graph", str(output), "--text", endless], env=environment())
    with pytest.raises(subprocess.TimeoutExpired):
        asked.wait(8)
    asked.send_signal(signal.SIGINT)
    assert asked.wait(20) == -signal.SIGINT


def test_an_answer_without_rows_says_so(tmp_path: Path) -> None:
    output = tmp_path / "output"
    assert imagingkg("build", "-o", output, "--no-sparql").returncode == 0
    done = imagingkg("query", "--graph", output, "--text", "SELECT ?x { ?x a <urn:nothing> }")
    assert done.returncode == 0
    assert done.stderr == "no rows: nothing in this graph answers that\n"
