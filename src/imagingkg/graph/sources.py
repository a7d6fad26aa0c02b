"""The vocabularies that concepts are mapped to (ontology/sources.yaml): from CURIE to IRI, with licence and rights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pyoxigraph import NamedNode

from imagingkg.errors import OntologyError
from imagingkg.ontology_files import ontology_dir
from imagingkg.strict_yaml import read_yaml


@dataclass(frozen=True, slots=True)
class Source:
    """A vocabulary. `local` is a regular expression for the whole local part of its CURIEs.

    `licensed`: its codes may be written only where the user holds a licence. `rights`: what must be said beside them.
    """

    prefix: str
    name: str
    base: str
    local: str
    version: str
    licence: str
    licensed: bool = False
    rights: str = ""


_REQUIRED: Final = ("name", "base", "local", "version", "licence")
_OPTIONAL: Final = {"licensed": bool, "rights": str}


def load_sources(path: Path | None = None) -> dict[str, Source]:
    """Sources by CURIE prefix, from `path` or the file shipped. Raises OntologyError."""
    file = path or ontology_dir() / "sources.yaml"
    data = read_yaml(file)
    if not isinstance(data, dict):
        raise OntologyError(str(file), "is not a mapping from prefix to vocabulary")
    return {str(prefix): _source(file, str(prefix), entry) for prefix, entry in sorted(data.items())}


def _source(file: Path, prefix: str, entry: Any) -> Source:
    where = f"{file.name}: {prefix}"
    if not isinstance(entry, dict):
        raise OntologyError(where, "is not a mapping of fields")
    if unknown := sorted(set(entry) - set(_REQUIRED) - set(_OPTIONAL)):
        raise OntologyError(where, f"unknown field {unknown[0]!r}")
    for name in _REQUIRED:
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise OntologyError(where, f"{name} must be a text")
    for name, kind in _OPTIONAL.items():
        if not isinstance(entry.get(name, kind()), kind):
            raise OntologyError(where, f"{name} must be of type {kind.__name__}")
    try:
        re.compile(entry["local"])
    except re.error as error:
        raise OntologyError(where, f"local is no regular expression ({error})") from error
    return Source(prefix=prefix, **entry)


def curie_problem(curie: str, sources: Mapping[str, Source]) -> str | None:
    """What is wrong with a CURIE, or None."""
    prefix, _, local = curie.partition(":")
    if prefix not in sources:
        return f"{curie!r}: the prefix is not in sources.yaml"
    if not re.fullmatch(sources[prefix].local, local, re.ASCII):
        return f"{curie!r} is not of the form {prefix}:{sources[prefix].local}"
    return None


def expand(curie: str, sources: Mapping[str, Source]) -> NamedNode:
    """The IRI of a CURIE. Raises OntologyError for an unknown prefix or a local part of the wrong form."""
    if problem := curie_problem(curie, sources):
        raise OntologyError("mapping", problem, "Mend the concept file or add the vocabulary to sources.yaml")
    prefix, _, local = curie.partition(":")
    return NamedNode(sources[prefix].base + local)


def usable(curie: str, sources: Mapping[str, Source], *, licensed_codes: bool) -> bool:
    """May this code be written? Licensed ones only where the settings say so."""
    source = sources.get(curie.partition(":")[0])
    return licensed_codes or source is None or not source.licensed
