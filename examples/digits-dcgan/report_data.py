"""What a run has left in its folder, as numbers; whatever is missing or damaged is left out."""

import base64
import io
import itertools
import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

PICTURES = 40  # that a page has at most
PICTURE_BYTES = 24 * 2**20  # of all of them together
TEXTS, TEXT_LINES = 6, 20  # that a page has at most, and lines of each
POINTS = 1000  # of a line at most
PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"

# Evaluations can be compared where all of these are the same.
PROTOCOL = ("weights", "samples", "real_samples", "features", "resize", "seed")

Record = Mapping[str, Any]
Point = tuple[int, float]  # step, value
Mark = tuple[int, str]  # step, what happened there


def read_run(path: Path) -> tuple[Record, list[str]]:
    """The object of run.json, and what to say if there is none."""
    run = parsed(read_text(path))
    if isinstance(run, dict):
        return run, []
    return {}, [f"{path.name} is missing or damaged: no hyper-parameters, networks, sources."]


def read_lines(path: Path, otherwise: str) -> tuple[list[Record], list[str]]:
    """The objects of a file of JSON lines that are of a step, and what to say of the others."""
    lines = read_text(path).splitlines()
    values = map(parsed, lines)
    found: list[Record] = [x for x in values if isinstance(x, dict) and is_step(x.get("step"))]
    if not found:
        return [], [f"{path.name} is missing or empty: {otherwise}."]
    bad = len(lines) - len(found)
    return found, [f"{bad} of {len(lines)} lines of {path.name} cannot be read."] if bad else []


def read_text(path: Path) -> str:
    """What is in a file; nothing if it is not there."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def parsed(text: str) -> object:
    """The value of a JSON text; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_step(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def finite(value: object) -> float | None:
    """A number that can be drawn, as a float."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    return None


def inside(record: Record, name: str) -> Record:
    """An object within a record; an empty one if there is none."""
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def listed(record: Record, name: str) -> list[Any]:
    """A list within a record; an empty one if there is none."""
    found = record.get(name)
    return found if isinstance(found, list) else []


def read_pictures(folder: Path) -> tuple[list[tuple[int, str]], list[str]]:
    """Step and base64 PNG of pictures evenly over the run, and what to say of the others."""
    paths = by_step(folder, "*.png")
    steps = spread_out(sorted(paths), PICTURES)
    found = {step: fitted(paths[step], PICTURE_BYTES // len(steps)) for step in steps}
    shown = [(step, base64.b64encode(png).decode()) for step, png in found.items() if png]
    notes = [
        f"samples/{paths[step].name} cannot be read." for step, png in found.items() if not png
    ]
    if len(steps) < len(paths):
        notes.append(f"{len(paths) - len(steps)} of {len(paths)} sample pictures are left out.")
    missing = "samples/ is missing or empty: no pictures."
    return shown, notes if paths or by_step(folder, "*.txt") else [missing]


def read_texts(folder: Path) -> list[tuple[int, list[str]]]:
    """Step and first lines of texts evenly over the run, where samples are texts."""
    paths = by_step(folder, "*.txt")
    steps = spread_out(sorted(paths), TEXTS)
    return [(step, read_text(paths[step]).splitlines()[:TEXT_LINES]) for step in steps]


def by_step(folder: Path, pattern: str) -> dict[int, Path]:
    """The files of a folder that are named after a step."""
    return {int(path.stem): path for path in folder.glob(pattern) if path.stem.isdecimal()}


def spread_out(steps: Sequence[int], limit: int) -> Sequence[int]:
    """The steps; of more than `limit` the first, the last and others evenly between them."""
    last = len(steps) - 1
    if last < limit:
        return steps
    return [steps[round(i * last / (limit - 1))] for i in range(limit)]


def fitted(path: Path, limit: int) -> bytes:
    """A PNG, halved in size until it takes `limit` bytes; nothing if it cannot be read."""
    try:
        content = path.read_bytes()
        if not (content.startswith(PNG_START) and content.endswith(PNG_END)):
            return b""  # still being written, perhaps
        while len(content) > limit:
            smaller = io.BytesIO()
            Image.open(io.BytesIO(content)).reduce(2).save(smaller, "PNG")
            if smaller.tell() >= len(content):
                break
            content = smaller.getvalue()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""
    return content


# Curves


def gone_over(records: Iterable[Record]) -> tuple[list[Record], list[Mark]]:
    """Records in the order of the steps, and where the run broke or went back.

    A run that resumes or goes back repeats steps: what was before of them does not count.
    """
    kept: list[Record] = []
    marks: dict[int, str] = {}
    was_broken = False
    for record in records:
        step = record["step"]
        if "rollback" in record:
            other = record["rollback"] if is_step(record["rollback"]) else step
            marks[max(step, other)] = f"back to {min(step, other):,}"
            continue
        while kept and kept[-1]["step"] >= step:
            kept.pop()
        kept.append(record)
        broken = any(isinstance(x, float) and not math.isfinite(x) for x in record.values())
        if broken and not was_broken:
            marks.setdefault(step, "not finite")
        was_broken = broken
    return kept, sorted(marks.items())


def lines_of(records: Iterable[Record]) -> dict[str, list[Point]]:
    """Every number of the records by its name, over the steps."""
    found: dict[str, list[Point]] = {}
    for record in records:
        for name, value in record.items():
            if name != "step" and (number := finite(value)) is not None:
                found.setdefault(name, []).append((record["step"], number))
    return found


def thinned(points: Sequence[Point], limit: int = POINTS) -> list[Point]:
    """Few enough points to draw: the lowest and the highest of each stretch, first and last."""
    if len(points) <= limit:
        return list(points)
    stretches = limit // 2 - 1
    kept = [points[0]]
    for i in range(stretches):
        start, end = (1 + j * (len(points) - 2) // stretches for j in (i, i + 1))
        stretch = points[start:end]
        kept += sorted({min(stretch, key=value_of), max(stretch, key=value_of)})
    return [*kept, points[-1]]


def trend(points: Sequence[Point], stretches: int = 80) -> list[Point]:
    """Medians of stretches of a line, if it has so many points that they hide its course."""
    if len(points) < 4 * stretches:
        return []
    bounds = [i * len(points) // stretches for i in range(stretches + 1)]
    pieces = [points[start:end] for start, end in itertools.pairwise(bounds)]
    return [
        (piece[len(piece) // 2][0], statistics.median(map(value_of, piece))) for piece in pieces
    ]


def value_of(point: Point) -> float:
    return point[1]


# Scores


def protocols_of(evaluations: Iterable[Record]) -> list[list[Record]]:
    """Evaluations that can be compared with each other, by step; the most numerous first."""
    found: dict[str, dict[int, Record]] = {}
    for record in evaluations:
        key = json.dumps([record.get(name) for name in PROTOCOL], sort_keys=True)
        found.setdefault(key, {})[record["step"]] = record
    runs = [[steps[step] for step in sorted(steps)] for steps in found.values()]
    return sorted(runs, key=len, reverse=True)


def best_of(points: Sequence[Point], way: str, floor: float | None) -> Point | None:
    """The best of a score's points, the first among equals; None if nothing says what is good."""
    if way in ("lower", "higher"):
        sign = 1 if way == "lower" else -1
        return min(points, key=lambda point: sign * point[1])
    goal = finite(parsed(way.removeprefix("closer to "))) if way.startswith("closer") else floor
    return None if goal is None else min(points, key=lambda point: abs(point[1] - goal))
