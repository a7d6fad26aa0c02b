"""The house holds: floors, no cycles, short modules, RDF only right of the bridge, no rag-bag modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).resolve().parents[1] / "src" / "imagingkg"

FLOORS = {
    "imagingkg.cli": 7,
    "imagingkg.commands": 6,
    "imagingkg.pipeline": 5,
    "imagingkg.edition": 4,
    "imagingkg.intake": 4,
    "imagingkg.lint": 4,
    "imagingkg.evaluate": 4,
    "imagingkg.publish": 3,
    "imagingkg.lexicon_files": 3,
    "imagingkg.product": 3,
    "imagingkg.last_edition": 3,
    "imagingkg.serve": 3,
    "imagingkg.ingest": 2,
    "imagingkg.extract": 2,
    "imagingkg.graph": 2,
    "imagingkg.curate": 2,
    "imagingkg.lexicon": 1,
    "imagingkg.forms": 1,
    "imagingkg.extension": 1,
    "imagingkg.terminology": 1,
    "imagingkg.lexicon_formats": 1,
    "imagingkg.ontology_files": 1,
    "imagingkg.strict_yaml": 1,
    "imagingkg.settings": 1,
    "imagingkg.staging": 1,
    "imagingkg.runs": 1,
    "imagingkg.shards": 1,
    "imagingkg.cache": 1,
    "imagingkg.ledger": 1,
    "imagingkg.workers": 1,
    "imagingkg.workers_spark": 1,
    "imagingkg.gold": 1,
    "imagingkg.terminal": 1,
    "imagingkg.readings": 0,
    "imagingkg.counting": 0,
    "imagingkg.model": 0,
    "imagingkg.errors": 0,
}
MAY_SEE_SAME_FLOOR = {1, 0}  # small modules of one floor; cycles among them are ruled out below
RDF = {"pyoxigraph", "rdflib", "pyshacl"}
RDF_ROOMS = ("imagingkg.graph", "imagingkg.publish", "imagingkg.serve")
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base"}


def modules() -> dict[str, Path]:
    out = {}
    for path in sorted(SRC.rglob("*.py")):
        name = ".".join(("imagingkg", *path.relative_to(SRC).with_suffix("").parts))
        out[name.removesuffix(".__init__")] = path
    return out


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every imported module, and whether the import is relative; imports inside functions count too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level > 0


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_every_module_has_a_floor() -> None:
    names = [m for m in modules() if m != "imagingkg"]
    assert len(names) >= 20
    assert sorted({room(m) for m in names} - set(FLOORS)) == []


def test_imports_are_absolute_and_go_down() -> None:
    wrong, seen = [], 0
    for name, path in modules().items():
        if name == "imagingkg":
            continue  # the front door opens lazily; nobody inside uses it
        for target, relative in imports(path):
            if relative:
                wrong.append(f"{name} imports relatively")
            if not target.startswith("imagingkg"):
                continue
            seen += 1
            if target == "imagingkg":
                wrong.append(f"{name} imports through the front door")
                continue
            here, there = room(name), room(target)
            same_floor_ok = here == there or FLOORS[here] in MAY_SEE_SAME_FLOOR
            if FLOORS[there] > FLOORS[here] or (FLOORS[there] == FLOORS[here] and not same_floor_ok):
                wrong.append(f"{name} imports {target}")
            if target in {"imagingkg.ingest", "imagingkg.extract", "imagingkg.graph", "imagingkg.publish"}:
                wrong.append(f"{name} imports {target} through its __init__")
    assert seen > 40
    assert wrong == []


def test_no_import_cycle() -> None:
    known = modules()
    graph = {name: {t for t, _ in imports(path) if t in known and t != name} for name, path in known.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done:
            return
        for target in sorted(graph[name] - {"imagingkg"}):
            visit(target, (*trail, name))
        done.add(name)

    for name in graph:
        if name != "imagingkg":
            visit(name, ())
    assert len(done) >= len(known) - 1


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    assert {name: n for name, n in lengths.items() if n > 400} == {}


def test_rdf_stays_right_of_the_bridge() -> None:
    checked = 0
    wrong = []
    for name, path in modules().items():
        used = {target.split(".")[0] for target, _ in imports(path)} & RDF
        checked += bool(used)
        if used and not name.startswith(RDF_ROOMS):
            wrong.append(f"{name} imports {', '.join(sorted(used))}")
    assert checked >= 3
    assert wrong == []


def test_no_rag_bag_modules() -> None:
    assert [name for name in modules() if name.rsplit(".", 1)[-1] in BANNED_NAMES] == []


def test_only_the_command_line_prints() -> None:
    wrong = [
        name
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert wrong == []
