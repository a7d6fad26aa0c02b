"""Refreshes the files that come from elsewhere, or checks that they are what the manifest says.

    python tests/vendor/refresh.py           needs npm; versions are those of package.json and package-lock.json
    python tests/vendor/refresh.py --check   needs nothing but Python

To take a newer version, change package.json, run `npm install` beside it and then this. The manifest,
src/imagingkg/publish/vendor/manifest.json, gives for each file its parts with version and licence, and its SHA-256.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from shutil import copy
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHIPPED = ROOT / "src" / "imagingkg" / "publish" / "vendor"
MANIFEST = SHIPPED / "manifest.json"
ESBUILD = ["--bundle", "--minify", "--format=iife", "--charset=utf8", "--legal-comments=none", "--log-level=error"]


def refresh() -> None:
    """Installs the pinned packages in a fresh directory, makes the files from them and writes the manifest."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for source in ("package.json", "package-lock.json", "panel.mjs"):
            copy(HERE / source, work)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=work, check=True)
        modules = work / "node_modules"
        subprocess.run(
            [modules / ".bin" / "esbuild", "panel.mjs", "--outfile=panel.js", "--metafile=meta.json", *ESBUILD],
            cwd=work, check=True,
        )  # fmt: skip
        bundled = _packages(json.loads((work / "meta.json").read_text(encoding="utf-8")))
        made = {
            SHIPPED / "panel.js.gz": ((work / "panel.js").read_bytes(), bundled),
            SHIPPED / "oxigraph.wasm.gz": ((modules / "oxigraph" / "web_bg.wasm").read_bytes(), ["oxigraph"]),
            ROOT / "tests" / "vendor" / "axe.min.js.gz": (
                (modules / "axe-core" / "axe.min.js").read_bytes(), ["axe-core"],
            ),
        }  # fmt: skip
        entries = []
        for path, (data, packages) in made.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(data, 9, mtime=0))
            entries.append({
                "file": path.relative_to(ROOT).as_posix(),
                "sha256": sha256(path.read_bytes()).hexdigest(),
                "sha256_unpacked": sha256(data).hexdigest(),
                "parts": [_facts(modules / package) for package in packages],
            })  # fmt: skip
        MANIFEST.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        shipped = sorted({*bundled, "oxigraph"})
        (SHIPPED / "LICENSES.txt").write_text(_licences(modules, shipped), encoding="utf-8")


def check() -> list[str]:
    """What differs from the manifest."""
    wrong = []
    for entry in json.loads(MANIFEST.read_text(encoding="utf-8")):
        path = ROOT / entry["file"]
        data = path.read_bytes() if path.is_file() else b""
        if sha256(data).hexdigest() != entry["sha256"]:
            wrong.append(f"{entry['file']} is not the file of the manifest")
    return wrong


def _packages(meta: dict[str, Any]) -> list[str]:
    """The npm packages of which something is in the bundle."""
    parts = [Path(name).parts for name in meta["inputs"] if name.startswith("node_modules/")]
    return sorted({"/".join(p[1:3]) if p[1].startswith("@") else p[1] for p in parts})


def _facts(package: Path) -> dict[str, str]:
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    repository = about.get("repository", "")
    url = repository["url"] if isinstance(repository, dict) else repository
    return {
        "name": about["name"], "version": about["version"], "licence": about["license"],
        "source": url.removeprefix("git+").removesuffix(".git"),
    }  # fmt: skip


def _licences(modules: Path, packages: list[str]) -> str:
    """The licence of each package that the explorer carries, in full where the package brings its text."""
    out = ["Licences of what the explorer's SPARQL panel carries.\n"]
    for package in packages:
        facts = _facts(modules / package)
        text = next((p.read_text(encoding="utf-8") for p in sorted((modules / package).glob("LICEN[CS]E*"))), "")
        said = text or f"{facts['licence']}, as its package says; the Apache-2.0 text is this project's LICENSE.\n"
        out.append(f"== {facts['name']} {facts['version']}, {facts['source']}\n\n{said.strip()}\n")
    return "\n".join(out)


if __name__ == "__main__":
    if "--check" not in sys.argv[1:]:
        refresh()
    problems = check()
    sys.stdout.write("\n".join([*problems, "all as pinned" if not problems else ""]).strip() + "\n")
    sys.exit(bool(problems))
