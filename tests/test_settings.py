"""Settings: defaults, then the file, then the command line; what is unknown or out of range is an error."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from imagingkg.errors import SettingsError
from imagingkg.graph.names import Names
from imagingkg.settings import WORKER_NAMES, Settings, load_settings
from imagingkg.workers import WORKERS


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold() -> None:
    assert load_settings() == Settings()
    default = Settings()
    assert (default.workers, default.jobs, default.quotes, default.licensed_codes) == ("here", 0, True, False)


def test_the_file_overrides_the_defaults_and_the_command_line_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "jobs: 3\ntitle: 肺结节\nlexicon: [a.yaml, b.yaml]\nquotes: false\n")
    settings = load_settings(path, {"jobs": 5, "title": None, "workers": "processes"})
    assert (settings.jobs, settings.title, settings.workers, settings.quotes) == (5, "肺结节", "processes", False)
    assert settings.lexicon == ("a.yaml", "b.yaml")


def test_a_file_of_comments_alone_changes_nothing(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, "# nothing yet\n")) == Settings()


def test_an_unknown_key_is_an_error_that_names_it_its_file_and_the_known_ones(tmp_path: Path) -> None:
    path = written(tmp_path, "worker: processes\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert str(path) in str(caught.value)
    assert "'worker'" in str(caught.value)
    assert "workers" in caught.value.advice


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"jobs": "two"}, "jobs"),
    ({"jobs": True}, "jobs"),
    ({"jobs": -1}, "jobs"),
    ({"quotes": "no"}, "quotes"),
    ({"quotes": 0}, "quotes"),
    ({"title": 7}, "title"),
    ({"lexicon": "mine.yaml"}, "lexicon"),
    ({"lexicon": [3]}, "lexicon"),
    ({"workers": "elsewhere"}, "workers"),
    ({"network_nodes": 0}, "network_nodes"),
    ({"base": ""}, "base"),
    ({"base": "kg/"}, "base"),
    ({"base": "https://example.org/kg"}, "base"),
    ({"base": "https://example.org/a b/"}, "base"),
    ({"base": "https://example.org/<x>/"}, "base"),
    ({"base": "javascript:alert(1)/"}, "base"),
]


@pytest.mark.parametrize(("given", "named"), WRONG, ids=[repr(w[0]) for w in WRONG])
def test_a_value_of_the_wrong_kind_is_an_error_that_names_the_setting(given: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(None, given)


@pytest.mark.parametrize("base", ["https://example.org/kg/", "http://example.org/kg#", "https://example.org/图/"])
def test_a_base_that_the_settings_take_names_a_graph(base: str) -> None:
    assert Names(load_settings(None, {"base": base}).base).base == base


@pytest.mark.parametrize("text", ["- jobs\n", "jobs\n", "3\n"])
def test_a_file_that_is_no_mapping_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="mapping"):
        load_settings(written(tmp_path, text))


@pytest.mark.parametrize("text", ["jobs: [1\n", "jobs: 1\njobs: 2\n", "a: !!python/name:os.system\n"])
def test_a_file_that_is_no_plain_yaml_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError, match=r"settings\.yaml"):
        load_settings(path)


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        load_settings(tmp_path / "nowhere.yaml")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().jobs = 4  # type: ignore[misc]


def test_every_setting_says_what_it_means() -> None:
    said = {f.name: f.metadata["help"] for f in fields(Settings)}
    assert len(said) >= 8
    assert all(said.values())


def test_the_workers_that_settings_take_are_those_that_exist() -> None:
    assert set(WORKER_NAMES) == set(WORKERS)
