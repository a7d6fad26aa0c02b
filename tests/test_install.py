"""Installed or in a checkout, the package finds its ontology, its samples and the parts of its pages."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="the wheel is built with hatchling: pip install -e '.[dev]'")

ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "ontology": "ontology",
    "samples": "src/imagingkg/samples",
    "publish/assets": "src/imagingkg/publish/assets",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `pip install .` makes, built by the same backend."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ["-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    (found,) = folder.glob("imagingkg-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what the wheel installs, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(code: str, cwd: Path, *, path: Path | None = None) -> str:
    """What the code prints, run in `cwd` with `path` first among the places to import from."""
    where = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    where |= {"PYTHONPATH": str(path or ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=cwd, env=where, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("part", list(PARTS))
def test_the_wheel_holds_every_file_of_the_checkout(wheel: Path, part: str) -> None:
    origin = ROOT / PARTS[part]
    ours = {
        f"imagingkg/{part}/{p.relative_to(origin).as_posix()}"
        for p in origin.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert len(ours) >= 4
    assert ours - names == set()


def test_the_wheel_holds_the_modules_the_types_marker_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {p.relative_to(ROOT / "src").as_posix() for p in (ROOT / "src").rglob("*.py")}
    assert len(modules) > 50
    assert modules - names == set()
    assert "imagingkg/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "docs/")) for name in names)


CODE = "from imagingkg.ontology_files import ontology_dir; print(ontology_dir())"


def test_an_installed_package_finds_its_own_ontology_from_anywhere(installed: Path, tmp_path: Path) -> None:
    assert Path(python(CODE, tmp_path, path=installed)) == installed / "imagingkg" / "ontology"


def test_a_checkout_finds_the_ontology_at_its_top_from_anywhere(tmp_path: Path) -> None:
    assert Path(python(CODE, tmp_path)) == ROOT / "ontology"


def test_an_installed_package_builds_its_samples_as_the_checkout_does(
    installed: Path, sample_output: Path, tmp_path: Path
) -> None:
    code = "from imagingkg.cli import main; main(['build', '-o', 'output'])"
    python(code, tmp_path, path=installed)
    names = ["claims.jsonl", "inferred.ttl", "network.html"]  # the rest may name another version of the program
    assert [n for n in names if (tmp_path / "output" / n).read_bytes() != (sample_output / n).read_bytes()] == []
