"""The whole network of a large corpus while the camera moves: never empty, and sharp once it rests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, Page, open_browser
from explorer_case import corpus, small_lexicon
from imagingkg.publish.explorer import write_explorer

sys.path.append(str(Path(__file__).parent / "bench" / "explorer"))

from graphs import made_graph

SETTLED = """
new Promise((done) => setTimeout(function look() {
  if (document.querySelector(".graph canvas")?.dataset.drawn !== "sharp") return setTimeout(look, 30);
  requestAnimationFrame(() => requestAnimationFrame(() => done()));
}, 150))
"""
"""After a move: until the page says that its picture is the one for where the camera stands."""

PIXELS = """
(() => { const c = document.querySelector(".graph canvas"); const seen = c.getContext("2d");
  return seen.getImageData(0, 0, c.width, c.height).data; })()
"""
INKED = f"(() => {{ const d = {PIXELS}; let n = 0; for (let k = 3; k < d.length; k += 4) n += d[k] > 0; return n; }})()"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = made_graph(2000)
    path = tmp_path_factory.mktemp("large") / "graph.html"
    write_explorer(path, graph.readings, graph.lexicon)
    return path


@pytest.fixture
def page(chromium: Browser, file: Path) -> Iterator[Page]:
    page = chromium.new_page()
    page.open(file, "view=graph&whole=network&theme=light")
    page.run(SETTLED)
    yield page
    assert page.requests() == []
    assert [c for c in page.complaints() if "willReadFrequently" not in c] == []  # of reading pixels, as only tests do


def turn(page: Page, by: float, times: int, x: float = 640, y: float = 420) -> None:
    for _ in range(times):
        page.command("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=by)


def differing(page: Page) -> float:
    """The share of pixels that change much when the picture at rest is drawn afresh, as a change of theme makes it."""
    page.run(f"void (window.before_ = {PIXELS})")
    for theme in ("dark", "light"):
        page.click("#theme")
        page.wait(f"document.documentElement.dataset.theme === '{theme}'")
        page.run(SETTLED)
    return float(
        page.run(
            f"(() => {{ const a = window.before_, b = {PIXELS}; let n = 0;"
            " for (let k = 0; k < a.length; k += 4) n += [0, 1, 2, 3].some((c) => Math.abs(a[k + c] - b[k + c]) > 24);"
            " return n / (a.length / 4); })()"
        )
    )


@pytest.mark.parametrize("moves", [[(-100, 8)], [(-100, 14)], [(-100, 12), (100, 5)], [(-100, 6), (100, 20)]], ids=str)
def test_at_rest_the_picture_is_the_one_that_would_be_drawn_there_afresh(
    page: Page, moves: list[tuple[float, int]]
) -> None:
    page.run(f"window.first_ = {INKED}")
    for by, times in moves:
        turn(page, by, times)
    page.run(SETTLED)
    assert page.run(f"Math.abs({INKED} / window.first_ - 1)") > 0.05  # it moved
    assert differing(page) < 0.001


def test_at_rest_after_a_drag_too(page: Page) -> None:
    turn(page, -100, 8)
    page.run(SETTLED)
    mouse = {"button": "left", "buttons": 1}
    page.command("Input.dispatchMouseEvent", type="mousePressed", x=400, y=400, clickCount=1, **mouse)
    for step in range(20):
        page.command("Input.dispatchMouseEvent", type="mouseMoved", x=400 + 20 * step, y=400 + 10 * step, **mouse)
    page.command("Input.dispatchMouseEvent", type="mouseReleased", x=780, y=590, clickCount=1, **mouse)
    page.run(SETTLED)
    assert differing(page) < 0.001


def test_while_the_wheel_turns_back_no_part_of_the_window_is_empty(page: Page) -> None:
    """Each of nine parts shows something in every frame: what is seen is larger than what was near before."""
    turn(page, -100, 16)
    page.run(SETTLED)
    page.run("""
      (() => { window.least_ = Infinity; window.frames_ = 0;
        const c = document.querySelector(".graph canvas");
        const small = new OffscreenCanvas(48, 30), pen = small.getContext("2d", {willReadFrequently: true});
        (function look() { requestAnimationFrame(look);
          pen.clearRect(0, 0, 48, 30); pen.drawImage(c, 0, 0, 48, 30);
          const d = pen.getImageData(0, 0, 48, 30).data;
          for (let part = 0; part < 9; part++) { let ink = 0;
            for (let y = 0; y < 10; y++) for (let x = 0; x < 16; x++)
              ink += d[4 * ((Math.floor(part / 3) * 10 + y) * 48 + (part % 3) * 16 + x) + 3];
            window.least_ = Math.min(window.least_, ink); }
          window.frames_++; })(); })()
    """)
    turn(page, 100, 7)
    page.run(SETTLED)
    assert page.run("window.frames_") > 5
    assert page.run("window.least_") > 0


def test_two_fingers_zoom(page: Page) -> None:
    page.run(f"window.first_ = {INKED}")
    for kind, spread in (("touchStart", 40), *(("touchMove", 40 + 15 * k) for k in range(1, 13)), ("touchEnd", 0)):
        points = [{"x": 640 - spread, "y": 420, "id": 0}, {"x": 640 + spread, "y": 420, "id": 1}] if spread else []
        page.command("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    page.run(SETTLED)
    assert page.run(f"{INKED} / window.first_") > 1.2
    assert differing(page) < 0.001
    assert "sel=" not in page.run("location.hash")  # a pinch opens nothing


def test_without_workers_the_picture_is_right_at_rest_as_well(chromium: Browser, file: Path) -> None:
    page = chromium.new_page()
    page.command("Page.addScriptToEvaluateOnNewDocument", source="delete window.Worker")
    page.open(file, "view=graph&whole=network&theme=light")
    page.run(SETTLED)
    turn(page, -100, 8)
    page.run(SETTLED)
    assert differing(page) < 0.001


def test_who_wants_no_motion_zooms_in_steps(page: Page) -> None:
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    turn(page, -100, 6)
    page.run(SETTLED)
    assert differing(page) < 0.001


def test_every_dot_among_the_kinds_has_its_name_or_is_counted_as_nameless(page: Page, file: Path) -> None:
    page.open(file, "view=graph")
    page.run(SETTLED)
    page.run("HTMLAnchorElement.prototype.click = () => {}")
    page.run("void (URL.createObjectURL = (blob) => { window.caught = blob; return '#'; })")
    page.run("document.querySelector('[data-save=svg]').click()")
    page.wait("window.caught")
    texts = page.run(
        "window.caught.text().then((t) => [...new DOMParser().parseFromString(t, 'image/svg+xml')"
        ".querySelectorAll('text')].map((e) => e.textContent))"
    )
    said = [int(text.split()[0].replace(",", "")) for text in texts if "more:" in text]
    left_out = [int(text.split()[1].replace(",", "")) for text in texts if text.startswith("+ ")]
    kinds = page.count(".filters .set:first-child .chip")
    assert kinds == len(said) + len(left_out) + 1 == 8  # the one metric has its name
    named = (len(texts) - 2 * kinds - len(said) - len(left_out)) / 2  # a name and its number each
    assert named + sum(said) + sum(left_out) == 2001


def test_a_small_network_is_sharp_and_has_all_its_names_once_the_camera_rests(
    chromium: Browser, tmp_path: Path
) -> None:
    write_explorer(tmp_path / "g.html", corpus(), small_lexicon(tmp_path / "ontology"))
    page = chromium.new_page()
    page.open(tmp_path / "g.html", "view=graph&whole=network&theme=light")
    turn(page, -100, 3)
    page.run(SETTLED)
    assert differing(page) < 0.001
    assert [c for c in page.complaints() if "willReadFrequently" not in c] == []
