"""Settings of a run: one frozen value from the defaults, a YAML file and the command line, in that order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from imagingkg.errors import OntologyError, SettingsError
from imagingkg.strict_yaml import read_yaml

DEFAULT_BASE: Final = "https://w3id.org/imagingkg/"
WORKER_NAMES: Final = ("here", "processes", "spark")
_BASE: Final = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20]+[/#]")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a build may be told. Defaults are what a first run wants."""

    base: str = field(default=DEFAULT_BASE, metadata={"help": "IRI below which all data is named; ends with / or #"})
    workers: str = field(default="here", metadata={"help": f"who extracts: {', '.join(WORKER_NAMES)}"})
    jobs: int = field(default=0, metadata={"help": "number of worker processes; 0 is one for each processor"})
    lexicon: tuple[str, ...] = field(default=(), metadata={"help": "further lexicon files, FILE or FILE=KIND"})
    curation: str = field(default="", metadata={"help": "a reviewed file that imagingkg curate wrote"})
    quotes: bool = field(default=True, metadata={"help": "keep the sentences (false: offsets and hashes only)"})
    licensed_codes: bool = field(default=False, metadata={"help": "write SNOMED CT codes (you need its licence)"})
    sparql: bool = field(default=True, metadata={"help": "put the SPARQL panel into the explorer (some 2 MB)"})
    title: str = field(default="imagingkg", metadata={"help": "title of the explorer page"})
    cache: str = field(
        default="", metadata={"help": "directory for what was read before; none: no such; by default OUTPUT.cache"}
    )
    explorer_documents: int = field(
        default=10_000, metadata={"help": "most documents that graph.html and network.html show"}
    )
    network_nodes: int = field(default=1500, metadata={"help": "most nodes of network.html"})

    def __post_init__(self) -> None:
        if not _BASE.fullmatch(self.base):
            raise SettingsError("base", f"{self.base!r} is no base for IRIs", "Give http(s)://... ending in / or #")
        if self.workers not in WORKER_NAMES:
            raise SettingsError("workers", f"{self.workers!r} is unknown", f"Choose from: {', '.join(WORKER_NAMES)}")
        for name, least in (("jobs", 0), ("network_nodes", 1), ("explorer_documents", 1)):
            if getattr(self, name) < least:
                raise SettingsError(name, "is out of range", f"Give {least} or more")


def load_settings(path: Path | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """The defaults, with the YAML file at `path` on top, and `given` (the command line; None is not given) on that.

    Raises SettingsError for an unknown key or a value of the wrong type, naming where it stands.
    """
    settings = Settings()
    if path is not None:
        try:
            data = read_yaml(path)
        except OntologyError as error:
            raise SettingsError(error.where, error.what, error.advice) from error
        if data is not None and not isinstance(data, dict):
            raise SettingsError(str(path), "is not a mapping of settings")
        settings = _with(settings, data or {}, str(path))
    return _with(settings, {k: v for k, v in (given or {}).items() if v is not None}, "command line")


def _with(settings: Settings, values: Mapping[str, Any], where: str) -> Settings:
    known = {f.name for f in fields(Settings)}
    current = asdict(settings)
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(where, f"the setting {key!r} is unknown", f"Known: {', '.join(sorted(known))}")
        if isinstance(current[key], tuple):
            if not isinstance(value, (list, tuple)) or not all(isinstance(v, (str, Path)) for v in value):
                raise SettingsError(where, f"{key} must be a list of file names")
            value = tuple(str(v) for v in value)
        if type(value) is not type(current[key]):
            raise SettingsError(where, f"{key} must be {type(current[key]).__name__}, not {value!r}")
        changes[key] = value
    return replace(settings, **changes)
