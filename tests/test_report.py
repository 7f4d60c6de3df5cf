"""report.html of generated projects: what it may load, what it shows, what it survives."""

from __future__ import annotations

import base64
import hashlib
import importlib
import itertools
import json
import math
import os
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

PROJECT = Path(__file__).parents[1] / "templates" / "project"
NAMES = ["report", "report_page", "report_charts", "report_data"]


@dataclass(frozen=True)
class Config:
    """All that report.py asks of config.py."""

    out_dir: Path = Path("runs/some")


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """The project's files on reports, by name."""
    before = {name: sys.modules.pop(name) for name in [*NAMES, "config"] if name in sys.modules}
    config = ModuleType("config")
    vars(config)["Config"] = Config
    sys.modules["config"] = config
    sys.path.insert(0, str(PROJECT))
    try:
        yield {name: importlib.import_module(name) for name in NAMES}
    finally:
        sys.path.remove(str(PROJECT))
        for name in [*NAMES, "config"]:
            sys.modules.pop(name, None)
        sys.modules.update(before)


@pytest.fixture(scope="module")
def report(modules: dict[str, ModuleType]) -> Any:
    return modules["report"]


@pytest.fixture(scope="module")
def page(modules: dict[str, ModuleType]) -> Any:
    return modules["report_page"]


@pytest.fixture(scope="module")
def charts(modules: dict[str, ModuleType]) -> Any:
    return modules["report_charts"]


@pytest.fixture(scope="module")
def data(modules: dict[str, ModuleType]) -> Any:
    return modules["report_data"]


def write_lines(path: Path, records: Sequence[object]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def evaluation(step: int, scores: dict[str, float], **others: object) -> dict[str, object]:
    return {"step": step, "weights": "ema", "samples": 9, "scores": scores, "seed": 1, **others}


def known(html: str) -> list[dict[str, Any]]:
    """What the charts of a page tell its script."""
    return [json.loads(unescape(found)) for found in re.findall(r'data-known="([^"]*)"', html)]


# What a page may do


def test_only_its_own_script_and_style_may_run(report: Any, tmp_path: Path) -> None:
    html = report.write_report(tmp_path).read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for tag, directive in (("<script>", "script-src"), ("<style>", "style-src")):
        inside = html.partition(tag)[2].partition(f"</{tag[1:]}")[0]
        expected = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{directive} 'sha256-{expected}'" in policy[1]
    assert "unsafe" not in policy[1]
    assert "http:" not in html
    assert "https:" not in html


def test_names_can_be_read_on_both_papers(page: Any) -> None:
    light, dark = re.findall(r":root \{(.*?)\}", page.STYLE, re.DOTALL)[:2]
    for block in (light, dark):
        colors = dict(re.findall(r"--(\w+): #(\w+)", block))
        written = ["ink", "faint", "mark", *(f"c{i}" for i in range(6))]
        low = {name: contrast(colors[name], colors["paper"]) for name in written}
        assert min(low.values()) >= 4.5, low


def contrast(first: str, second: str) -> float:
    """Of two colours, by the Web Content Accessibility Guidelines 2.1."""

    def luminance(color: str) -> float:
        color = "".join(c * 2 for c in color) if len(color) == 3 else color
        parts = [int(color[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        red, green, blue = (
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


# What a page survives

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["</script>", '"><b>', "\ud800", "5" * 5000]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def mapping(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=4), JSON, max_size=5)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    run=mapping("name", "config", "networks", "sources", "versions", "device", "started", "better"),
    metrics=st.lists(mapping("step", "d_loss", "rollback", "samples_per_second"), max_size=4),
    scores=st.lists(mapping("step", "scores", "floor", "features", "seed"), max_size=4),
    steps=st.lists(st.integers(-1, 2**60), min_size=8, max_size=8),
)
def test_no_run_is_so_odd_that_there_is_no_page(
    report: Any,
    tmp_path: Path,
    run: dict[str, Any],
    metrics: list[dict[str, Any]],
    scores: list[dict[str, Any]],
    steps: list[int],
) -> None:
    for record, step in zip([*metrics, *scores], steps, strict=False):
        record.setdefault("step", step)
    (tmp_path / "run.json").write_text(json.dumps(run))
    write_lines(tmp_path / "metrics.jsonl", metrics)
    write_lines(tmp_path / "evaluation.jsonl", scores)
    html = report.write_report(tmp_path).read_text(encoding="utf-8")
    assert html.count("<script") == html.count("</script>") == 2
    assert "<b>" not in re.sub(r"<b>[^<]*(<span>[^<]*</span>[^<]*)?</b>", "", html)
    known(html)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"[" * 100_000, b'{"step": 1e999, "x": 1}', b'{"step": true}']
)
def test_bytes_that_are_no_records_are_counted(report: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(b'{"step": 1, "d_loss": 2}\n' + content)
    html = report.write_report(tmp_path).read_text()
    assert "1 of 2 lines of metrics.jsonl cannot be read." in html
    assert known(html)[0]["lines"] == [["d_loss", [[1, 2.0]]]]


def test_a_network_without_layers_has_a_table_too(report: Any, tmp_path: Path) -> None:
    networks = [{}, {"title": "G", "parameters": 1234, "layers": [["linear", "[B, 2]", "1,234"]]}]
    (tmp_path / "run.json").write_text(json.dumps({"networks": networks}))
    html = report.write_report(tmp_path).read_text()
    assert html.count("<details>") == 2
    assert "G; 1,234 parameters" in html
    assert '<td class="number">1,234</td>' in html


# Pictures


def noise(path: Path, side: int, seed: int) -> None:
    pixels = random.Random(seed).randbytes(side * side * 3)
    Image.frombytes("RGB", (side, side), pixels).save(path)


def test_large_pictures_are_made_smaller(
    data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (5, 10):
        noise(tmp_path / f"{step}.png", 64, step)
    sizes = [(tmp_path / f"{step}.png").stat().st_size for step in (5, 10)]
    monkeypatch.setattr(data, "PICTURE_BYTES", sum(sizes) // 2)
    found, notes = data.read_pictures(tmp_path)
    assert [step for step, _ in found] == [5, 10]
    assert notes == []
    assert sum(len(base64.b64decode(png)) for _, png in found) <= sum(sizes) // 2


def test_first_and_last_picture_are_among_the_chosen(data: Any, tmp_path: Path) -> None:
    for step in range(0, 1010, 10):
        noise(tmp_path / f"{step:06d}.png", 2, step)
    (tmp_path / "grid.png").write_bytes(b"not of a step")
    found, notes = data.read_pictures(tmp_path)
    steps = [step for step, _ in found]
    assert (len(steps), steps[0], steps[-1]) == (data.PICTURES, 0, 1000)
    gaps = [later - earlier for earlier, later in itertools.pairwise(steps)]
    assert max(gaps) - min(gaps) <= 10
    assert notes == ["61 of 101 sample pictures are left out."]


# Curves

POINT_VALUES = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=400)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(values=POINT_VALUES, limit=st.integers(6, 50))
def test_thinning_keeps_ends_extremes_and_order(data: Any, values: list[float], limit: int) -> None:
    points = list(enumerate(values))
    kept = data.thinned(points, limit)
    assert len(kept) <= max(limit, 1)
    assert kept == sorted(set(kept))
    assert set(kept) <= set(points)
    assert {points[0], points[-1]} <= set(kept)
    assert min(values) == min(value for _, value in kept)
    assert max(values) == max(value for _, value in kept)


def test_a_trend_follows_the_middle(data: Any) -> None:
    points = [(step, 5.0 + (1000.0 if step % 10 == 0 else 0.0)) for step in range(5000)]
    assert {value for _, value in data.trend(points)} == {5.0}
    assert data.trend(points[:300]) == []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    values=st.lists(st.floats(-1e299, 1e299), min_size=1, max_size=5),
    floor=st.none() | st.floats(-1e299, 1e299),
    end=st.integers(0, 2**53),
)
def test_every_chart_can_be_drawn(
    charts: Any, values: list[float], floor: float | None, end: int
) -> None:
    points = [(round(i * end / len(values)), value) for i, value in enumerate(values)]
    chart = charts.Chart("x", [charts.Line("x", points)], end, floor=floor)
    drawing = charts.Drawing(chart)
    assert 2 <= len(drawing.rows) <= 12
    names = charts.tick_names(drawing.rows, drawing.y.log)
    assert len(set(names)) == len(names)
    html = drawing.figure()
    assert "nan" not in html
    assert "inf" not in html
    for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", " ".join(drawing.places(points))):
        assert charts.LEFT - 0.1 <= float(x) <= drawing.right + 0.1
        assert charts.TOP - 0.1 <= float(y) <= charts.HEIGHT - charts.BOTTOM + 0.1


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([1.0, 2.0, 3.0], False),
        ([1000.0, 1.0, 1.0, 0.9], True),
        ([1000.0, -1.0, 1.0, 0.9], False),
        ([2e-4, 1e-4, 2e-6], False),
        ([0.0, 0.0, 9.0], False),
    ],
)
def test_a_scale_is_logarithmic_where_half_a_line_would_lie_flat(
    charts: Any, values: list[float], log: bool
) -> None:
    chart = charts.Chart("x", [charts.Line("x", list(enumerate(values)))], len(values))
    assert charts.Drawing(chart).y.log is log


def test_names_at_the_ends_of_lines_do_not_overlap(charts: Any) -> None:
    bottom = charts.HEIGHT - charts.BOTTOM
    for places in ([50.0] * 6, [bottom] * 7, [10.0, 11.0, 190.0], [30.0]):
        found = sorted(charts.apart(places))
        gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
        assert all(gap >= 13.9 for gap in gaps)
        assert found[-1] <= bottom


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (12.0, "12"),
        (0.0123456, "0.01235"),
        (12345.6, "12,346"),
        (-1.5, "-1.5"),
        (1.5e-7, "1.5e-7"),
        (2.5e12, "2.5e12"),
        (100.0, "100"),
    ],
)
def test_numbers_are_short(charts: Any, value: float, expected: str) -> None:
    assert charts.short(value) == expected


def test_metrics_of_one_kind_share_a_chart(report: Any, tmp_path: Path) -> None:
    names = ["samples_per_second", "gradient_penalty", "d_lr", "g_loss", "g_lr", "p", "d_loss"]
    write_lines(tmp_path / "metrics.jsonl", [{"step": 1, **dict.fromkeys(names, 0.5)}])
    html = report.write_report(tmp_path).read_text()
    assert [[name for name, _ in chart["lines"]] for chart in known(html)] == [
        ["g_loss", "d_loss"],
        ["gradient_penalty"],
        ["d_lr", "g_lr"],
        ["p"],
        ["samples_per_second"],
    ]


# Scores


@pytest.mark.parametrize(
    ("way", "floor", "expected"),
    [
        ("lower", 5.0, 3.0),
        ("higher", 5.0, 9.0),
        ("closer to 4.6", None, 4.0),
        ("unknown", 8.0, 9.0),
        ("unknown", None, None),
    ],
)
def test_what_is_best(data: Any, way: str, floor: float | None, expected: float | None) -> None:
    points = [(1, 9.0), (2, 4.0), (3, 3.0), (4, 9.0)]
    best = data.best_of(points, way, floor)
    assert (best and best[1]) == expected
    assert best is None or best[0] != 4  # the first among equals


def test_scores_are_joined_only_where_they_can_be_compared(report: Any, tmp_path: Path) -> None:
    records = [
        evaluation(20, {"fid": 4.0}, floor={"fid": 0.0}),
        evaluation(10, {"fid": 9.0}, floor={"fid": 0.0}),
        evaluation(20, {"fid": 7.0}, weights="raw", checkpoint="0123456789ab"),
    ]
    write_lines(tmp_path / "evaluation.jsonl", records)
    html = report.write_report(tmp_path).read_text()
    assert known(html)[0]["lines"] == [
        ["protocol 1", [[10, 9.0], [20, 4.0]]],
        ["protocol 2", [[20, 7.0]]],
    ]
    assert "Best: 4 at step 20; nearest to the floor." in html
    assert html.count("0123456789ab") == 1
    assert ">floor</text>" in html


def test_a_run_says_how_long_it_took(report: Any, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"started": "1970-01-01T01:00:00+00:00"}))
    write_lines(tmp_path / "metrics.jsonl", [{"step": 1, "d_loss": 0.5}])
    for seconds, expected in ((3605, ["5 s"]), (11105, ["2 h 5 min"]), (3000, [])):
        os.utime(tmp_path / "metrics.jsonl", (seconds, seconds))
        found = report.report_on(tmp_path).facts
        assert [value for name, value in found if name == "since the last start"] == expected


def test_a_long_run_makes_no_large_page(report: Any, data: Any, tmp_path: Path) -> None:
    records = [{"step": s, "d_loss": math.sin(s), "g_loss": s % 97} for s in range(1, 30_001)]
    write_lines(tmp_path / "metrics.jsonl", records)
    path = report.write_report(tmp_path)
    (chart,) = known(path.read_text())
    assert all(len(points) <= data.POINTS for _, points in chart["lines"])
    assert path.stat().st_size < 300_000
