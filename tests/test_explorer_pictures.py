"""Pictures of the explorer on the sample corpus, those of docs/ among them.

IMAGINGKG_PICTURES=docs pytest tests/test_explorer_pictures.py writes them anew.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, open_browser

PICTURES = {
    "explorer": "sel=disease/glioma%2Btask/prediction&lang=en&theme=light",
    "explorer-zh": "view=graph&focus=disease/glioma&sel=disease/glioma&lang=zh&theme=dark",
    "explorer-map-zh": "lang=zh&theme=dark",
    "explorer-evidence-zh": "sel=modality/mri&lang=zh&theme=light",
    "explorer-graph": "view=graph&whole=network&lang=en&theme=light",
    "explorer-network-dark": "view=graph&whole=network&sel=disease/glioma&hops=1&lang=en&theme=dark",
    "explorer-sparql": "view=sparql&ask=best-figures&lang=en&theme=light",
}
"""Each picture of docs/ and the address of its view."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.mark.parametrize("name", PICTURES)
def test_a_view_of_the_sample_corpus_is_a_picture_that_fits_a_page(
    chromium: Browser, sample_output: Path, tmp_path: Path, name: str
) -> None:
    page = chromium.new_page()
    page.resize(1280, 800)
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    page.open(sample_output / "graph.html", PICTURES[name])
    if "sel=" in PICTURES[name]:
        assert page.count(".panel .card") > 0
    if "view=sparql" in PICTURES[name]:
        page.wait("document.querySelector('.answer tbody tr')")
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 400))))")
    folder = Path(os.environ.get("IMAGINGKG_PICTURES", tmp_path))
    page.picture(folder / f"{name}.png")
    data = (folder / f"{name}.png").read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1280, 800)
    assert 20_000 < len(data) < 400_000  # neither blank nor a burden
    assert page.requests() == []
    assert page.complaints() == []
