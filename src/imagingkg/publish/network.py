"""The simple view: a network of concepts in one offline HTML file, drawn by the vis-network that pyvis brings along.

The page around it is our own. pyvis's templates load Bootstrap from the net, put a heading in as raw HTML, write ids
into menus unescaped and let a node's title switch on innerHTML; its add_edge is quadratic, and its physics does not
settle at this size. So pyvis holds nodes, edges and options; positions are fixed, and labels are only ever texts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Final

from pyvis.network import Network

from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading
from imagingkg.publish.explorer import content_policy
from imagingkg.publish.explorer_data import SHOWN_KINDS, concept_names, fillers, shown_parent
from imagingkg.publish.layout import place

LINKS_PER_CONCEPT: Final = 4
"""At most so many links per shown concept are drawn, the most claimed first: more is slow and shows nothing."""

KIND_STYLE: Final = {
    "disease": ("dot", "#d55e00"), "task": ("square", "#0072b2"), "modality": ("diamond", "#56b4e9"),
    "method": ("triangle", "#009e73"), "biomarker": ("hexagon", "#cc79a7"), "anatomy": ("dot", "#f0e442"),
    "dataset": ("triangleDown", "#e69f00"), "metric": ("square", "#767b83"), "challenge": ("star", "#5b3a8c"),
}  # fmt: skip
"""Shape and colour of each kind: those of the explorer, as near as vis-network has them."""

_SPREAD: Final = 2.4


def write_network(
    path: Path, readings: Sequence[Reading], lexicon: Lexicon, *, limit: int = 1500, documents: int = 0
) -> None:
    """Writes the network of the `limit` most connected concepts to `path`; equal bytes for equal readings in any order.

    Two concepts are linked when they fill one affirmed claim; a link's width tells the number of such claims. Where the
    corpus has more `documents` than `readings`, the page says so.
    """
    concepts = len({end for pair in links(readings) for end in pair})
    part = f" From {len(readings):,} of {documents:,} documents." if documents > len(readings) else ""
    page = _page(_network(readings, lexicon, limit), concepts, part)
    path.write_text(page, encoding="utf-8", newline="\n")


def links(readings: Iterable[Reading]) -> Counter[tuple[str, str]]:
    """How many affirmed claims tie two concepts; a pair is in the order of its ids. Retracted documents count not."""
    found: Counter[tuple[str, str]] = Counter()
    for reading in readings:
        if reading.document.retracted:
            continue
        for claim in reading.claims:
            if claim.certainty == "affirmed":
                found.update(combinations(sorted(fillers(claim)), 2))
    return found


def _network(readings: Sequence[Reading], lexicon: Lexicon, limit: int) -> Network:
    pairs = links(readings)
    degree = Counter(end for pair in pairs for end in pair)
    chosen = sorted(sorted(degree, key=lambda c: (-degree[c], c))[:limit], key=_kind_order)
    index = {concept: n for n, concept in enumerate(chosen)}
    inside = {pair: n for pair, n in pairs.items() if pair[0] in index and pair[1] in index}
    drawn = sorted(inside, key=lambda pair: (-inside[pair], pair))[: LINKS_PER_CONCEPT * len(chosen)]
    names = concept_names(readings, lexicon)
    network = Network(height="100%", width="100%", directed=True)  # directed: add_edge then seeks no twin among all
    for concept, (x, y) in _spots(readings, chosen, lexicon).items():
        kind = concept.partition("/")[0]
        shape, colour = KIND_STYLE[kind]
        en, zh = names[concept]
        said = en if zh == en else f"{en} · {zh}"
        network.add_node(
            concept, label=_short(said), title=f"{said}\n{kind}, {degree[concept]} neighbours", shape=shape,
            color=colour, x=x * _SPREAD, y=y * _SPREAD, size=round(6 + 1.5 * degree[concept] ** 0.5, 1),
            names=[_short(en)] if zh == en else [_short(en), _short(zh)],
        )  # fmt: skip
    for a, b in drawn:
        n = inside[a, b]
        # The edge list itself, as add_edge looks through all nodes for each end.
        network.edges.append({"from": a, "to": b, "width": round(min(6.0, 0.6 + 0.6 * n**0.5), 1), "title": f"{n}"})
    network.set_options(json.dumps(_OPTIONS))
    return network


_OPTIONS: Final = {
    "physics": {"enabled": False},
    "nodes": {"borderWidth": 1},
    "edges": {"smooth": False, "arrows": {"to": {"enabled": False}}, "color": {"color": "#9aa0a6", "opacity": 0.35}},
    "interaction": {"hover": True, "hideEdgesOnDrag": True, "tooltipDelay": 120, "keyboard": {"enabled": True}},
}


def _kind_order(concept: str) -> tuple[int, str]:
    return SHOWN_KINDS.index(concept.partition("/")[0]), concept


def _spots(readings: Iterable[Reading], chosen: Sequence[str], lexicon: Lexicon) -> dict[str, tuple[int, int]]:
    """Where the chosen concepts stand: those above them are placed too, as they tell the families apart."""
    above = set().union(*(lexicon.ancestors(concept) for concept in chosen)) - set(chosen)
    concepts = [*chosen, *sorted(above)]
    index = {concept: n for n, concept in enumerate(concepts)}
    shown = set(chosen)
    rows = [[index[f] for f in fillers(claim) if f in shown] for reading in readings for claim in reading.claims]
    parents = [index.get(shown_parent(concept, lexicon) or "", -1) for concept in concepts]
    kinds = [SHOWN_KINDS.index(concept.partition("/")[0]) for concept in concepts]
    return dict(zip(chosen, place(kinds, parents, rows).spots, strict=False))


def _short(text: str) -> str:
    shown = "".join(c for c in text if c.isprintable())
    return shown if len(shown) <= 60 else shown[:59] + "…"


@cache
def _vis_network() -> str:
    """vis-network as pyvis ships it."""
    return (files("pyvis") / "lib" / "vis-9.1.2" / "vis-network.min.js").read_text(encoding="utf-8")


def _page(network: Network, concepts: int, part: str) -> str:
    nodes, edges, _, _, _, options = network.get_network_data()
    shown_of = f"The {len(nodes):,} most linked of {concepts:,}" if len(nodes) < concepts else f"{concepts:,}"
    legend = "".join(f'<li><b class="{kind}"></b>{kind}</li>' for kind in SHOWN_KINDS)
    library = _vis_network().replace("</script", "<\\/script")
    style = _STYLE + "".join(f".{kind} {{ background: {colour}; }}\n" for kind, (_, colour) in KIND_STYLE.items())
    data = {"nodes": nodes, "edges": edges, "options": json.loads(options)}
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    shown = text.replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{content_policy(scripts=[library, _SCRIPT], styles=[style])}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>imagingkg network</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>imagingkg</h1>
<p>{shown_of} concepts, {len(edges):,} links: what affirmed claims tie together.{part}
Wheel zooms, drag moves, names appear where there is room.</p>
<ul>{legend}</ul>
</header>
<main id="network"></main>
<script type="application/json" id="data">{shown}</script>
<script>{library}</script>
<script>{_SCRIPT}</script>
</body>
</html>
"""


_STYLE: Final = """
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; font: 14px/1.4 "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: #1b1c1e; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 20px; padding: 10px 16px; border-bottom: 1px solid #e4e4e0; }
h1 { font-size: 15px; margin: 0; } p { margin: 0; color: #55585d; }
ul { display: flex; flex-wrap: wrap; gap: 4px 14px; list-style: none; margin: 0; padding: 0; }
li b { display: inline-block; width: 10px; height: 10px; margin-right: 5px; border-radius: 2px; }
main { flex: 1; min-height: 0; }
.vis-tooltip { position: absolute; visibility: hidden; max-width: 360px; padding: 6px 9px; background: #fff; border: 1px solid #cfcfca; border-radius: 5px; white-space: pre-wrap; overflow-wrap: anywhere; pointer-events: none; }
"""  # noqa: E501 - a rule a line

# A title that is an element is shown as it is; a text set by textContent can hold no markup. vis-network draws every
# name wherever its dot is, one upon the other: so they are drawn here, in one size at any zoom, where there is room.
_SCRIPT: Final = """
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const said = (item) => {
    const box = document.createElement("div");
    box.textContent = item.title;
    return { ...item, label: undefined, title: box };
  };
  const nodes = new vis.DataSet(data.nodes.map(said)), edges = new vis.DataSet(data.edges.map(said));
  const root = document.getElementById("network");
  const network = (window.network = new vis.Network(root, { nodes, edges }, data.options));
  const FONT = getComputedStyle(document.body).fontFamily, LINE = 15, ROW = 8;
  const order = [...data.nodes].sort((a, b) => b.size - a.size), widths = new Map();
  let pointed = null;
  const widthOf = (pen, text) => {
    if (!widths.has(text)) widths.set(text, pen.measureText(text).width);
    return widths.get(text);
  };
  /* Rows of pixels, each with the stretches that names take in it. */
  const claim = (taken, x0, x1, y0, y1, always) => {
    const rows = [];
    for (let row = Math.floor(y0 / ROW); row <= Math.floor(y1 / ROW); row++) rows.push(row);
    const free = rows.every((row) => (taken.get(row) || []).every(([a, b]) => x1 <= a || x0 >= b));
    if (free || always) for (const row of rows) taken.set(row, [...(taken.get(row) || []), [x0, x1]]);
    return free || always;
  };
  network.on("afterDrawing", (pen) => {
    const scale = network.getScale(), ratio = pen.canvas.width / root.clientWidth, taken = new Map();
    window.shown = [];
    pen.save();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    Object.assign(pen, { font: `12px ${FONT}`, textAlign: "center", textBaseline: "top" });
    Object.assign(pen, { lineJoin: "round", lineWidth: 3 });
    for (const node of pointed ? [pointed, ...order.filter((n) => n !== pointed)] : order) {
      const { x, y } = network.canvasToDOM(node), top = y + node.size * scale + 2;
      if (x < 0 || y < -40 || x > root.clientWidth || y > root.clientHeight) continue;
      const half = Math.max(...node.names.map((name) => widthOf(pen, name))) / 2 + 3;
      const bottom = top + LINE * node.names.length;
      if (!claim(taken, x - half, x + half, top, bottom, node === pointed)) continue;
      window.shown.push([x - half, top, x + half, bottom, node.id]);
      node.names.forEach((name, line) => {
        pen.strokeStyle = "#ffffff";
        pen.strokeText(name, x, top + line * LINE);
        pen.fillStyle = line ? "#55585d" : "#1b1c1e";
        pen.fillText(name, x, top + line * LINE);
      });
    }
    pen.restore();
  });
  const point = (id) => {
    pointed = id === null ? null : order.find((n) => n.id === id);
    network.redraw();
  };
  network.on("hoverNode", (e) => point(e.node));
  network.on("blurNode", () => point(null));
  network.fit();
  document.documentElement.dataset.ready = "yes";
})();
"""
