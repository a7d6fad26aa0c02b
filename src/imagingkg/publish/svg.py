"""Pictures as SVG text: escaped, rounded, the same bytes for the same calls; colours and shapes of the explorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import cos, pi, sin
from typing import Final

FONT: Final = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'PingFang SC', 'Microsoft YaHei', \
'Noto Sans CJK SC', sans-serif"

THEMES: Final[Mapping[str, Mapping[str, str]]] = {
    "light": {
        "bg": "#ffffff", "ink": "#1b1c1e", "ink-2": "#55585d", "line": "#e4e4e0", "faint": "#b9bbb8",
        "edge": "#9aa0a6", "bar": "#3f74a8", "stroke": "#ffffff", "island": "#f7f7f5",
        "h1": "#e3ecf5", "h2": "#bfd3e8", "h3": "#8eb2d5", "h4": "#3f74a8", "h5": "#1f4e79",
        "h1t": "#1b3954", "h2t": "#15324d", "h3t": "#0d2438", "h4t": "#ffffff", "h5t": "#ffffff",
        "disease": "#d55e00", "task": "#0072b2", "modality": "#56b4e9", "method": "#009e73", "biomarker": "#cc79a7",
        "anatomy": "#f0e442", "dataset": "#e69f00", "metric": "#767b83", "challenge": "#5b3a8c",
    },
    "dark": {
        "bg": "#131416", "ink": "#ebecee", "ink-2": "#b3b7bd", "line": "#2b2e33", "faint": "#565a61",
        "edge": "#70767e", "bar": "#6a9fd0", "stroke": "#131416", "island": "#1a1c1f",
        "h1": "#1d2c3a", "h2": "#264460", "h3": "#34648f", "h4": "#6a9fd0", "h5": "#b3d6f7",
        "h1t": "#c9dbec", "h2t": "#dbe9f6", "h3t": "#f3f8fd", "h4t": "#0b1a28", "h5t": "#0b1a28",
        "disease": "#ee7a26", "task": "#4aa3df", "modality": "#7cc7f2", "method": "#2fbf95", "biomarker": "#dc94bb",
        "anatomy": "#f0e442", "dataset": "#f0b030", "metric": "#a3a9b1", "challenge": "#b79be8",
    },
}  # fmt: skip
"""Colours by name, as in the explorer (assets/10-tokens.css)."""

Point = tuple[float, float]


def _corners(n: int, turn: float, radii: Sequence[float]) -> list[Point]:
    around = [(turn + 2 * pi * k / n, radii[k % len(radii)]) for k in range(n)]
    return [(cos(angle) * radius, sin(angle) * radius) for angle, radius in around]


_ARM: Final = 0.42
_PLUS: Final = [
    (-_ARM, -1.15), (_ARM, -1.15), (_ARM, -_ARM), (1.15, -_ARM), (1.15, _ARM), (_ARM, _ARM), (_ARM, 1.15),
    (-_ARM, 1.15), (-_ARM, _ARM), (-1.15, _ARM), (-1.15, -_ARM), (-_ARM, -_ARM),
]  # fmt: skip
SHAPES: Final[Mapping[str, Sequence[Point]]] = {
    "disease": (), "task": _corners(4, pi / 4, [1.24]), "modality": _corners(4, 0, [1.26]),
    "method": _corners(3, -pi / 2, [1.4]), "biomarker": _corners(6, 0, [1.1]),
    "anatomy": _corners(5, -pi / 2, [1.16]), "dataset": _corners(3, pi / 2, [1.4]), "metric": _PLUS,
    "challenge": _corners(8, -pi / 2, [1.5, 0.62]),
}  # fmt: skip
"""The corners of each kind's mark, on a circle of radius 1 or a little more; a disease is a circle."""


@dataclass(slots=True)
class Picture:
    """An SVG that grows by what is drawn; lengths are pixels, colours names of the theme."""

    width: float
    height: float
    title: str
    theme: Mapping[str, str]
    items: list[str] = field(default_factory=list)

    def put(self, tag: str, text: str | None = None, /, **attributes: str | float) -> None:
        """An element; `_` in an attribute's name stands for `-`, and numbers are rounded to hundredths."""
        said = "".join(f' {k.replace("_", "-")}="{_value(v)}"' for k, v in attributes.items())
        self.items.append(f"<{tag}{said}/>" if text is None else f"<{tag}{said}>{escape(printable(text))}</{tag}>")

    def box(self, x: float, y: float, width: float, height: float, fill: str, /, **more: str | float) -> None:
        self.put("rect", x=x, y=y, width=width, height=height, fill=self.theme[fill], **more)

    def line(self, a: Point, b: Point, stroke: str, width: float = 1, /, **more: str | float) -> None:
        colour = self.theme[stroke]
        self.put("line", x1=a[0], y1=a[1], x2=b[0], y2=b[1], stroke=colour, stroke_width=width, **more)

    def text(self, x: float, y: float, text: str, size: float = 12, fill: str = "ink", /, **more: str | float) -> None:
        """Text whose middle line is at `y`; it starts at `x` unless `text_anchor` says otherwise."""
        self.put("text", text, x=x, y=y, font_size=size, fill=self.theme[fill], dominant_baseline="central", **more)

    def mark(self, kind: str, x: float, y: float, radius: float) -> None:
        """The shape of a kind of concept."""
        rim: dict[str, str | float] = {"stroke": self.theme["stroke"], "stroke_width": 0.8}
        if not SHAPES[kind]:
            return self.put("circle", cx=x, cy=y, r=radius, fill=self.theme[kind], **rim)
        points = " ".join(f"{_value(x + a * radius)},{_value(y + b * radius)}" for a, b in SHAPES[kind])
        return self.put("polygon", points=points, fill=self.theme[kind], **rim)

    def __str__(self) -> str:
        size = f'width="{_value(self.width)}" height="{_value(self.height)}"'
        view = f'viewBox="0 0 {_value(self.width)} {_value(self.height)}"'
        title = escape(printable(self.title))
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img" font-family="{FONT}">'
        ground = f'<rect width="100%" height="100%" fill="{self.theme["bg"]}"/>'
        return "\n".join([head, f"<title>{title}</title>", ground, *self.items, "</svg>\n"])


def width_of(text: str, size: float) -> float:
    """About how wide a text is in `size` pixels: no font is at hand, so that it errs to the wide side."""
    return size * sum(1.0 if c >= "\u2e80" else 0.72 if c.isupper() or c in "mwMW%" else 0.56 for c in text)


def fitted(text: str, size: float, room: float) -> str:
    """`text`, or as much of it as fits into `room` pixels, with an ellipsis."""
    if width_of(text, size) <= room:
        return text
    kept = text
    while kept and width_of(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def printable(text: str) -> str:
    """`text` without controls and marks that turn or hide it; none of them is allowed in XML or wanted in a label."""
    return "".join(c for c in text if c.isprintable())


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{round(value, 2) + 0.0:g}" if abs(value) < 1e5 else str(value)
