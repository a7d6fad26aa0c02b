"""Measures the explorer beside its peers on made graphs, in one run, in Chromium without a GPU. Run by hand.

    cd tests/bench/explorer && npm install
    python run.py [--sizes 200,2000,10000,50000] [--tools ours,sigma,...] [--cap SECONDS] [--rounds 3]

Interactive: the end of the last stretch in which the page did not answer for 150 ms, from the start of loading, or of
the first drawing where that ends later. Pan and zoom: frames a second, and the 95th percentile of the time between
frames, while the pointer drags or the wheel turns for two and a half seconds; the camera's way is a matter of time, not
of how many steps a tool takes in. Both are measured twice: as a screen shows them, 60 frames a second at most, and
free, with that limit lifted, which tells how much time a frame takes. The wheel is turned from within the page, a step
in each frame, as a touchpad does; "wheel" is the same with the browser's own events, which it passes on only some 30
times a second, so that frames without anything new to show count as well. A round measures all tools one after another;
the medians of the rounds are told, and the ratio to the best peer in each round. Bytes: what the data of the explorer's
page weighs, beside what is asked for (70 a quoted sentence and 12 a link).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
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
new MutationObserver(() => { window.drawn ??= performance.now(); }) // how the explorer tells that it has drawn
  .observe(document, {attributes: true, attributeFilter: ["data-drawn"], subtree: true});
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


LIFTED = ("--disable-frame-rate-limit", "--disable-gpu-vsync")
SECONDS = 2.5
TURN = """
window.turning_ = true;
(() => { const start = performance.now(); let last = start;
  (function turn() { if (!window.turning_) return; const now = performance.now();
    const deltaY = (Math.floor((now - start) / 500) % 2 ? 2.5 : -2.5) * (now - last);
    if (now > last) document.elementFromPoint(640, 420).dispatchEvent(new WheelEvent("wheel",
      {deltaY, clientX: 640, clientY: 420, bubbles: true, cancelable: true}));
    last = now; requestAnimationFrame(turn); })(); })();
"""

Moved = tuple[float, float]
"""Frames a second, and the 95th percentile of the milliseconds between two frames."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One page in one round: seconds until it answers, then each of MOVES."""

    interactive: float
    moved: tuple[Moved, ...]


MOVES = ("pan", "zoom", "wheel", "pan, free", "zoom, free")


def measure(path: Path, fragment: str, cap: float) -> Measured | None:
    """Opened in a fresh browser and moved, then once more with the limit of the screen lifted."""
    with driver.open_browser() as chromium:
        page, interactive = _opened(chromium, path, fragment, cap)
        if interactive is None:
            return None
        on_screen = [_frames(page, move) for move in (_drag, _turn, _wheel)]
    with driver.open_browser(*LIFTED) as chromium:
        page, settled = _opened(chromium, path, fragment, cap)
        if settled is None:
            return None
        free = [_frames(page, move) for move in (_drag, _turn)]
    return Measured(interactive, (*on_screen, *free))


def _opened(chromium: driver.Browser, path: Path, fragment: str, cap: float) -> tuple[driver.Page, float | None]:
    page = chromium.new_page()
    page.resize(1280, 800)
    page.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    page.command("Page.navigate", url=path.resolve().as_uri() + fragment)
    return page, _settled(page, cap)


def _settled(page: driver.Page, cap: float) -> float | None:
    deadline = time.monotonic() + cap
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now: dict[str, Any] = page.run(QUIET)
        if now["done"] and now["alive"] and now["now"] - now["last"] > 1000:
            return float(now["last"]) / 1000
    return None


def _frames(page: driver.Page, move: Callable[[driver.Page, float], None]) -> Moved:
    time.sleep(0.4)
    start = page.run("window.frames_.length")
    begun = time.monotonic()
    move(page, begun + SECONDS)
    took = time.monotonic() - begun
    spans = sorted(page.run(SPANS.replace("FROM", str(start))))
    return len(spans) / took, spans[int(len(spans) * 0.95)] if spans else math.inf


def _drag(page: driver.Page, until: float) -> None:
    mouse = {"x": 640.0, "y": 420.0, "button": "left"}
    page.command("Input.dispatchMouseEvent", type="mousePressed", clickCount=1, buttons=1, **mouse)
    while (left := until - time.monotonic()) > 0:
        mouse |= {"x": 640 + 150 * math.sin(left * 8), "y": 420 + 120 * math.cos(left * 8)}
        page.command("Input.dispatchMouseEvent", type="mouseMoved", buttons=1, **mouse)
    page.command("Input.dispatchMouseEvent", type="mouseReleased", clickCount=1, **mouse)


def _wheel(page: driver.Page, until: float) -> None:
    """Inwards for half a second and out again, as fast as the page takes the events in."""
    last = until - SECONDS
    while (now := time.monotonic()) < until:
        turn = (2500 if int((until - now) / 0.5) % 2 else -2500) * (now - last)
        last = now
        page.command("Input.dispatchMouseEvent", type="mouseWheel", x=640, y=420, deltaX=0, deltaY=turn)
        time.sleep(0.01)


def _turn(page: driver.Page, until: float) -> None:
    """The same way from within the page, a step in every frame."""
    page.run(TURN)
    time.sleep(max(0.0, until - time.monotonic()))
    page.run("void (window.turning_ = false)")


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


def medians(rounds: Sequence[Measured]) -> Measured:
    columns = zip(*(m.moved for m in rounds), strict=True)
    middle = [(statistics.median(f for f, _ in c), statistics.median(s for _, s in c)) for c in map(list, columns)]
    return Measured(statistics.median(m.interactive for m in rounds), tuple(middle))


def table(size: int, pages: dict[str, Path], found: dict[str, list[Measured | None]]) -> str:
    """A row for each tool, the medians of its rounds."""
    lines = [
        f"| concepts | tool | page | interactive | {' | '.join(MOVES)} |",
        "| ---: | --- |" + " ---: |" * (2 + len(MOVES)),
    ]
    for tool, rounds in found.items():
        start = f"| {size:,} | {tool} | {pages[tool].stat().st_size / 1e6:.2f} MB |"
        good = [m for m in rounds if m]
        if len(good) < len(rounds):
            lines.append(f"{start} not in time |{' - |' * len(MOVES)}")
            continue
        m = medians(good)
        moves = " | ".join(f"{fps:.0f} fps, p95 {span:.0f} ms" for fps, span in m.moved)
        lines.append(f"{start} {m.interactive:.2f} s | {moves} |")
    return "\n".join(lines)


def ratios(found: dict[str, list[Measured | None]]) -> str:
    """How many times better than the best peer of the same round, each round."""
    lines = []
    for k, name in enumerate(("interactive", *MOVES)):
        each = []
        for n, ours in enumerate(found["ours"]):
            peers = [rounds[n] for tool, rounds in found.items() if tool != "ours"]
            there = [m for m in peers if m]
            if ours is None or not there:
                continue
            if k == 0:
                each.append(min(m.interactive for m in there) / ours.interactive)
            else:
                each.append(ours.moved[k - 1][0] / max(m.moved[k - 1][0] for m in there))
        told = ", ".join(f"{r:.1f}" for r in each)
        lines.append(f"{name}: {statistics.median(each):.1f} ({told})" if each else f"{name}: no peer in time")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="200,2000,10000,50000")
    parser.add_argument("--tools", default=",".join(["ours", *PEERS]))
    parser.add_argument("--modules", type=Path, default=HERE / "node_modules", help="where npm installed the peers")
    parser.add_argument("--cap", type=float, default=60, help="seconds that a page may take")
    parser.add_argument("--rounds", type=int, default=3, help="how often all tools are measured in turn")
    given = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}", flush=True)
    for size in map(int, given.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            pages = write_pages(made_graph(size), given.tools.split(","), Path(folder), given.modules.resolve())
            found: dict[str, list[Measured | None]] = {tool: [] for tool in pages}
            for turn in range(given.rounds):
                for tool, path in pages.items():
                    fragment = "#view=graph&whole=network" if tool == "ours" else ""
                    try:
                        found[tool].append(measure(path, fragment, given.cap))
                    except (AssertionError, OSError, RuntimeError) as error:  # a page that no longer answers
                        print(f"{tool}: {error}", flush=True)
                        found[tool].append(None)
                    print(json.dumps([turn, tool, size, _plain(found[tool][-1])]), flush=True)
            print(f"\nload {os.getloadavg()[0]:.1f}\n\n{table(size, pages, found)}\n", flush=True)
            if "ours" in found and len(found) > 1:
                print(f"Times the best peer, median (each round)\n{ratios(found)}\n", flush=True)


def _plain(m: Measured | None) -> list[Any] | None:
    return m and [round(m.interactive, 2), *([round(fps, 1), round(span, 1)] for fps, span in m.moved)]


if __name__ == "__main__":
    main()
