"""The SPARQL panel of the explorer: what the page carries for it, each part packed and left alone until it is opened.

Four parts: the named questions, the graph as Turtle, Oxigraph's WebAssembly, and the script that binds it and brings
the editor. The last two come from elsewhere: vendor/manifest.json says from where and in which version.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from imagingkg.graph.names import VOCAB
from imagingkg.graph.query import NamedQuery, load_queries

VENDOR: Final = Path(__file__).resolve().parent / "vendor"


@dataclass(frozen=True, slots=True)
class Panel:
    """`script`: the text of the script that the page runs when the panel opens. `parts`: gzipped, by their id."""

    script: str
    parts: dict[str, bytes]


def sparql_panel(turtle: Sequence[Path]) -> Panel:
    """The panel over the triples of these Turtle files together."""
    script = (VENDOR / "panel.js.gz").read_bytes()
    graph = b"\n".join(path.read_bytes() for path in turtle)
    questions = {"vocabulary": VOCAB, "questions": [_question(query) for query in load_queries().values()]}
    return Panel(gzip.decompress(script).decode("utf-8"), {
        "panel-questions": gzip.compress(json.dumps(questions, ensure_ascii=False).encode("utf-8"), 9, mtime=0),
        "panel-script": script,
        "panel-graph": gzip.compress(graph, 9, mtime=0),
        "panel-program": (VENDOR / "oxigraph.wasm.gz").read_bytes(),
    })  # fmt: skip


def _question(query: NamedQuery) -> dict[str, Any]:
    parameters = [[p.name, p.default, p.note] for p in query.parameters]
    text = query.text[query.text.index("\n\n") :].lstrip()  # the comments above it are shown otherwise
    return {"name": query.name, "en": query.en, "zh": query.zh, "parameters": parameters, "text": text}
