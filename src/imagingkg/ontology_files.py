"""Where the ontology directory is: beside the package in an installed wheel, at the top of the tree in a checkout.

Hatchling's force-include puts it into a wheel and leaves an editable install alone, so both places are looked at.
"""

from __future__ import annotations

from pathlib import Path

from imagingkg.errors import OntologyError


def ontology_dir() -> Path:
    """The directory with imaging.ttl, concepts/, rules/, queries/ and the rest."""
    here = Path(__file__).resolve().parent
    for candidate in (here / "ontology", here.parent.parent / "ontology"):
        if (candidate / "concepts").is_dir():
            return candidate
    raise OntologyError(str(here), "the ontology directory was not found", "Reinstall imagingkg")
