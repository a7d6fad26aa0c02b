"""Measures the explorer beside its peers on made graphs, in one run, in Chromium without a GPU. Run by hand.

    cd tests/bench/explorer && npm install
    python run.py [--sizes 200,2000,10000,50000] [--tools ours,sigma,...] [--cap SECONDS]

Interactive: the end of the last stretch in which the page did not answer for 150 ms, from the start of loading, or of
the first drawing where that ends later. Pan and zoom: frames a second, and the 95th percentile of the time between
frames, while the pointer drags or the wheel turns for two and a half seconds. A screen shows 60 frames a second and
Chromium draws no more: --unlimited lifts that, so that one can see by how much a tool could do better. Bytes: what the
data of the explorer's page weighs, beside what is asked for (70 a quoted sentence and 12 a link).
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from graphs import MadeGraph, made_graph  # noqa: E402
from peers import PEERS, data_of, write_peer  # noqa: E402

import browser as driver  # noqa: E402 (found by the line above)
from imagingkg.publish.explorer import packed, write_explorer  # noqa: E402
from imagingkg.publish.explorer_data import explorer_data  # noqa: E402

WATCH = """
window.frames_ = []; window.long_ = [];
(function tick() { window.frames_.push(performance.now()); requestAnimationFrame(tick); })();
new PerformanceObserver((list) => { for (const e of list.getEntries()) window.long_.push([e.startTime, e.duration]); })
  .observe({type: "longtask", buffered: true});
new MutationObserver(() => { if (document.documentElement.dataset.ready) window.drawn ??= performance.now(); })
  .observe(document, {attributes: true, subtree: true}); // how the explorer tells that all is there
"""
QUIET = """
(() => { const now = performance.now(), frames = window.frames_; let last = frames[0] || 0;
  for (let i = 1; i < frames.length; i++) if (frames[i] - frames[i - 1] > 150) last = frames[i];
  for (const [start, length] of window.long_) if (length > 100 && start + length > last) last = start + length;
  return {now, last: Math.max(last, window.drawn || 0), alive: now - (frames.at(-1) || 0) < 150,
          done: document.readyState === "complete"}; })()
"""
SPANS = """
(() => { const spans = window.frames_.slice(FROM).map((t, i, all) => i ? t - all[i - 1] : 0).slice(1);
  return spans; })()
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One page: bytes, seconds until it answers (None: not within the cap), (frames a second, p95 ms) of two moves."""

    tool: str
    size: int
    page: int
    interactive: float | None
    pan: tuple[float, float] | None
    zoom: tuple[float, float] | None


def measure(tool: str, size: int, path: Path, fragment: str, cap: float, repeat: int) -> Measured:
    """Opened `repeat` times, each in a fresh browser: the median. Moved in the last."""
    opened: list[float] = []
    pan = zoom = None
    for turn in range(repeat):
        with driver.open_browser() as chromium:
            page = chromium.new_page()
            page.resize(1280, 800)
            page.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
            page.command("Page.navigate", url=path.resolve().as_uri() + fragment)
            settled = _settled(page, cap)
            if settled is None:
                break
            opened.append(settled)
            if turn == repeat - 1:
                pan = _frames(page, _drag)
                time.sleep(0.4)
                zoom = _frames(page, _wheel)
    interactive = statistics.median(opened) if len(opened) == repeat else None
    return Measured(tool, size, path.stat().st_size, interactive, pan, zoom)


def _settled(page: driver.Page, cap: float) -> float | None:
    deadline = time.monotonic() + cap
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now: dict[str, Any] = page.run(QUIET)
        if now["done"] and now["alive"] and now["now"] - now["last"] > 1000:
            return float(now["last"]) / 1000
    return None


def _frames(page: driver.Page, move: Any, seconds: float = 2.5) -> tuple[float, float]:
    start = page.run("window.frames_.length")
    begun = time.monotonic()
    move(page, begun + seconds)
    took = time.monotonic() - begun
    spans = sorted(page.run(SPANS.replace("FROM", str(start))))
    return len(spans) / took, spans[int(len(spans) * 0.95)] if spans else math.inf


def _drag(page: driver.Page, until: float) -> None:
    mouse = {"x": 640.0, "y": 420.0, "button": "left"}
    page.command("Input.dispatchMouseEvent", type="mousePressed", clickCount=1, buttons=1, **mouse)
    step = 0
    while time.monotonic() < until:
        mouse |= {"x": 640 + 150 * math.sin(step / 8), "y": 420 + 120 * math.cos(step / 8)}
        page.command("Input.dispatchMouseEvent", type="mouseMoved", buttons=1, **mouse)
        step += 1
        time.sleep(0.01)
    page.command("Input.dispatchMouseEvent", type="mouseReleased", clickCount=1, **mouse)


def _wheel(page: driver.Page, until: float) -> None:
    step = 0
    while time.monotonic() < until:
        turn = 100 if step // 12 % 2 else -100
        page.command("Input.dispatchMouseEvent", type="mouseWheel", x=640, y=420, deltaX=0, deltaY=turn)
        step += 1
        time.sleep(0.04)


def write_pages(graph: MadeGraph, tools: list[str], folder: Path, modules: Path) -> dict[str, Path]:
    """The page of each tool; the peers get the places that the explorer's layout computed."""
    data = explorer_data(graph.readings, graph.lexicon)
    columns = data["concepts"]
    spots = {c: (x, y) for c, x, y in zip(columns["id"], columns["x"], columns["y"], strict=True)}
    weight, asked = len(packed(data)), 70 * graph.sentences + 12 * len(graph.links)
    said = f"{len(graph.concepts):,} concepts, {len(graph.links):,} links, {graph.sentences:,} sentences"
    print(f"{said}: data {weight * 3 // 4:,} bytes gzipped, {weight:,} in the page, {asked:,} asked for", flush=True)
    paths = {}
    for tool in tools:
        paths[tool] = folder / f"{tool}.html"
        if tool == "ours":
            write_explorer(paths[tool], graph.readings, graph.lexicon)
        else:
            write_peer(tool, paths[tool], data_of(graph, spots), modules)
    return paths


def table(rows: list[Measured]) -> str:
    def moved(value: tuple[float, float] | None) -> str:
        return "-" if value is None else f"{value[0]:.0f} fps, p95 {value[1]:.0f} ms"

    lines = ["| concepts | tool | page | interactive | pan | zoom |", "| ---: | --- | ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {m.size:,} | {m.tool} | {m.page / 1e6:.2f} MB | "
        f"{'not in time' if m.interactive is None else f'{m.interactive:.2f} s'} | {moved(m.pan)} | {moved(m.zoom)} |"
        for m in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="200,2000,10000,50000")
    parser.add_argument("--tools", default=",".join(["ours", *PEERS]))
    parser.add_argument("--modules", type=Path, default=HERE / "node_modules", help="where npm installed the peers")
    parser.add_argument("--cap", type=float, default=60, help="seconds that a page may take")
    parser.add_argument("--repeat", type=int, default=3, help="how often a page is opened; the median counts")
    parser.add_argument("--unlimited", action="store_true", help="more frames than a screen shows")
    given = parser.parse_args()
    if given.unlimited:
        driver.FLAGS += ["--disable-frame-rate-limit", "--disable-gpu-vsync"]
    rows: list[Measured] = []
    for size in map(int, given.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            pages = write_pages(made_graph(size), given.tools.split(","), Path(folder), given.modules.resolve())
            for tool, path in pages.items():
                fragment = "#view=graph&whole=network" if tool == "ours" else ""
                try:
                    rows.append(measure(tool, size, path, fragment, given.cap, given.repeat))
                except (AssertionError, OSError, TimeoutError) as error:
                    print(f"{tool}: {error}", flush=True)
                    rows.append(Measured(tool, size, path.stat().st_size, None, None, None))
                print(json.dumps([tool, size, rows[-1].interactive, rows[-1].pan, rows[-1].zoom]), flush=True)
    print(f"\n{platform.platform()}, Python {platform.python_version()}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
