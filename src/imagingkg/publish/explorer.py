"""The explorer: one HTML file with gap map, graph, table and evidence that opens from a disk without a network.

The page is its plain sources in assets/, put end to end in the order of their names; there is no build step. Its
policy names the one script and the one style sheet by their hash and allows nothing else, no request at all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading
from imagingkg.publish.explorer_data import Whole, explorer_data
from imagingkg.publish.explorer_panel import Panel, sparql_panel

ASSETS: Final = Path(__file__).resolve().parent / "assets"


def write_explorer(
    path: Path,
    readings: Sequence[Reading],
    lexicon: Lexicon,
    *,
    title: str = "",
    quotes: bool = True,
    licensed_codes: bool = False,
    turtle: Sequence[Path] = (),
    whole: Whole | None = None,
) -> None:
    """Writes the explorer of `readings` to `path`; equal bytes for equal readings in any order.

    `title` names the corpus in the page's head (default: the field, in the reader's language). Without `quotes` the
    sentences stay out and the page says where they stand; without `licensed_codes` so do the codes of vocabularies that
    need a licence. `turtle`: the files of the graph; the page then carries them with a SPARQL engine and an editor
    (some 2 MB), and without them it has no SPARQL panel. `whole`: the corpus of which `readings` are a part; the page
    says so, as it does when the readings have more claims than a page holds (MOST_CLAIMS).
    """
    data = explorer_data(readings, lexicon, quotes=quotes, licensed_codes=licensed_codes, whole=whole)
    page = explorer_page(data | {"title": title}, sparql_panel(turtle) if turtle else None)
    path.write_text(page, encoding="utf-8", newline="\n")


def explorer_page(data: Mapping[str, Any], panel: Panel | None = None) -> str:
    """The page around the columns of `explorer_data`, with a SPARQL panel where one is given."""
    index, texts = _split(data)
    style = _joined("*.css")
    script = f'"use strict";\n(async () => {{\n{_joined("*.js")}}})();\n'
    shell = (ASSETS / "shell.html").read_text(encoding="utf-8")
    scripts = [script, panel.script] if panel else [script]
    parts = {
        "policy": content_policy(scripts=scripts, styles=[style], webassembly=panel is not None, workers=True),
        "title": escape(data.get("title") or "imagingkg explorer"),
        "style": style,
        "data": packed({**index, "panel": panel is not None}),
        "texts": packed(texts),
        "script": script,
        "panel": "\n".join(_inert(name, part) for name, part in panel.parts.items()) if panel else "",
    }
    # All places at once: what is put in is never searched for places.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], shell)


def content_policy(
    *, scripts: Sequence[str], styles: Sequence[str], webassembly: bool = False, workers: bool = False
) -> str:
    """A Content-Security-Policy that allows these inline scripts and styles, by hash, and nothing from anywhere.

    `workers`: the page may run code of its own in threads; they inherit the policy, and so they load nothing either.
    """
    hashes = [_digest(text) for text in scripts] + ["'wasm-unsafe-eval'"] * webassembly
    rules = [f"script-src {' '.join(hashes)}", f"style-src {' '.join(map(_digest, styles))}"]
    rules += ["worker-src blob:"] * workers
    return "; ".join(["default-src 'none'", *rules, "base-uri 'none'", "form-action 'none'"])


def packed(data: Mapping[str, Any]) -> str:
    """`data` as JSON, gzipped, as text without a character that HTML gives a meaning."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return _text(gzip.compress(text.encode("utf-8"), 9, mtime=0))


def _split(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the first view needs, and the sentences with their marks, which it does not; empty lists as 0."""
    thin = {key: _thin(value) if isinstance(value, dict) and key != "of" else value for key, value in data.items()}
    texts = {name: thin["sentences"].pop(name, []) for name in ("text", "mentions")}
    return thin, texts


def _thin(columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """The columns with each empty list as 0: a browser reads a large page sooner when it has fewer lists to make."""
    return {name: [0 if value == [] else value for value in column] for name, column in columns.items()}


def _inert(name: str, part: bytes) -> str:
    """A script element that no browser runs: the page reads it when it is needed."""
    return f'<script type="text/plain" id="{name}">{_text(part)}</script>'


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _joined(pattern: str) -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in sorted(ASSETS.glob(pattern)))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
