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
from imagingkg.publish.explorer_data import explorer_data

ASSETS: Final = Path(__file__).resolve().parent / "assets"


def write_explorer(
    path: Path, readings: Sequence[Reading], lexicon: Lexicon, *, title: str = "", quotes: bool = True
) -> None:
    """Writes the explorer of `readings` to `path`; equal bytes for equal readings in any order.

    `title` names the corpus in the page's head (default: the field, in the reader's language). Without `quotes` the
    sentences stay out and the page says where they stand.
    """
    data = explorer_data(readings, lexicon, quotes=quotes)
    path.write_text(explorer_page(data | {"title": title}), encoding="utf-8", newline="\n")


def explorer_page(data: Mapping[str, Any]) -> str:
    """The page around the columns of `explorer_data`."""
    style = _joined("*.css")
    script = f'"use strict";\n(async () => {{\n{_joined("*.js")}}})();\n'
    shell = (ASSETS / "shell.html").read_text(encoding="utf-8")
    parts = {
        "policy": content_policy(scripts=[script], styles=[style]),
        "title": escape(data.get("title") or "imagingkg explorer"),
        "style": style,
        "data": packed(data),
        "script": script,
    }
    # All places at once: what is put in is never searched for places.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], shell)


def content_policy(*, scripts: Sequence[str], styles: Sequence[str]) -> str:
    """A Content-Security-Policy that allows these inline scripts and styles, by hash, and nothing from anywhere."""
    allowed = {"script-src": scripts, "style-src": styles}
    rules = [f"{rule} {' '.join(_digest(text) for text in texts)}" for rule, texts in allowed.items()]
    return "; ".join(["default-src 'none'", *rules, "base-uri 'none'", "form-action 'none'"])


def packed(data: Mapping[str, Any]) -> str:
    """`data` as JSON, gzipped, in Base64: text without a character that HTML gives a meaning."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 9, mtime=0)).decode("ascii")


def _joined(pattern: str) -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in sorted(ASSETS.glob(pattern)))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
