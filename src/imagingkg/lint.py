"""Every check of the ontology in one place: what `imagingkg lint` runs, and what a change to ontology/ must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from imagingkg.errors import KgError, UsageError
from imagingkg.extract.cues import load_cues
from imagingkg.extract.new_names import load_new_names
from imagingkg.extract.relations import load_relations
from imagingkg.graph.query import load_queries
from imagingkg.graph.reason import load_rules
from imagingkg.graph.shapes import load_shapes
from imagingkg.graph.sources import expand, load_sources
from imagingkg.lexicon import Lexicon, Problem
from imagingkg.lexicon_files import read_files
from imagingkg.ontology_files import ontology_dir

MAPPING_FIELDS = ("exact", "close", "broad")


def lint(extra: Sequence[str | Path] = (), *, directory: Path | None = None) -> list[Problem]:
    """Every mistake in the ontology at `directory` (default: the one shipped) with `extra` lexicon files on top.

    Raises UsageError for an extra file that is not there.
    """
    for name in map(str, extra):
        file = name if Path(name).exists() else name.rpartition("=")[0] or name
        if not Path(file).is_file():
            raise UsageError(file, "is no file", "Give the path of a file of terms")
    root = directory or ontology_dir()
    try:
        opened, problems = read_files(extra, directory=root)
    except KgError as error:
        return [Problem(error.where, "", error.what)]
    lexicon = opened.lexicon
    checks: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("cues.yaml", lambda: load_cues(root / "cues.yaml")),
        ("new_names.yaml", lambda: load_new_names(root / "new_names.yaml")),
        ("relations.yaml", lambda: load_relations(root / "relations.yaml", lexicon)),
        ("queries", lambda: load_queries(root / "queries")),
        ("rules", lambda: load_rules(root / "rules")),
        ("shapes.ttl", lambda: load_shapes(root / "shapes.ttl")),
    )
    for file, check in checks:
        try:
            check()
        except KgError as error:
            problems.append(Problem(file, error.where, error.what))
    problems += _mappings(lexicon, root)
    return problems


def _mappings(lexicon: Lexicon, root: Path) -> Iterator[Problem]:
    try:
        sources = load_sources(root / "sources.yaml")
    except KgError as error:
        yield Problem("sources.yaml", error.where, error.what)
        return
    for concept in lexicon.concepts.values():
        for name in MAPPING_FIELDS:
            for curie in getattr(concept, name):
                try:
                    expand(curie, sources)
                except KgError as error:
                    yield Problem(concept.source, concept.id, error.what)
