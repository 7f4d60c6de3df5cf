"""How report.html looks: figures, tables and pictures in one file that needs no network."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from report_charts import Chart, Drawing, short, text

Cell = str | int | float | None

# Colours as Okabe and Ito's, dark enough (light enough in the dark) to write with.
STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1a1a1a; --faint: #5f5f66; --rule: #dcdce0;
  --axis: #8a8a90; --mark: #a3123a; --c0: #0068a3; --c1: #b34700; --c2: #00735a; --c3: #a03d78;
  --c4: #7a5c00; --c5: #4d55a8; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #151517; --ink: #e8e8ea;
  --faint: #a2a2aa; --rule: #34343a; --axis: #77777f; --mark: #ff7d97; --c0: #5cb8ef; --c1: #ff9552;
  --c2: #35c9a0; --c3: #e79bc8; --c4: #dfb64a; --c5: #a9b1ff; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 1180px; padding: 44px 28px 72px; background: var(--paper);
  color: var(--ink); font: 16px/1.5 Charter, "Bitstream Charter", Cambria, Georgia, serif;
  overflow-wrap: anywhere; counter-reset: figure; }
h1 { font-size: 32px; font-weight: 600; line-height: 1.2; margin: 0; }
h2 { font-size: 21px; font-weight: 600; margin: 52px 0 16px; }
h3, summary { font-size: 15px; font-weight: 600; margin: 0 0 6px; }
header p, li { margin: 6px 0; max-width: 80ch; }
header .note { margin: 2px 0; }
.title { font-size: 18px; font-style: italic; }
.description { white-space: pre-line; }
.note, .top, figcaption { color: var(--faint); font-size: 0.88em; }
dl { display: flex; flex-wrap: wrap; gap: 10px 34px; margin: 22px 0 14px; padding: 12px 0;
  border-top: 2px solid var(--ink); border-bottom: 1px solid var(--ink); }
hr { border: 0; border-top: 2px solid var(--ink); margin: 22px 0 14px; }
dt { color: var(--faint); font-size: 0.85em; } dd { margin: 0; }
dl, table, svg, .top, .controls { font-family: system-ui, "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr));
  gap: 30px 44px; align-items: start; }
figure { margin: 0; min-width: 0; counter-increment: figure; break-inside: avoid; }
figcaption::before { content: "Figure " counter(figure) ". "; }
figcaption { margin-top: 6px; }
figcaption b { color: var(--ink); font-weight: 600; }
.show { grid-row: span 2; }
.show img { display: block; max-width: 100%; max-height: 82vh; margin: 0 auto; }
.controls { display: flex; gap: 12px; align-items: center; margin-top: 10px; font-size: 14px; }
.controls input { flex: 1; min-width: 0; accent-color: var(--c0); }
.controls output { min-width: 6em; text-align: right; }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--axis);
  border-radius: 4px; padding: 2px 0; width: 4.5em; cursor: pointer; }
.top { display: flex; justify-content: space-between; gap: 16px; min-height: 20px;
  font-size: 13px; white-space: pre-wrap; }
.top output { color: var(--ink); text-align: right; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 12px; fill: var(--faint); }
svg line { stroke: var(--rule); }
svg .axis, svg .floor, .cursor line { stroke: var(--axis); }
svg .floor { stroke-dasharray: 5 4; }
svg line.mark { stroke: var(--mark); stroke-dasharray: 2 3; }
svg text.mark { fill: var(--mark); }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); }
svg polyline { fill: none; stroke: var(--c); stroke-width: 1.7; stroke-linejoin: round; }
svg polyline.all { stroke-width: 1; opacity: 0.35; }
svg circle { fill: var(--c); }
svg circle.best { fill: none; stroke: var(--c); stroke-width: 1.7; }
svg text.name { fill: var(--c, var(--faint)); stroke: none; }
.tables { display: flex; flex-wrap: wrap; gap: 28px 64px; align-items: flex-start;
  margin-top: 28px; }
.tables > * { max-width: 100%; }
h2 + .tables { margin-top: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; border-top: 2px solid var(--ink);
  border-bottom: 1px solid var(--ink); }
th, td { text-align: left; vertical-align: top; padding: 4px 26px 4px 0; max-width: 44em;
  overflow-wrap: break-word; }
th { font-weight: 600; border-bottom: 1px solid var(--ink); }
.number { text-align: right; }
th:last-child, td:last-child { padding-right: 4px; }
summary { cursor: pointer; }
ul { padding-left: 20px; }
@media print { body { max-width: none; padding: 0; font-size: 12px; } .controls { display: none; }
  .figures { grid-template-columns: 1fr 1fr; gap: 20px 24px; } .wide { overflow: visible; }
  table, dl { font-size: 10px; } th, td { padding: 2px 12px 2px 0; } .tables { gap: 16px 32px; }
  h2, h3 { break-after: avoid; } tr { break-inside: avoid; } h2 { margin-top: 28px; } }
"""

SCRIPT = """
"use strict";
const short = value => value && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)
  ? value.toExponential(3)
  : Number(value.toPrecision(5)).toLocaleString("en", {maximumFractionDigits: 9});
const place = (value, [low, high, start, end, log]) => {
  const scale = log ? Math.log10 : Number;
  return start + (scale(value) - scale(low)) / (scale(high) - scale(low)) * (end - start);
};
document.querySelectorAll(".chart").forEach(figure => {
  const {x, y, lines} = JSON.parse(figure.dataset.known), [low, high, start, end] = x;
  const svg = figure.querySelector("svg"), cursor = figure.querySelector(".cursor");
  const readout = figure.querySelector("output");
  const show = event => {
    const box = svg.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    const step = low + (across - start) / (end - start) * (high - low);
    const nearer = (a, b) => Math.abs(b[0] - step) < Math.abs(a[0] - step) ? b : a;
    const points = lines.map(line => line[1].reduce(nearer)), at = points.reduce(nearer)[0];
    cursor.firstChild.setAttribute("x1", place(at, x));
    cursor.firstChild.setAttribute("x2", place(at, x));
    points.forEach((point, i) => {
      cursor.children[i + 1].setAttribute("cx", place(point[0], x));
      cursor.children[i + 1].setAttribute("cy", place(point[1], y));
    });
    cursor.setAttribute("visibility", "visible");
    readout.textContent = "step " + at.toLocaleString("en") + points.map((point, i) =>
      "  \u00b7  " + lines[i][0] + " " + short(point[1]) +
      (point[0] === at ? "" : " (" + point[0].toLocaleString("en") + ")")).join("");
  };
  const hide = () => { cursor.setAttribute("visibility", "hidden"); readout.textContent = ""; };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", hide);
});
const slides = document.querySelector(".show");
const pictures = JSON.parse(document.getElementById("pictures").textContent);
if (slides && pictures.length) {
  const image = slides.querySelector("img"), slider = slides.querySelector("input");
  const button = slides.querySelector("button"), last = slider.valueAsNumber;
  pictures.push([Number(image.dataset.step), image.src.split(",")[1]]);
  let timer = 0;
  const show = index => {
    const [step, png] = pictures[index], at = step.toLocaleString("en");
    slider.value = index;
    image.src = "data:image/png;base64," + png;
    image.alt = "Samples after step " + at;
    slider.ariaValueText = slides.querySelector("output").textContent = "step " + at;
    slides.querySelector("figcaption span").textContent = at;
  };
  const stop = () => { clearInterval(timer); timer = 0; button.textContent = "Play"; };
  slides.querySelector(".controls").hidden = false;
  slider.addEventListener("input", () => { stop(); show(slider.valueAsNumber); });
  button.addEventListener("click", () => {
    if (timer) { stop(); return; }
    button.textContent = "Pause";
    if (slider.valueAsNumber === last) show(0);
    timer = setInterval(() => {
      show(slider.valueAsNumber + 1);
      if (slider.valueAsNumber === last) stop();
    }, 350);
  });
  document.addEventListener("keydown", event => {
    const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!by || event.target !== document.body) return;
    stop();
    show(Math.min(Math.max(slider.valueAsNumber + by, 0), last));
  });
}
const folded = [...document.querySelectorAll("details:not([open])")];
window.addEventListener("beforeprint", () => folded.forEach(part => { part.open = true; }));
"""


@dataclass(frozen=True)
class Table:
    """Rows below a header; a folded table shows only its title at first."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    folded: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page: figures, then tables, then a list; left out where all are empty."""

    title: str
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    texts: Sequence[str] = ()
    pictures: Sequence[tuple[int, str]] = ()  # step, base64 of a PNG


@dataclass(frozen=True)
class Report:
    """All that a page says."""

    name: str
    title: str
    description: str
    facts: Sequence[tuple[str, str]]
    notes: Sequence[str]  # what is missing, what went wrong
    sections: Sequence[Section]


def page(report: Report) -> str:
    """The whole document. Texts are escaped; only this file's own script and style count."""
    parts = "".join(map(section, report.sections))
    # All but the last one, which is shown without the script too.
    pictures = [picture for part in report.sections for picture in part.pictures[:-1]]
    facts = "".join(f"<div><dt>{text(k)}</dt><dd>{text(v)}</dd></div>" for k, v in report.facts)
    policy = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
    policy += f"script-src '{digest(SCRIPT)}'; style-src '{digest(STYLE)}'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(report.name)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{text(report.name)}</h1>
{paragraph("title", report.title)}{paragraph("description", report.description)}
{f"<dl>{facts}</dl>" if facts else "<hr>"}
{"".join(paragraph("note", note) for note in report.notes)}
</header>
<main>
{parts}</main>
<script type="application/json" id="pictures">{data(pictures)}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""


def digest(source: str) -> str:
    """How a Content-Security-Policy names an inline script or style that it lets through."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def data(value: object) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def paragraph(kind: str, content: str) -> str:
    return f'<p class="{kind}">{text(content)}</p>\n' if content else ""


def section(part: Section) -> str:
    """A part of the page; nothing where there is nothing to show."""
    figures = slideshow(part) if part.pictures else ""
    figures += "".join(Drawing(chart).figure() for chart in part.charts)
    content = f'<div class="figures">{figures}</div>\n' if figures else ""
    if part.tables:
        content += f'<div class="tables">{"".join(map(table, part.tables))}</div>\n'
    if part.texts:
        content += f"<ul>{''.join(f'<li>{text(line)}</li>' for line in part.texts)}</ul>\n"
    return f"<section><h2>{text(part.title)}</h2>\n{content}</section>\n" if content else ""


def slideshow(part: Section) -> str:
    """The last picture; the script adds a slider over all of them."""
    step, png = part.pictures[-1]
    last = len(part.pictures) - 1
    return (
        '<figure class="show">'
        f'<img data-step="{step}" alt="Samples after step {step:,}" '
        f'src="data:image/png;base64,{png}">'
        '<div class="controls" hidden><button type="button">Play</button>'
        f'<input type="range" min="0" max="{last}" value="{last}" aria-label="Step of the samples">'
        f"<output>step {step:,}</output></div>"
        f"<figcaption><b>Samples after step <span>{step:,}</span>,</b> "
        "of the same inputs at every step.</figcaption></figure>\n"
    )


def table(content: Table) -> str:
    """A table; numbers stand at the right."""

    def cells(tag: str, values: Sequence[Cell]) -> str:
        kinds = [' class="number"' if right else "" for right in numeric]
        pairs = zip(kinds, values, strict=True)
        return "".join(f"<{tag}{kind}>{shown(value)}</{tag}>" for kind, value in pairs)

    columns = zip(content.header, *content.rows, strict=True)
    numeric = [any(isinstance(cell, int | float) for cell in column) for column in columns]
    body = "".join(f"<tr>{cells('td', row)}</tr>\n" for row in content.rows)
    head = f"<thead><tr>{cells('th', content.header)}</tr></thead>"
    whole = f'<div class="wide"><table>{head}<tbody>{body}</tbody></table></div>'
    if content.folded:
        return f"<details><summary>{text(content.title)}</summary>{whole}</details>\n"
    return f"<div><h3>{text(content.title)}</h3>{whole}</div>\n"


def shown(value: Cell) -> str:
    """What stands in a cell."""
    if value is None:
        return "&ndash;"
    if isinstance(value, float):
        return short(value, 6)
    return f"{value:,}" if isinstance(value, int) else text(value)
