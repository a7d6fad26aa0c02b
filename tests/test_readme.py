"""The documents tell the truth: every command and option is in them, all that they name exists, their examples run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from imagingkg.cli import main
from imagingkg.ingest.packed import PACKED
from imagingkg.ingest.read import READERS
from imagingkg.lexicon import read_lexicon
from imagingkg.publish.exports import WRITERS
from imagingkg.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
SENTENCE = "LungScout, a CNN, reached an AUC of 0.91 for the detection of lung nodules on CT in 134 patients."


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(command: str) -> str:
    """What the guide says under the heading of a command."""
    found = re.search(rf"^### imagingkg {re.escape(command)}\n(.*?)(?=^##)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/guide.md has no section for `imagingkg {command}`"
    return found[1]


def flags(command: click.Command) -> list[str]:
    return [flag for p in command.params if isinstance(p, click.Option) for flag in p.opts if flag.startswith("--")]


# -------------------------------------------------------------------------------------------------------- The commands


@pytest.mark.parametrize("name", list(main.commands))
def test_every_command_is_in_the_guide_with_all_its_options(name: str) -> None:
    said = section(name)
    assert f"`imagingkg {name}" in said
    assert [flag for flag in flags(main.commands[name]) if not re.search(rf"{flag}\b(?!-)", said)] == []


@pytest.mark.parametrize("name", list(main.commands))
def test_every_option_that_the_guide_gives_a_command_exists(name: str) -> None:
    """In the usage on top, in the first column of a table, and in a sentence that begins with Options."""
    usage, *rest = section(name).strip().split("\n\n")
    rows = [line.split("|")[1] for part in rest for line in part.splitlines() if line.startswith("| `--")]
    options = [part.partition(".")[0] for part in rest if part.startswith("Options")]
    named = {flag for text in (usage.partition(": ")[0], *rows, *options) for flag in re.findall(r"--[a-z-]+", text)}
    assert named <= set(flags(main.commands[name]))


def test_every_section_of_the_guide_is_about_a_command_that_exists() -> None:
    named = re.findall(r"^### imagingkg (.+)$", GUIDE, re.MULTILINE)
    assert len(named) >= 10
    assert set(named) == set(main.commands)


def test_every_command_line_in_the_documents_can_be_parsed() -> None:
    lines = [line for text in (README, GUIDE) for block in blocks(text, "sh") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("imagingkg ")]
    assert len(commands) >= 9
    program = click.Context(main, info_name="imagingkg", **main.context_settings)
    for name, *rest in commands:
        main.commands[name].make_context(name, rest, parent=program)


def test_the_guide_names_every_choice_of_an_option() -> None:
    checked = 0
    for name, command in main.commands.items():
        for option in command.params:
            if isinstance(option.type, click.Choice) and option.name not in ("workers", "lang"):
                missing = [c for c in option.type.choices if f"`{c}`" not in section(name)]
                assert missing == [], (name, option.name)
                checked += 1
    assert checked >= 3


def test_the_guide_names_every_format_setting_and_kind_of_file() -> None:
    assert [form for form in WRITERS if f"`{form}`" not in section("export")] == []
    settings = GUIDE.partition("## Settings")[2].partition("\n## ")[0]
    assert [f.name for f in fields(Settings) if f"\n{f.name}:" not in settings] == []
    inputs = GUIDE.partition("## Inputs")[2].partition("\n## ")[0]
    assert [suffix for suffix in (*READERS, *PACKED) if f"`{suffix}`" not in inputs] == []


def test_the_guide_names_every_exit_code() -> None:
    codes = re.findall(r"^\| (\d+) \|", GUIDE.partition("## Exit codes")[2].partition("\n## ")[0], re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "130"]


# ------------------------------------------------------------------------------------------------- What they refer to


def test_every_file_that_the_documents_link_to_or_name_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README) + [f"docs/{path}" for path in re.findall(r"\]\(([^)#:]+)\)", GUIDE)]
    assert "docs/explorer.png" in links
    named = [p for p in re.findall(r"`((?:src|ontology|docs|tests)/[^`<>*]+)`", README) if "<" not in p]
    assert len(named) >= 7
    assert [p for p in (*links, *named) if not (ROOT / p).exists()] == []


def test_every_place_of_the_table_of_changes_exists() -> None:
    table = README.partition("## What one change touches")[2].partition("\n## ")[0]
    places = re.findall(r"`((?:ontology|src)/[^`]+)`", table)
    assert len(places) >= 11
    for place in places:
        assert list(ROOT.glob(re.sub(r"<[^>]+>", "*", place))), place
    for name, path in re.findall(r"`([A-Z]+)` of `([^`]+)`", table):
        assert re.search(rf"^{name}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), name


def test_every_file_of_a_build_is_in_the_readme(sample_output: Path) -> None:
    table = README.partition("## What you get")[2].partition("\n## ")[0]
    first_column = " ".join(re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE))
    named = set(re.findall(r"`([\w.]+)/?`", first_column))
    assert {p.name for p in sample_output.iterdir()} - {".imagingkg"} == named


def test_the_decisions_are_ten_lines_at_most() -> None:
    decisions = re.findall(r"^\d+\. .*$", README.partition("## Decisions")[2].partition("\n## ")[0], re.MULTILINE)
    assert 5 <= len(decisions) <= 10
    text = README.partition("## Decisions")[2].partition("\n## ")[0].strip()
    assert text.splitlines() == decisions


def test_the_two_commands_are_lines_that_work_with_the_project_file() -> None:
    first, second = blocks(README, "sh")[:2]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert first.strip() == "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/imagingkg build"
    assert second.strip() == "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest"
    assert "imagingkg" in project["scripts"]
    assert any(p.startswith("pytest") for p in project["optional-dependencies"]["dev"])
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11" in README


def test_the_version_is_the_same_everywhere() -> None:
    import imagingkg

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert project["version"] == citation["version"] == imagingkg.__version__
    assert project["license"] == citation["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]


# ------------------------------------------------------------------------------------------------------------ They run


@pytest.fixture
def workplace(sample_output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory as the examples assume it: a built sample in output/, own papers, an export, the files shown."""
    shutil.copytree(sample_output, tmp_path / "output")
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "one.txt").write_text(SENTENCE, encoding="utf-8")
    record = {"title": "脑膜瘤分级", "abstract": "卷积神经网络在MRI上对脑膜瘤分级，AUC为0.88。", "year": 2024}
    (tmp_path / "export.jsonl").write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    for block in blocks(README, "yaml"):
        name = re.match(r"# (\S+\.yaml)\n", block)
        assert name, "a YAML example begins with the name of its file"
        (tmp_path / name[1]).write_text(block, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_of_the_readme_run_one_after_the_other(workplace: Path) -> None:
    lines = [line for block in blocks(README, "sh") for line in block.splitlines() if line.startswith("imagingkg ")]
    assert len(lines) >= 9
    for line in lines:
        result = CliRunner().invoke(main, shlex.split(line)[1:])
        assert result.exit_code == 0, (line, result.output)
    assert (workplace / "graph.graphml").stat().st_size > 1_000
    turtle = (workplace / "my-output" / "graph.ttl").read_text(encoding="utf-8")
    assert "LungScout" in turtle
    assert "肺侦探" in turtle


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("document", ["README.md", "docs/guide.md"])
def test_the_python_examples_run_and_give_something(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = blocks((ROOT / document).read_text(encoding="utf-8"), "python")
    assert examples
    for code in examples:
        names: dict[str, object] = {}
        exec(compile(code, document, "exec"), names)  # noqa: S102 (our own text)
        said = capsys.readouterr().out
        assert len(said.splitlines()) >= 3
        assert all(len(value) for value in names.values() if hasattr(value, "__len__"))


def test_the_settings_of_the_guide_are_taken(tmp_path: Path) -> None:
    example = next(b for b in blocks(GUIDE, "yaml") if b.startswith("# settings.yaml"))
    (tmp_path / "settings.yaml").write_text(example, encoding="utf-8")
    taken = load_settings(tmp_path / "settings.yaml")
    assert set(yaml.safe_load(example)) == {f.name for f in fields(Settings)}
    assert taken != Settings()


def test_the_lexicon_files_of_the_documents_are_taken(tmp_path: Path) -> None:
    examples = [b for text in (README, GUIDE) for b in blocks(text, "yaml") if b.startswith("# mine.yaml")]
    assert len(examples) == 2
    for example in examples:
        path = tmp_path / "mine.yaml"
        path.write_text(example, encoding="utf-8")
        lexicon, problems = read_lexicon([path])
        assert problems == []
        kind, entries = yaml.safe_load(example)["kind"], yaml.safe_load(example)["concepts"]
        assert {f"{kind}/{key}" for key in entries} <= set(lexicon.concepts)
