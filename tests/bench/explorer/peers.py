"""The same graph as a page of each peer: positions given, physics off, links hidden or thinned where the tool can.

Each page tells in `window.drawn` when it had drawn for the first time.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from graphs import MadeGraph
from pyvis.network import Network

from imagingkg.publish.network import KIND_STYLE

SIGMA = """
const graph = new Graph();
for (const n of DATA.nodes) graph.addNode(n.id, {x: n.x, y: -n.y, size: n.size / 2, label: n.label, color: n.color});
for (const [a, b] of DATA.edges) graph.addEdge(a, b, {size: 0.5, color: "#ccd"});
const renderer = new Sigma(graph, ROOT, {labelRenderedSizeThreshold: 8, hideEdgesOnMove: true});
renderer.once("afterRender", () => { window.drawn = performance.now(); });
"""
FORCE_GRAPH = """
const made = new ForceGraph(ROOT).nodeId("id").nodeLabel("label").nodeColor("color").nodeVal((n) => n.size / 3)
  .linkColor(() => "#ccd").warmupTicks(0).cooldownTicks(0)
  .onRenderFramePost(() => { window.drawn ||= performance.now(); })
  .graphData({nodes: DATA.nodes.map((n) => ({...n, fx: n.x, fy: n.y})),
              links: DATA.edges.map(([source, target]) => ({source, target}))});
const xs = DATA.nodes.map((n) => n.x), ys = DATA.nodes.map((n) => n.y);
const span = (list) => list.reduce((a, b) => Math.max(a, b)) - list.reduce((a, b) => Math.min(a, b));
made.zoom(Math.min(innerWidth / span(xs), innerHeight / span(ys)));
"""
VIS = """
const made = new vis.Network(ROOT, {
  nodes: DATA.nodes.map((n) => ({...n, shape: "dot"})),
  edges: DATA.edges.map(([from, to], id) => ({id, from, to, color: "#ccd", smooth: false}))},
  {physics: false, layout: {improvedLayout: false}, interaction: {hideEdgesOnDrag: true, hideEdgesOnZoom: true}});
made.once("afterDrawing", () => { window.drawn = performance.now(); });
"""
PAGE = """<!doctype html><meta charset="utf-8">
<style>html, body, #root {{ margin: 0; width: 100%; height: 100vh; overflow: hidden; background: #fff }}</style>
<div id="root"></div><script>{library}</script>
<script>const DATA = {data}, ROOT = document.getElementById("root");{script}</script>
"""


def data_of(graph: MadeGraph, spots: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Nodes with label, place, size and colour; edges as pairs of ids."""
    degree = Counter(end for link in graph.links for end in link)
    nodes = [
        {
            "id": c.id, "label": f"{c.en} {c.zh}", "x": spots[c.id][0], "y": spots[c.id][1],
            "size": round(3 + min(degree[c.id], 400) ** 0.5, 1), "color": KIND_STYLE[c.kind][1],
        }
        for c in graph.concepts
    ]  # fmt: skip
    return {"nodes": nodes, "edges": graph.links}


def write_peer(name: str, path: Path, data: dict[str, Any], modules: Path) -> None:
    """The page of one of PEERS."""
    if name == "pyvis":
        path.write_text(_pyvis(data), encoding="utf-8")
        return
    library, script = PEERS[name]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    page = PAGE.format(library=library(modules).replace("</script", "<\\/script"), data=text, script=script)
    path.write_text(page, encoding="utf-8")


def _sigma(modules: Path) -> str:
    entry = 'import Graph from "graphology"; import Sigma from "sigma"; Object.assign(window, {Graph, Sigma});'
    command = [modules / ".bin" / "esbuild", "--bundle", "--minify", "--format=iife"]
    done = subprocess.run(command, input=entry, cwd=modules.parent, capture_output=True, text=True, check=True)
    return done.stdout


def _force_graph(modules: Path) -> str:
    return (modules / "force-graph" / "dist" / "force-graph.min.js").read_text(encoding="utf-8")


def _vis(modules: Path) -> str:
    path = modules / "vis-network" / "standalone" / "umd" / "vis-network.min.js"
    return path.read_text(encoding="utf-8")


def _pyvis(data: dict[str, Any]) -> str:
    """As pyvis writes it, physics off; its add_edge is quadratic, so edges are put into its list as they come."""
    network = Network(height="100vh", width="100%", directed=True, cdn_resources="in_line")
    for n in data["nodes"]:
        network.add_node(n["id"], label=n["label"], color=n["color"], size=n["size"], x=n["x"], y=n["y"], physics=False)
    network.edges = [{"from": a, "to": b, "arrows": "to"} for a, b in data["edges"]]
    network.toggle_physics(False)
    return str(network.generate_html()).replace(
        "network = new vis.Network(container, data, options);",
        "network = new vis.Network(container, data, options);"
        'network.once("afterDrawing", () => { window.drawn = performance.now(); });',
    )


PEERS: dict[str, tuple[Callable[[Path], str], str]] = {
    "sigma": (_sigma, SIGMA),
    "force-graph": (_force_graph, FORCE_GRAPH),
    "vis-network": (_vis, VIS),
    "pyvis": (_vis, ""),
}

