"""How report.html looks: SVG charts, tables and pictures, in one file that needs no network."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

Point = tuple[int, float]  # step, value

WIDTH, HEIGHT = 640, 230
LEFT, RIGHT, TOP, BOTTOM = 58, 96, 12, 30  # room for ticks, and for the lines' names
COLORS = 6  # of STYLE; Okabe and Ito's, which colour-blind readers can tell apart

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --faint: #6b6b70; --rule: #d9d9de; --paper: #fff;
  --panel: #f6f6f8; --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #b8860b;
  --c5: #56b4e9; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --faint: #a0a0a8; --rule: #3a3a40;
  --paper: #161618; --panel: #202024; --c0: #56b4e9; --c1: #ff8a3d; --c2: #2fc79c; --c3: #e59cc6;
  --c4: #e5b53b; --c5: #9ad4f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1360px; padding: 28px 32px 64px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 40px 0 12px; }
h3 { font-size: 14px; margin: 0 0 4px; font-weight: 600; }
p { margin: 4px 0; max-width: 75ch; }
.faint { color: var(--faint); }
dl.facts { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 16px 0 0; }
dl.facts dt { color: var(--faint); font-size: 12px; }
dl.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 24px; }
figure { margin: 0; }
svg { width: 100%; height: auto; display: block; background: var(--panel); border-radius: 6px; }
svg text { font: 11px system-ui, sans-serif; fill: var(--faint); }
svg .name { font-weight: 600; }
svg .rule { stroke: var(--rule); stroke-width: 1; }
svg polyline { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
svg .floor { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 5 4; }
svg .cursor { stroke: var(--faint); stroke-width: 1; visibility: hidden; }
.readout { min-height: 1.5em; font-size: 12px; color: var(--faint);
  font-variant-numeric: tabular-nums; }
.show img { display: block; width: 100%; max-width: 640px; image-rendering: pixelated;
  border-radius: 6px; background: var(--panel); }
.show input { width: 100%; max-width: 640px; margin: 10px 0 0; accent-color: var(--c0); }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 3px 20px 3px 0; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th { color: var(--faint); font-weight: 500; }
td.number, th.number { text-align: right; }
.wide { overflow-x: auto; }
details { margin: 8px 0; }
summary { cursor: pointer; font-weight: 600; }
@media print { body { padding: 0; } .show input, .readout { display: none; } }
"""

SCRIPT = """
const number = value => Math.abs(value) >= 1e5 || (value && Math.abs(value) < 1e-3)
  ? value.toExponential(2) : String(Number(value.toPrecision(4)));
for (const figure of document.querySelectorAll("figure[data-lines]")) {
  const {lines, first, last, left, right} = JSON.parse(figure.dataset.lines);
  const svg = figure.querySelector("svg"), cursor = figure.querySelector(".cursor");
  const readout = figure.querySelector(".readout");
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    const step = first + (x - left) / (right - left) * (last - first);
    const near = points => points.reduce(
      (a, b) => Math.abs(b[0] - step) < Math.abs(a[0] - step) ? b : a);
    const at = near(lines[0].points)[0];
    const place = left + (at - first) / Math.max(last - first, 1) * (right - left);
    cursor.setAttribute("x1", place); cursor.setAttribute("x2", place);
    cursor.style.visibility = "visible";
    readout.textContent = "step " + at.toLocaleString("en") + ": " +
      lines.map(line => line.name + " " + number(near(line.points)[1])).join(", ");
  });
  svg.addEventListener("pointerleave", () => {
    cursor.style.visibility = "hidden"; readout.textContent = "";
  });
}
const slider = document.querySelector(".show input");
if (slider) {
  const pictures = JSON.parse(document.getElementById("pictures").textContent);
  const image = document.querySelector(".show img"), label = document.querySelector(".show .at");
  slider.hidden = false;
  slider.addEventListener("input", () => {
    const [name, data] = pictures[slider.value];
    image.src = "data:image/png;base64," + data;
    image.alt = label.textContent = "step " + Number(name).toLocaleString("en");
  });
}
"""


@dataclass(frozen=True)
class Line:
    """A curve: its name, and its points in the order of the steps."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Chart:
    """Lines over the steps, on one scale; `floor` is a dashed line across."""

    title: str
    lines: Sequence[Line]
    floor: float | None = None


def page(
    run: Mapping[str, Any],
    *,
    charts: Sequence[Chart],
    facts: Sequence[tuple[str, str]],
    pictures: Sequence[tuple[str, str]],
    left_out: int,
    evaluations: Sequence[Mapping[str, Any]],
) -> str:
    """The whole document; texts of the run are escaped, whatever they are."""
    name = text(run.get("name", "a run"))
    sections = [
        section("Samples", slideshow(pictures, left_out)),
        section("Curves", charted(charts)),
        section("Evaluations", evaluation_table(evaluations)),
        section("Networks", "".join(map(network_table, run.get("networks", [])))),
        section("Knobs", knob_table(run.get("config", {}))),
        section("Sources", listed(run.get("sources", []))),
    ]
    # Nothing but what stands in the file itself may load or run.
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{name}</h1>
<p>{text(run.get("title", ""))}</p>
<p class="faint">{text(run.get("description", ""))}</p>
<dl class="facts">{"".join(f"<div><dt>{text(k)}<dd>{text(v)}</div>" for k, v in facts)}</dl>
{"".join(sections)}
<script>{SCRIPT}</script>
</body>
</html>
"""


def text(value: object) -> str:
    """Any value as text that is no mark-up."""
    return escape(str(value), quote=True)


def data(value: object) -> str:
    """JSON that can stand inside an element or an attribute."""
    return json.dumps(value).replace("&", "\\u0026").replace("<", "\\u003c").replace("'", "\\u0027")


def section(title: str, inside: str) -> str:
    """A part of the page; nothing where there is nothing to show."""
    missing = '<p class="faint">The run has left none so far.</p>'
    return f"<section><h2>{title}</h2>{inside or missing}</section>\n"


def slideshow(pictures: Sequence[tuple[str, str]], left_out: int) -> str:
    """The last picture, and a slider over all of them."""
    if not pictures:
        return ""
    name, last = pictures[-1]
    label = f"step {int(name):,}" if name.isdigit() else text(name)
    end = len(pictures) - 1
    others = f" {left_out} pictures between these are left out." if left_out else ""
    return (
        f'<div class="show"><img src="data:image/png;base64,{last}" alt="{label}">'
        f'<input type="range" min="0" max="{end}" value="{end}" hidden '
        'aria-label="which picture is shown">'
        f'<p class="faint"><span class="at">{label}</span>; always of the same noise.{others}</p>'
        f'</div><script type="application/json" id="pictures">{data(pictures)}</script>'
    )


def charted(charts: Sequence[Chart]) -> str:
    """All charts, side by side."""
    drawn = [figure(chart) for chart in charts if any(line.points for line in chart.lines)]
    return f'<div class="charts">{"".join(drawn)}</div>' if drawn else ""


def figure(chart: Chart) -> str:
    """A chart as SVG: ruled at round numbers, every line named at its end."""
    steps = [step for line in chart.lines for step, _ in line.points]
    values = [value for line in chart.lines for _, value in line.points]
    values += [] if chart.floor is None else [chart.floor]
    first, last = min(steps), max(steps)
    rows = ticks(min(values), max(values))
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def across(step: float) -> float:
        return LEFT + (step - first) / max(last - first, 1) * (right - LEFT)

    def up(value: float) -> float:
        return bottom - (value - rows[0]) / (rows[-1] - rows[0]) * (bottom - TOP)

    parts = []
    for row in rows:
        y = up(row)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(row)}</text>')
    for step in ticks(first, last)[1:] if last > first else [first]:
        if first <= step <= last:
            place = f'x="{across(step):.1f}" y="{HEIGHT - 10}"'
            parts.append(f'<text {place} text-anchor="middle">{step:,.0f}</text>')
    if chart.floor is not None:
        y = up(chart.floor)
        parts.append(f'<line class="floor" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{right + 8}" y="{y + 4:.1f}">floor</text>')
    names = apart([up(line.points[-1][1]) for line in chart.lines])
    for index, line in enumerate(chart.lines):
        color = f"var(--c{index % COLORS})"
        places = " ".join(f"{across(step):.1f},{up(value):.1f}" for step, value in line.points)
        parts.append(f'<polyline style="stroke: {color}" points="{places}"/>')
        at = f'x="{right + 8}" y="{names[index] + 4:.1f}" style="fill: {color}"'
        if len(chart.lines) > 1:
            parts.append(f'<text class="name" {at}>{text(line.name)}</text>')
    parts.append(f'<line class="cursor" y1="{TOP}" y2="{bottom}"/>')
    lines = [{"name": line.name, "points": line.points} for line in chart.lines]
    known = data({"lines": lines, "first": first, "last": last, "left": LEFT, "right": right})
    title = text(chart.title)
    return (
        f"<figure data-lines='{known}'><h3>{title}</h3>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title} over the steps">'
        f'{"".join(parts)}</svg><div class="readout"></div></figure>'
    )


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers around an interval, equally far apart."""
    if high - low < 1e-12 * max(1.0, abs(high)):
        low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    size = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    start, end = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [i * size for i in range(start, end + 1)]


def apart(places: Sequence[float], least: float = 13) -> list[float]:
    """Places of names, moved down where two of them would overlap."""
    found, below = dict(enumerate(places)), -math.inf
    for index in sorted(found, key=lambda i: places[i]):
        found[index] = below = max(places[index], below + least)
    return [found[index] for index in range(len(places))]


def number(value: float) -> str:
    """A number in few characters."""
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.1e}"
    return f"{value:,.4g}"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; numbers stand at the right."""

    def cell(tag: str, value: object, like: object) -> str:
        aligned = ' class="number"' if isinstance(like, int | float) else ""
        shown = number(value) if isinstance(value, float) else text(value)
        return f"<{tag}{aligned}>{shown}</{tag}>"

    first = rows[0] if rows else header
    head = "".join(cell("th", name, like) for name, like in zip(header, first, strict=True))
    body = "".join(f"<tr>{''.join(cell('td', value, value) for value in row)}</tr>" for row in rows)
    rows_of_all = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{rows_of_all}</table></div>'


def evaluation_table(evaluations: Sequence[Mapping[str, Any]]) -> str:
    """Every evaluation with its scores and where they come from; the last one's floor below."""
    if not evaluations:
        return ""
    names = list(dict.fromkeys(name for e in evaluations for name in e.get("scores", {})))
    rows = []
    for e in evaluations:
        features = e.get("features") or {}
        origin = f"{features.get('name', 'samples')} {features.get('sha256', '')}".strip()
        scores = [float(e.get("scores", {}).get(name, math.nan)) for name in names]
        counts = [int(e.get("samples", 0)), int(e.get("real_samples", 0))]
        rows.append([int(e["step"]), e.get("weights", ""), *scores, *counts, origin])
    last = evaluations[-1]
    floor = [float(last.get("floor", {}).get(name, math.nan)) for name in names]
    half = int(last.get("floor_samples", 0))
    rows.append(["floor", "real against real", *floor, half, half, ""])
    return table(["step", "weights", *names, "fakes", "real samples", "features"], rows)


def network_table(network: Mapping[str, Any]) -> str:
    """A network's layers, folded away."""
    rows = [[str(layer), str(shape), str(count)] for layer, shape, count in network["layers"]]
    summary = f"{text(network['title'])}, {network['parameters']:,} parameters"
    layers = table(["layer", "output", "parameters"], rows)
    return f"<details><summary>{summary}</summary>{layers}</details>"


def knob_table(knobs: Mapping[str, str]) -> str:
    """The knobs of the run."""
    rows = [[name, value] for name, value in knobs.items()]
    return table(["knob", "value"], rows) if rows else ""


def listed(sources: Sequence[str]) -> str:
    """Papers and data."""
    return (
        f"<ul>{''.join(f'<li>{text(source)}</li>' for source in sources)}</ul>" if sources else ""
    )
