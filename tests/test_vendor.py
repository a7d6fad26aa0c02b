"""Files from elsewhere are those of the manifest: pinned, licensed, unchanged."""

from __future__ import annotations

import gzip
import json
import re
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "src" / "imagingkg" / "publish" / "vendor"
MANIFEST = json.loads((SHIPPED / "manifest.json").read_text(encoding="utf-8"))


def test_every_vendored_file_is_in_the_manifest() -> None:
    places = (SHIPPED, ROOT / "tests" / "vendor")
    found = sorted(p.relative_to(ROOT).as_posix() for place in places for p in place.glob("*.gz"))
    assert found == sorted(entry["file"] for entry in MANIFEST)
    assert len(found) == 3


def test_every_vendored_file_has_the_checksums_of_the_manifest() -> None:
    for entry in MANIFEST:
        packed = (ROOT / entry["file"]).read_bytes()
        assert sha256(packed).hexdigest() == entry["sha256"], entry["file"]
        assert sha256(gzip.decompress(packed)).hexdigest() == entry["sha256_unpacked"], entry["file"]


def test_every_part_names_its_version_and_an_open_licence() -> None:
    parts = [part for entry in MANIFEST for part in entry["parts"]]
    assert len(parts) >= 12
    assert {part["licence"] for part in parts} <= {"MIT", "Apache-2.0", "MIT OR Apache-2.0", "MPL-2.0", "ISC"}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", part["version"]) and part["source"] for part in parts)


def test_the_licences_of_what_the_page_carries_are_shipped() -> None:
    text = (SHIPPED / "LICENSES.txt").read_text(encoding="utf-8")
    shipped = {part["name"] for entry in MANIFEST if entry["file"].startswith("src/") for part in entry["parts"]}
    assert {name for name in shipped if f"== {name} " not in text} == set()
    assert len(shipped) >= 10
