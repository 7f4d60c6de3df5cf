"""One page on a run: curves, scores, pictures, networks. Needs the standard library alone.

python report.py                                 # the run of config.py, at any time
python report.py --out-dir runs/b128 --open      # another one, in the browser
"""

import argparse
import base64
import json
import math
import os
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from config import Config
from report_page import Chart, Line, Point, page

PICTURES = 40  # embedded at most
POINTS = 600  # of a line at most

Record = Mapping[str, Any]


def write_report(out_dir: Path) -> Path:
    """Write out_dir/report.html from what the run has left there so far, and return its path."""
    metrics = read_lines(out_dir / "metrics.jsonl")
    evaluations = read_lines(out_dir / "evaluation.jsonl")
    run = read_object(out_dir / "run.json")
    pictures, left_out = chosen_pictures(out_dir / "samples")
    text = page(
        run,
        charts=[*metric_charts(metrics), *score_charts(evaluations)],
        facts=facts(run, metrics),
        pictures=pictures,
        left_out=left_out,
        evaluations=evaluations,
    )
    path = out_dir / "report.html"
    out_dir.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
    return path


# What the run has left


def read_lines(path: Path) -> list[Record]:
    """The objects of a file of JSON lines; lines that are cut short do not count."""
    found: list[Record] = []
    for line in read_text(path).splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and isinstance(record.get("step"), int):
            found.append(record)
    return found


def read_object(path: Path) -> Record:
    """The object of a JSON file; an empty one if there is none."""
    try:
        content = json.loads(read_text(path))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def read_text(path: Path) -> str:
    """What is in a file; nothing if it is not there."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def chosen_pictures(folder: Path) -> tuple[list[tuple[str, str]], int]:
    """Name and base64 PNG of pictures evenly over the run, first and last among them.

    Returns:
        The pictures, and how many are left out.
    """
    paths = sorted(folder.glob("*.png"))
    if len(paths) > PICTURES:
        rows = [round(i * (len(paths) - 1) / (PICTURES - 1)) for i in range(PICTURES)]
    else:
        rows = list(range(len(paths)))
    chosen = [paths[row] for row in rows]
    encoded = [(path.stem, base64.b64encode(path.read_bytes()).decode()) for path in chosen]
    return encoded, len(paths) - len(chosen)


# What is drawn


def lines_of(records: Sequence[Record]) -> dict[str, list[Point]]:
    """Every number of the records by its name, over the steps."""
    found: dict[str, list[Point]] = {}
    for record in records:
        for name, value in record.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if name != "step" and number and math.isfinite(value):
                found.setdefault(name, []).append((record["step"], float(value)))
    return found


def metric_charts(metrics: Sequence[Record]) -> list[Chart]:
    """Losses in one chart, everything else in its own."""
    lines = lines_of(metrics)
    losses = [Line(name, thinned(lines.pop(name))) for name in list(lines) if "loss" in name]
    charts = [Chart("Losses", losses)] if losses else []
    names = {"samples_per_second": "Real samples per second", "spread": "Spread of the samples"}
    for name, points in lines.items():
        charts.append(Chart(names.get(name, name), [Line(name, thinned(points))]))
    return charts


def score_charts(evaluations: Sequence[Record]) -> list[Chart]:
    """A chart for each score, its floor as a dashed line."""
    scores = lines_of([{"step": e["step"], **inside(e, "scores")} for e in evaluations])
    floors = inside(evaluations[-1], "floor") if evaluations else {}
    charts = []
    for name, points in scores.items():
        floor = floors.get(name, math.nan)
        known = isinstance(floor, int | float) and math.isfinite(floor)
        line = Line(name, thinned(points))
        charts.append(Chart(name, [line], floor=floor if known else None))
    return charts


def inside(record: Record, name: str) -> Record:
    """An object within a record; an empty one if there is none."""
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def thinned(points: Sequence[Point], limit: int = POINTS) -> list[Point]:
    """Few enough points to draw: the lowest and the highest of each stretch, first and last."""
    if len(points) <= limit:
        return list(points)
    stretches = limit // 2 - 1
    kept = [points[0]]
    for i in range(stretches):
        start, end = (1 + j * (len(points) - 2) // stretches for j in (i, i + 1))
        stretch = points[start:end]
        ends = {min(stretch, key=value_of), max(stretch, key=value_of)}
        kept += sorted(ends)
    return [*kept, points[-1]]


def value_of(point: Point) -> float:
    return point[1]


def facts(run: Record, metrics: Sequence[Record]) -> list[tuple[str, str]]:
    """What stands under the title: name and value."""
    found = []
    if metrics:
        planned = str(inside(run, "config").get("steps"))
        done = f"{metrics[-1]['step']:,}"
        found.append(("steps", f"{done} of {int(planned):,}" if planned.isdecimal() else done))
        rates = [value for _, value in lines_of(metrics).get("samples_per_second", [])]
        if rates:
            middle = sorted(rates)[len(rates) // 2]
            found.append(("samples per second", f"{middle:,.0f} (median)"))
    for name in ("device", "processes", "started"):
        if name in run:
            found.append((name, str(run[name])))
    return found + [(name, str(value)) for name, value in inside(run, "versions").items()]


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
