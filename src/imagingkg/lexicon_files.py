"""The lexicon of a run: what is shipped, with the --lexicon files on top, whatever their format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from imagingkg.errors import OntologyError
from imagingkg.graph.sources import Source, curie_problem, load_sources
from imagingkg.graph.terminology import read_rdf
from imagingkg.lexicon import Lexicon, Problem, read_lexicon
from imagingkg.lexicon_formats import read_obo, read_table
from imagingkg.ontology_files import ontology_dir
from imagingkg.terminology import TERM_KINDS, Joined, Terminology, join

READERS: Final[dict[str, Callable[[Path], Terminology]]] = {
    ".obo": read_obo,
    ".csv": read_table,
    ".tsv": read_table,
    ".tab": read_table,
    ".ttl": read_rdf,
    ".nt": read_rdf,
    ".rdf": read_rdf,
    ".owl": read_rdf,
    ".xml": read_rdf,
}
_OWN: Final = (".yaml", ".yml")

_ALIASES: Final = {"NCI": "NCIT", "UMLS_CUI": "UMLS", "MSH": "MESH", "HPO": "HP", "SNOMEDCT_US": "SNOMEDCT"}
_DATED: Final = re.compile(r"_\d{4}_\d\d_\d\d$")  # SNOMEDCT_US_2025_09_01 is an edition, not a vocabulary


@dataclass(frozen=True, slots=True)
class Opened:
    """A lexicon and what became of each terminology that was brought in."""

    lexicon: Lexicon
    joined: tuple[Joined, ...] = ()


def open_lexicon(files: Sequence[str | Path] = (), *, directory: Path | None = None) -> Opened:
    """The lexicon of `directory` (default: the one shipped) with `files` on top.

    A file is our YAML, OBO, CSV, TSV, or SKOS or OWL in Turtle or RDF/XML. "FILE=KIND" says what the terms of a foreign
    one are. Raises OntologyError that names the first problems.
    """
    opened, problems = read_files(files, directory=directory)
    if problems:
        shown = "; ".join(str(p) for p in problems[:5])
        more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        raise OntologyError("ontology", f"{shown}{more}", "Run: imagingkg lint")
    return opened


def read_files(files: Sequence[str | Path] = (), *, directory: Path | None = None) -> tuple[Opened, list[Problem]]:
    """The same as far as it can be read, and every mistake found on the way. A file that breaks its format raises."""
    root = directory or ontology_dir()
    asked = [_path_and_kind(str(file)) for file in files]
    own = [path for path, _ in asked if path.suffix.lower() in _OWN]
    lexicon, problems = read_lexicon(own, directory=root)
    foreign = [(path, kind) for path, kind in asked if path.suffix.lower() not in _OWN]
    if not foreign:
        return Opened(lexicon), problems
    curie_of = curie_reader(load_sources(root / "sources.yaml"))
    joined = []
    for path, kind in foreign:
        reader = READERS[path.suffix.lower()]
        lexicon, one, wrong = join(lexicon, reader(path), kind=kind, curie_of=curie_of)
        joined.append(one)
        problems += wrong
    return Opened(lexicon, tuple(joined)), problems


def _path_and_kind(file: str) -> tuple[Path, str]:
    before, equals, kind = file.rpartition("=")
    if equals and kind in TERM_KINDS:
        path = Path(before)
        if path.suffix.lower() in _OWN:
            raise OntologyError(before, "says its kind itself", "Leave the =KIND out")
    elif equals and not Path(file).exists() and Path(before).exists():
        raise OntologyError(file, f"the kind {kind!r} is unknown", f"Choose from: {', '.join(TERM_KINDS)}")
    else:
        path, kind = Path(file), ""
    if path.suffix.lower() not in (*_OWN, *READERS):
        known = ", ".join((*_OWN, *READERS))
        raise OntologyError(str(path), "is of no format that a lexicon can have", f"Known by their endings: {known}")
    return path, kind


def curie_reader(sources: Mapping[str, Source]) -> Callable[[str], str | None]:
    """From an id as terminologies write it ("NCI:C3088", "aio:UNet", an IRI) to a CURIE of a vocabulary in `sources`.

    None for an id of no such vocabulary, or one that has not the form of its ids.
    """
    prefixes = {prefix.upper(): prefix for prefix in sources}
    bases = sorted(((_bare(s.base), s.prefix) for s in sources.values()), key=lambda b: (-len(b[0]), b))

    def curie_of(raw: str) -> str | None:
        if "://" in raw:
            iri = _bare(raw)
            found = next(((p, iri[len(base) :]) for base, p in bases if iri.startswith(base)), None)
            if found is None:
                return None
            curie = f"{found[0]}:{found[1]}"
        else:
            head, _, local = raw.partition(":")
            head = _DATED.sub("", head.upper())
            head = _ALIASES.get(head, head)
            if head not in prefixes:
                return None
            curie = f"{prefixes[head]}:{local}"
        return None if curie_problem(curie, sources) else curie

    return curie_of


def _bare(iri: str) -> str:
    """Without the scheme: http and https name the same thing here."""
    return iri.partition("://")[2]
