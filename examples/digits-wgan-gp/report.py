"""One page on a run: curves, scores, pictures, networks.

python report.py                                 # the run of config.py, at any time
python report.py --out-dir runs/b128 --open      # another one, in the browser
"""

import argparse
import os
import statistics
import webbrowser
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from config import Config
from report_charts import COLORS, Chart, Line, short
from report_data import (
    Mark,
    Point,
    Record,
    best_of,
    finite,
    gone_over,
    inside,
    lines_of,
    listed,
    protocols_of,
    read_lines,
    read_pictures,
    read_run,
    read_texts,
    thinned,
    trend,
    value_of,
)
from report_page import Cell, Report, Section, Table, page

# Metrics whose names end alike are of one kind, and in one chart: d_loss and g_loss.
TITLES = {
    "loss": ("Losses", ""),
    "penalty": ("Penalties", ""),
    "lr": ("Learning rates", ""),
    "second": ("Throughput", "real samples per second"),
    "spread": ("Spread of the samples", "share of the real ones' spread"),
}
NEAREST = "nearest to the floor"
# What scores depend on, as the table of protocols has it.
ORIGIN = {
    "weights": "weights",
    "samples": "fakes",
    "real_samples": "real",
    "floor_samples": "real, floor",
    "judge_accuracy": "judge's accuracy",
    "resize": "resize",
    "seed": "seed",
    "device": "device",
    "torch": "torch",
}


def write_report(out_dir: Path) -> Path:
    """Write out_dir/report.html from what the run has left there so far, and return its path."""
    path = out_dir / "report.html"
    out_dir.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    # A text may hold half of a surrogate pair, which UTF-8 has no bytes for.
    temporary.write_bytes(page(report_on(out_dir)).encode("utf-8", errors="replace"))
    os.replace(temporary, path)
    return path


def report_on(out_dir: Path) -> Report:
    """All that there is to say of the run in a folder."""
    run, notes = read_run(out_dir / "run.json")
    lines, cut = read_lines(out_dir / "metrics.jsonl", "no curves")
    evaluations, also_cut = read_lines(out_dir / "evaluation.jsonl", "no scores")
    pictures, not_shown = read_pictures(out_dir / "samples")
    texts = text_tables(read_texts(out_dir / "samples"))
    metrics, marks = gone_over(lines)
    notes += [*cut, *also_cut, *not_shown]
    notes += [f"At step {step:,}: {what}." for step, what in marks[:9]]

    series, protocols = lines_of(metrics), protocols_of(evaluations)
    steps = [record["step"] for record in [*metrics, *evaluations]]
    end = max([*steps, *(step for step, _ in marks)], default=0)
    scores = score_charts(protocols, inside(run, "better"), end, marks)
    curves = metric_charts(series, end, marks)
    return Report(
        name=str(run.get("name", out_dir.resolve().name)),
        title=str(run.get("title", "")),
        description=str(run.get("description", "")),
        facts=facts(run, out_dir / "metrics.jsonl", series, scores),
        notes=notes,
        sections=[
            Section("Training", curves, [*metric_tables(series), *texts], pictures=pictures),
            Section("Evaluation", scores, evaluation_tables(protocols)),
            Section("Networks", tables=network_tables(run)),
            Section("Hyper-parameters", tables=setting_tables(run)),
            Section("Sources", texts=[str(source) for source in listed(run, "sources")]),
        ],
    )


# Charts


def metric_charts(series: Mapping[str, list[Point]], end: int, marks: list[Mark]) -> list[Chart]:
    """A chart for each kind of metric, the losses first."""
    kinds: dict[str, list[Line]] = {}
    for name, points in series.items():
        kinds.setdefault(name.rpartition("_")[2], []).append(
            Line(name, thinned(points), trend(points))
        )
    charts = []
    for kind in sorted(kinds, key=lambda kind: (kind != "loss", kind == "second")):
        lines = kinds[kind]
        title, unit = TITLES.get(kind, (", ".join(line.name for line in lines[:COLORS]), ""))
        for i in range(0, len(lines), COLORS):
            charts.append(Chart(title, lines[i : i + COLORS], end, unit=unit, marks=marks))
    return charts


def score_charts(
    protocols: Sequence[Sequence[Record]], ways: Record, end: int, marks: list[Mark]
) -> list[Chart]:
    """A chart for each score, a line for each protocol, the first one's floor dashed."""
    scores = [lines_of({**inside(e, "scores"), "step": e["step"]} for e in p) for p in protocols]
    names = dict.fromkeys(name for found in scores for name in found)
    charts = []
    for name in names:
        way = str(ways.get(name, NEAREST))
        lines, floors = [], []
        for number, records in enumerate(protocols):
            if points := scores[number].get(name):
                label = name if len(protocols) == 1 else f"protocol {number + 1}"
                floors.append(finite(inside(records[-1], "floor").get(name)))
                best = best_of(points, way, floors[-1])
                lines.append(Line(label, thinned(points), best=best))
        best, why = lines[0].best, way if way == NEAREST else f"{way} is better"
        note = f"Best: {short(best[1])} at step {best[0]:,}; {why}." if best else ""
        chart = Chart(name, lines[:COLORS], end, note=note, dots=True, floor=floors[0], marks=marks)
        charts.append(chart)
    return charts


# Words and tables


def facts(
    run: Record, metrics: Path, series: Mapping[str, list[Point]], scores: Sequence[Chart]
) -> list[tuple[str, str]]:
    """What stands under the title: name and value."""
    found = []
    if series:
        planned = str(inside(run, "config").get("steps"))
        goal = f" of {int(planned):,}" if planned.isdecimal() and len(planned) < 16 else ""
        found.append(("steps", f"{max(points[-1][0] for points in series.values()):,}{goal}"))
        found += [("since the last start", lasted) for lasted in time_between(run, metrics)]
    if "device" in run:
        processes = run.get("processes", 1)
        found.append(("device", f"{run['device']}{f' x {processes}' if processes != 1 else ''}"))
    if rates := series.get("samples_per_second"):
        middle = statistics.median(map(value_of, rates))
        found.append(("samples per second", f"{short(middle)} (median)"))
    for name, points in series.items():
        if name.endswith("loss"):
            found.append((f"last {name}", short(points[-1][1])))
    for chart in scores[:4]:
        if best := chart.lines[0].best:
            floor = "" if chart.floor is None else f" (floor {short(chart.floor)})"
            found.append((f"best {chart.title}", f"{short(best[1])} at step {best[0]:,}{floor}"))
    return found


def time_between(run: Record, metrics: Path) -> list[str]:
    """How long the run went on, if that is known: from its last start to its last metric."""
    try:
        started = datetime.fromisoformat(str(run.get("started"))).timestamp()
        seconds = round(metrics.stat().st_mtime - started)
    except (ValueError, OverflowError, OSError):
        return []
    hours, minutes = seconds // 3600, seconds // 60 % 60
    parts = (hours, "h"), (minutes, "min"), (0 if hours else seconds % 60, "s")
    return [" ".join(f"{value} {unit}" for value, unit in parts if value)] if seconds > 0 else []


def metric_tables(series: Mapping[str, list[Point]]) -> list[Table]:
    """The ends of every curve."""
    rows: list[list[Cell]] = []
    for name, points in series.items():
        low, high = min(points, key=value_of), max(points, key=value_of)
        rows.append([name, points[-1][1], low[1], low[0], high[1], high[0]])
    header = ["metric", "last", "lowest", "at step", "highest", "at step"]
    return [Table("Metrics", header, rows)] if rows else []


def text_tables(texts: Sequence[tuple[int, list[str]]]) -> list[Table]:
    """Samples that are texts, all but the last ones folded away."""
    last = len(texts) - 1
    return [
        Table(f"Samples after step {step:,}", ["text"], [[x] for x in lines], folded=number < last)
        for number, (step, lines) in enumerate(texts)
    ]


def evaluation_tables(protocols: Sequence[Sequence[Record]]) -> list[Table]:
    """All scores, and below them how they came about."""
    if not protocols:
        return []
    every = [record for records in protocols for record in records]
    names = list(dict.fromkeys(name for record in every for name in inside(record, "scores")))
    known = [name for name in ORIGIN if any(name in record for record in every)]
    rows: list[list[Cell]] = []
    origins: list[list[Cell]] = []
    for number, records in enumerate(protocols, start=1):
        for record in records:
            scores = [finite(inside(record, "scores").get(name)) for name in names]
            rows.append([number, record["step"], *scores, cell(record.get("checkpoint"))])
        last = records[-1]
        floors = [finite(inside(last, "floor").get(name)) for name in names]
        rows.append([number, "floor", *floors, None])
        features = [inside(last, "features").get(name) for name in ("name", "sha256")]
        values = [*features, *(last.get(name) for name in known)]
        origins.append([number, *map(cell, values)])
    header = ["protocol", "step", *names, "checkpoint"]
    origin = ["protocol", "features", "their hash", *(ORIGIN[name] for name in known)]
    return [
        Table("Scores", header, rows, folded=len(rows) > 20),
        Table("Protocols: scores can be compared within one", origin, origins),
    ]


def network_tables(run: Record) -> list[Table]:
    """The layers of each network, folded away."""
    tables = []
    for network in listed(run, "networks"):
        if isinstance(network, dict):
            layers = [layer for layer in listed(network, "layers") if isinstance(layer, list)]
            rows = [[*map(counted, layer), None, None, None][:3] for layer in layers]
            title = f"{network.get('title')}; {amount(network.get('parameters'))} parameters"
            tables.append(Table(title, ["layer", "output", "parameters"], rows, folded=True))
    return tables


def counted(value: object) -> Cell:
    """A cell of a layer; numbers may come as text: "1,234"."""
    digits = str(value).replace(",", "")
    return int(digits) if digits.isdecimal() and len(digits) < 16 else cell(value)


def setting_tables(run: Record) -> list[Table]:
    """The knobs, and what the run ran on."""
    knobs = [[name, cell(value)] for name, value in inside(run, "config").items()]
    facts = {name: run[name] for name in ("started", "device", "processes") if name in run}
    around = [[name, str(value)] for name, value in ({**facts, **inside(run, "versions")}).items()]
    tables = [Table("Knobs", ["knob", "value"], knobs), Table("Machine", ["fact", "value"], around)]
    return [table for table in tables if table.rows]


def cell(value: object) -> Cell:
    """A value as a table takes it."""
    if value is None or (isinstance(value, int | float) and finite(value) is not None):
        return value
    return str(value)


def amount(value: object) -> str:
    """A number with its thousands apart."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write one page on a run.")
    out_dir = Config().out_dir
    parser.add_argument("--out-dir", type=Path, default=out_dir, help=f"default: {out_dir}")
    parser.add_argument("--open", action="store_true", help="show it in the browser")
    arguments = parser.parse_args()
    if not arguments.out_dir.is_dir():
        parser.error(f"{arguments.out_dir} is no folder; train first: python train.py")
    path = write_report(arguments.out_dir)
    print(path)
    if arguments.open:
        webbrowser.open(path.resolve().as_uri())


if __name__ == "__main__":
    main()
