"""Charts of a run as SVG: lines over the steps, ruled at round numbers, named at their ends."""

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from html import escape

from report_data import Mark, Point

COLORS = 6  # that report_page.STYLE knows
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 560, 236, 58, 18, 40  # below and at the left there are ticks
TINY = 1e-200  # what is smaller is drawn as zero
NAME = 22  # characters of a line's name beside its end


@dataclass(frozen=True)
class Line:
    """A curve: its points in the order of the steps, its trend if they are many, its best one."""

    name: str
    points: Sequence[Point]
    trend: Sequence[Point] = ()
    best: Point | None = None


@dataclass(frozen=True)
class Chart:
    """Lines over the steps 0 to `end`, on one scale; `marks` say what happened at a step."""

    title: str
    lines: Sequence[Line]
    end: int
    unit: str = ""
    note: str = ""
    dots: bool = False
    floor: float | None = None
    marks: Sequence[Mark] = ()


@dataclass(frozen=True)
class Axis:
    """Where values lie between two places of a drawing."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        scale = math.log10 if self.log else float
        share = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return self.start + share * (self.end - self.start)


class Drawing:
    """A chart with its axes laid out."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        names = [line.name for line in chart.lines] + ["floor"] * (chart.floor is not None)
        self.right = WIDTH - 18 - 6.6 * min(NAME, max(map(len, names)))
        values = [value for line in chart.lines for _, value in line.points]
        values += [] if chart.floor is None else [chart.floor]
        middles = [sorted(v for _, v in line.points)[len(line.points) // 2] for line in chart.lines]
        low, high = interval(values)
        bottom = HEIGHT - BOTTOM
        self.x = Axis(0, max(chart.end, 1), LEFT, self.right)
        # Only where half of a line would lie flat on the ground of a linear scale.
        if min(values) > TINY and max(values) > 50 * min(middles):
            self.rows = log_ticks(min(values), max(values))
            self.y = Axis(self.rows[0], self.rows[-1], bottom, TOP, log=True)
        else:
            rows, margin = ticks(low, high), (high - low) / 25
            self.y = Axis(max(rows[0], low - margin), min(rows[-1], high + margin), bottom, TOP)
            self.rows = [row for row in rows if self.y.low <= row <= self.y.high]

    def figure(self) -> str:
        """The chart with its caption."""
        chart = self.chart
        many = any(line.trend for line in chart.lines)
        note = text(chart.note) + " Bold: medians of nearby steps." * many
        unit = f"{text(chart.unit)}{', logarithmic' * self.y.log}".removeprefix(", ")
        ends = [
            f"{line.name}: {short(line.points[0][1])} at step {line.points[0][0]:,}, "
            f"{short(line.points[-1][1])} at step {line.points[-1][0]:,}"
            for line in chart.lines
        ]
        parts = "".join(itertools.chain(self.grid(), self.happenings(), self.curves()))
        cursor = f'<line y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>' + "".join(
            f'<circle class="c{index % COLORS}" r="3.5"/>' for index in range(len(chart.lines))
        )
        # The script reads values off under the pointer.
        lines = [[line.name, line.points] for line in chart.lines]
        known = json.dumps({"x": astuple(self.x), "y": astuple(self.y), "lines": lines})
        return (
            f'<figure class="chart" data-known="{text(known)}">'
            f'<div class="top"><span>{unit}</span><output></output></div>'
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text("; ".join(ends))}">'
            f'{parts}<g class="cursor" visibility="hidden">{cursor}</g></svg>'
            f"<figcaption><b>{text(chart.title)}.</b> {note}</figcaption></figure>\n"
        )

    def grid(self) -> Iterator[str]:
        """Rules and ticks."""
        bottom = HEIGHT - BOTTOM
        for row, name in zip(self.rows, tick_names(self.rows, self.y.log), strict=True):
            y = self.y.at(row)
            yield self.across("rule", y)
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{name}</text>'
        yield self.across("axis", bottom)
        steps = [step for step in ticks(0, self.x.high, 4) if step <= self.x.high]
        for step in filter(float.is_integer, steps):
            x = self.x.at(step)
            yield self.down("axis", x, bottom, bottom + 4)
            yield f'<text x="{x:.1f}" y="{bottom + 17}" text-anchor="middle">{step:,.0f}</text>'
        middle = (LEFT + self.right) / 2
        yield f'<text x="{middle:.1f}" y="{HEIGHT - 6}" text-anchor="middle">step</text>'

    def happenings(self) -> Iterator[str]:
        """Lines down, where the run broke or went back; words as far as there is room."""
        taken = 0.0
        for step, label in self.chart.marks:
            x, width = self.x.at(step), 6.0 * len(label)
            yield self.down("mark", x, TOP - 14, HEIGHT - BOTTOM)
            start = x + 4 if x + 4 + width < WIDTH else x - 4 - width
            if start > taken:
                taken = max(x, start + width)
                yield f'<text class="mark" x="{start:.1f}" y="{TOP - 6}">{text(label)}</text>'

    def across(self, kind: str, y: float) -> str:
        return f'<line class="{kind}" x1="{LEFT}" x2="{self.right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'

    def down(self, kind: str, x: float, top: float, bottom: float) -> str:
        return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'

    def curves(self) -> Iterator[str]:
        """The lines, each with its name at its end; the floor is one of them."""
        lines, floor = self.chart.lines, self.chart.floor
        ends = [self.y.at((line.trend or line.points)[-1][1]) for line in lines]
        if floor is not None:
            y = self.y.at(floor)
            yield self.across("floor", y)
            ends.append(y)
        labels = apart(ends)
        for index, line in enumerate(lines):
            kind = f"c{index % COLORS}"
            places = self.places(line.points)
            if line.trend:
                yield f'<polyline class="all {kind}" points="{" ".join(places)}"/>'
            curve = self.places(line.trend) or places
            yield f'<polyline class="{kind}" points="{" ".join(curve)}"/>'
            for place in places if self.chart.dots or len(places) == 1 else []:
                x, y_place = place.split(",")
                yield f'<circle class="{kind}" cx="{x}" cy="{y_place}" r="2.2"/>'
            if line.best and len(places) > 1:
                x, y_place = f"{self.x.at(line.best[0]):.1f}", f"{self.y.at(line.best[1]):.1f}"
                yield f'<circle class="best {kind}" cx="{x}" cy="{y_place}" r="6"/>'
            yield self.label(kind, line.name, labels[index])
        if floor is not None:
            yield self.label("floor", "floor", labels[-1])

    def places(self, points: Sequence[Point]) -> list[str]:
        return [f"{self.x.at(step):.1f},{self.y.at(value):.1f}" for step, value in points]

    def label(self, kind: str, name: str, y: float) -> str:
        """A name at the right."""
        cut = text(name if len(name) <= NAME else name[: NAME - 3] + "...")
        return f'<text class="name {kind}" x="{self.right + 10:.1f}" y="{y + 4:.1f}">{cut}</text>'


def interval(values: Sequence[float]) -> tuple[float, float]:
    """What an axis has to show: all values, and 0 if that is not far."""
    low, high = min(values), max(values)
    size = max(abs(low), abs(high))
    if size < TINY:
        return 0.0, 1.0
    if high - low <= 1e-9 * size:
        return low - size / 2, high + size / 2
    return 0.0 if 0 < low < high / 2 else low, high


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers around an interval, equally far apart."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    size = next(factor for factor in (1, 2, 5, 10) if power * factor >= rough) * power
    start, end = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [i * size for i in range(start, end + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten around an interval, six or so."""
    start, end = math.floor(math.log10(low)), math.ceil(math.log10(high))
    size = math.ceil((end - start) / 6)
    return [10.0**power for power in range(start, end + size, size)]


def tick_names(rows: Sequence[float], log: bool) -> list[str]:
    """The ticks of an axis as text, with as many decimals as tell them apart."""
    size, most = rows[1] - rows[0], max(map(abs, rows))
    if log or most >= 1e6 or size < 1e-5:
        digits = 2 if log else max(3, 1 + math.ceil(math.log10(most / size)))
        return [short(row, digits) for row in rows]
    return [f"{row:,.{max(0, -math.floor(math.log10(size) + 1e-9))}f}" for row in rows]


def apart(places: Sequence[float], least: float = 14) -> list[float]:
    """Places of names, moved where two of them would overlap, within the drawing."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    found, above = list(places), -math.inf
    for index in order:
        found[index] = above = max(places[index], above + least)
    below = HEIGHT - BOTTOM + least
    for index in reversed(order):
        found[index] = below = min(found[index], below - least)
    return found


def short(value: float, digits: int = 4) -> str:
    """A number with so many digits that count: 0.0123, 12,345, 1.2e-7."""
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    whole, point, part = f"{value:,.{decimals}f}".partition(".")
    return whole + (point + part).rstrip("0").rstrip(".")


def text(value: object) -> str:
    """Any value as text that is no mark-up."""
    return escape(str(value), quote=True)
