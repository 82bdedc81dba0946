"""A small drawing board for SVG: black on white, told apart by shape, stroke and hatching, not by colour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from scoring.definition import Text

WIDTH, LEFT, RIGHT, TOP, BOTTOM, LEGEND_ROW = 760, 78, 26, 62, 66, 24
STROKES = {"solid": "", "dashed": "9 5", "dotted": "2 5"}
FONT = "'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC',sans-serif"


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high` with its ticks and what is written at each."""

    label: Text
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    @classmethod
    def shares(cls, label: Text, *, high: float = 1.0) -> "Axis":
        """Shares from 0 in per cent, with about five ticks."""
        step = next(item for item in (0.01, 0.02, 0.05, 0.1, 0.2) if high / item <= 6 or item == 0.2)
        top = -(-high // step) * step
        return cls(label, 0.0, top, [(at * step, f"{at * step:.0%}") for at in range(round(top / step) + 1)])

    @classmethod
    def even(cls, label: Text, *, low: float, high: float, step: float) -> "Axis":
        """Numbers at even steps."""
        ticks = [low + at * step for at in range(int((high - low) / step + 1e-9) + 1)]
        return cls(label, low, high, [(tick, f"{tick:.10g}") for tick in ticks])

    @classmethod
    def names(cls, label: Text, names: Sequence[str], *, every: int = 1) -> "Axis":
        """One place each for so many names; only every so many is written."""
        return cls(label, -0.5, len(names) - 0.5, list(enumerate(names))[::every])


class Plot:
    """One drawing with two axes; `title` and `description` are what a screen reader says."""

    def __init__(
        self,
        key: str,
        *,
        title: Text,
        description: Text,
        x: Axis,
        y: Axis,
        height: int = 380,
        left: int = LEFT,
    ) -> None:
        self.x, self.y = x, y
        self._key, self._title, self._description = key, title, description
        self._height, self._left = height, left
        self._marks: list[str] = []
        self._legend: list[tuple[str, str]] = []

    def line(
        self, points: Iterable[tuple[float, float]], *, stroke: str, legend: str = "", width: float = 2
    ) -> None:
        """A line through these points."""
        path = " ".join(f"{self._across(x):.1f},{self._up(y):.1f}" for x, y in points)
        look = f'fill="none" stroke="#111" stroke-width="{width}" stroke-dasharray="{STROKES[stroke]}"'
        self._marks.append(f'<polyline points="{path}" {look}/>')
        if legend:
            self._legend.append((f'<line x1="0" y1="0" x2="34" y2="0" {look}/>', legend))

    def dot(self, x: float, y: float, *, shape: str = "circle", hollow: bool = False) -> None:
        """A mark at a point."""
        self._marks.append(_shape(self._across(x), self._up(y), shape=shape, hollow=hollow))

    def interval(self, x: float, low: float, high: float) -> None:
        """An interval at `x` with a bar at each end."""
        at, top, foot = self._across(x), self._up(high), self._up(low)
        path = f"M{at - 6:.1f} {top:.1f}h12m-6 0V{foot:.1f}m-6 0h12"
        self._marks.append(f'<path d="{path}" fill="none" stroke="#111" stroke-width="1.4"/>')

    def bar(self, x: float, height: float, *, fill: str, width: float = 0.7) -> None:
        """A bar from 0, `fill` is plain, hatched, solid or empty."""
        left, right = self._across(x - width / 2), self._across(x + width / 2)
        top, foot = self._up(height), self._up(0)
        look = f'fill="{self._fill(fill)}" stroke="#111"' + (
            ' stroke-dasharray="3 3"' if fill == "empty" else ""
        )
        size = f'width="{right - left:.1f}" height="{foot - top:.1f}"'
        self._marks.append(f'<rect x="{left:.1f}" y="{top:.1f}" {size} {look}/>')

    def key(self, mark: str, legend: str) -> None:
        """Explain a mark: a shape (circle, hollow circle, diamond, hollow diamond) or a fill of bars."""
        if mark in {"plain", "hatched", "solid", "empty"}:
            dash = ' stroke-dasharray="3 3"' if mark == "empty" else ""
            drawn = (
                f'<rect x="6" y="-7" width="22" height="14" fill="{self._fill(mark)}" stroke="#111"{dash}/>'
            )
        else:
            drawn = _shape(17, 0, shape=mark.split()[-1], hollow=mark.startswith("hollow"))
        self._legend.append((drawn, legend))

    def write(
        self, x: float, y: float, text: str, *, anchor: str = "middle", dx: float = 0, dy: float = 0
    ) -> None:
        """Words at a point, moved by so many pixels."""
        place = f'x="{self._across(x) + dx:.1f}" y="{self._up(y) + dy:.1f}" text-anchor="{anchor}"'
        halo = 'paint-order="stroke" stroke="#fff" stroke-width="4"'
        self._marks.append(f"<text {place} {halo}>{escape(text)}</text>")

    def svg(self) -> str:
        """The drawing."""
        legend, legend_rows = self._legends()
        more = (legend_rows - 1) * LEGEND_ROW
        title, description = (f"{text.zh} {text.en}" for text in (self._title, self._description))
        names = f'aria-labelledby="{self._key}-title {self._key}-desc"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self._height + more}"'
            f' role="img" {names} font-family="{escape(FONT)}" font-size="14" fill="#111">'
            f'<title id="{self._key}-title">{escape(title)}</title>'
            f'<desc id="{self._key}-desc">{escape(description)}</desc>'
            f'<defs><pattern id="{self._key}-hatch" width="7" height="7" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)"><rect width="7" height="7" fill="#fff"/>'
            '<rect width="3" height="7" fill="#111"/></pattern></defs>'
            f'{legend}<g transform="translate(0 {more})">{self._axes()}{"".join(self._marks)}</g></svg>'
        )

    def _axes(self) -> str:
        left, right, foot = self._left, WIDTH - RIGHT, self._height - BOTTOM
        size = f'width="{right - left}" height="{foot - TOP}"'
        drawn = [f'<rect x="{left}" y="{TOP}" {size} fill="none" stroke="#777"/>']
        for value, text in self.y.ticks:
            at = self._up(value)
            drawn.append(f'<line x1="{left}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
            drawn.append(f'<text x="{left - 8}" y="{at + 5:.1f}" text-anchor="end">{escape(text)}</text>')
        for value, text in self.x.ticks:
            at = self._across(value)
            drawn.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{foot}" y2="{foot + 5}" stroke="#777"/>')
            drawn.append(f'<text x="{at:.1f}" y="{foot + 21}" text-anchor="middle">{escape(text)}</text>')
        across = escape(f"{self.x.label.zh} {self.x.label.en}")
        drawn.append(
            f'<text x="{(left + right) / 2}" y="{self._height - 12}" text-anchor="middle">{across}</text>'
        )
        drawn.append(f'<text x="{8}" y="{TOP - 12}">{escape(f"{self.y.label.zh} {self.y.label.en}")}</text>')
        return "".join(drawn)

    def _legends(self) -> tuple[str, int]:
        """The legend, and how many rows it takes."""
        drawn, at, row = [], 8.0, 0
        for mark, text in self._legend:
            wide = 62 + sum(14 if ord(letter) > 0x2E80 else 7.4 for letter in text)
            if at > 8 and at + wide > WIDTH:
                at, row = 8.0, row + 1
            place = f"translate({at:.0f} {18 + row * LEGEND_ROW})"
            drawn.append(f'<g transform="{place}">{mark}<text x="42" y="5">{escape(text)}</text></g>')
            at += wide
        return "".join(drawn), row + 1

    def _fill(self, fill: str) -> str:
        return {"plain": "#ccc", "hatched": f"url(#{self._key}-hatch)", "solid": "#111", "empty": "#fff"}[
            fill
        ]

    def _across(self, value: float) -> float:
        share = (value - self.x.low) / (self.x.high - self.x.low)
        return self._left + share * (WIDTH - RIGHT - self._left)

    def _up(self, value: float) -> float:
        share = (value - self.y.low) / (self.y.high - self.y.low)
        foot = self._height - BOTTOM
        return foot - share * (foot - TOP)


def _shape(x: float, y: float, *, shape: str, hollow: bool) -> str:
    look = f'fill="{"#fff" if hollow else "#111"}" stroke="#111" stroke-width="1.6"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" {look}/>'
    return f'<path d="M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z" {look}/>'
