"""What the tests share: where the reference data is, and the lexicon, read once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from exports_case import make_hostile
from imagingkg.lexicon import Lexicon, load_lexicon
from imagingkg.pipeline import build
from imagingkg.settings import Settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the tests in the background has them ignore Ctrl-C, and with them all that they start and stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data beside the checkout (IMAGINGKG_SHARED, default ../shared); tests that need it skip without."""
    default = Path(__file__).resolve().parents[2] / "shared"
    path = Path(os.environ.get("IMAGINGKG_SHARED", default))
    if not path.is_dir():
        pytest.skip(f"no reference data at {path}: set IMAGINGKG_SHARED")
    return path


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.fixture(scope="session")
def sample_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample corpus, built once; tests that change anything take a copy."""
    output = tmp_path_factory.mktemp("sample") / "output"
    build([], output, Settings())
    return output


@pytest.fixture(scope="session")
def hostile_output(sample_output: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build whose graph has markup, quotes, line breaks, control characters and formulas for texts."""
    return make_hostile(sample_output, tmp_path_factory.mktemp("hostile") / "output")
