"""The report: whole whatever is missing, and whatever a run's texts are."""

import json
import os
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import report
from report import thinned, write_report

HOSTILE = "</script></style><img src=x onerror=alert(1)>'\"&\ud800"
VOID = {"meta", "img", "input", "hr"}


class Page(HTMLParser):
    """The elements of a report; refuses tags that are not closed in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def lines(self) -> dict[str, list[list[float]]]:
        """The points that the charts show, by the name of their line."""
        known = [json.loads(value) for name, value in self.attributes if name == "data-known"]
        return {name: points for chart in known for name, points in chart["lines"]}


def write_lines(path: Path, records: list[dict[str, Any]], end: str = "") -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + end)


def write_picture(path: Path, shade: int) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.new("L", (8, 8), shade).save(path)


def test_an_empty_folder_gives_a_page_that_says_so(tmp_path: Path) -> None:
    page = Page(write_report(tmp_path / "run"))
    missing = [text for text in page.texts if "is missing" in text]
    assert [text.split()[0] for text in missing] == [
        "run.json",
        "metrics.jsonl",
        "evaluation.jsonl",
        "samples/",
    ]
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["report.html"]


def test_a_page_has_the_numbers_of_the_run(tmp_path: Path) -> None:
    run = {"name": "mine", "config": {"steps": "40", "g_lr": "0.0003"}, "better": {"kid": "lower"}}
    (tmp_path / "run.json").write_text(json.dumps(run))
    metrics = [{"step": s, "d_loss": 1 / s, "samples_per_second": 64.5} for s in (10, 20)]
    write_lines(tmp_path / "metrics.jsonl", metrics, end='{"step": 30, "d_lo')
    scores = [(10, 0.25), (20, 0.1875)]
    records = [{"step": s, "scores": {"kid": k}, "floor": {"kid": 0.125}} for s, k in scores]
    write_lines(tmp_path / "evaluation.jsonl", records)
    page = Page(write_report(tmp_path))
    assert page.lines == {
        "d_loss": [[10, 0.1], [20, 0.05]],
        "samples_per_second": [[10, 64.5], [20, 64.5]],
        "kid": [[10, 0.25], [20, 0.1875]],
    }
    expected = {"mine", "20 of 40", "0.0003", "0.125", "0.1875 at step 20 (floor 0.125)"}
    assert expected <= set(page.texts)
    assert "1 of 3 lines of metrics.jsonl cannot be read." in page.texts


def test_pictures_are_evenly_chosen_and_damaged_ones_left_out(tmp_path: Path) -> None:
    for step in range(100):
        write_picture(tmp_path / "samples" / f"{step:06d}.png", step)
    whole = (tmp_path / "samples" / "000000.png").read_bytes()
    (tmp_path / "samples" / "000000.png").write_bytes(whole[:-5])
    page = Page(write_report(tmp_path))
    pictures = json.loads(next(text for text in page.texts if text.startswith("[[")))
    assert len(pictures) == 38  # and the last one
    assert ("data-step", "99") in page.attributes
    assert {"60 of 100 sample pictures are left out.", "samples/000000.png cannot be read."} <= set(
        page.texts
    )


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    network = {"title": HOSTILE, "parameters": HOSTILE, "layers": [[HOSTILE] * 3, [], HOSTILE]}
    run: dict[str, Any] = dict.fromkeys(["name", "title", "description", "device"], HOSTILE)
    run |= {"config": {HOSTILE: HOSTILE}, "sources": [HOSTILE], "networks": [network, HOSTILE]}
    run |= {"versions": {HOSTILE: HOSTILE}, "started": HOSTILE, "better": {HOSTILE: HOSTILE}}
    (tmp_path / "run.json").write_text(json.dumps(run))
    write_lines(tmp_path / "metrics.jsonl", [{"step": 1, HOSTILE: 1.0, "x_loss": HOSTILE}])
    score = {"step": 1, "scores": {HOSTILE: 1.0, "step": "x"}, "floor": {HOSTILE: 1.0}}
    write_lines(tmp_path / "evaluation.jsonl", [{**score, "checkpoint": HOSTILE}])
    page = Page(write_report(tmp_path))
    assert "img" not in page.tags
    assert page.tags.count("script") == 2  # the page's own
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert page.texts.count(HOSTILE.replace("\ud800", "?")) >= 12


def test_samples_that_are_texts_are_shown(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    for step in range(0, 100, 10):
        text = "".join(f"line {number} of {step}\n" for number in range(30))
        (tmp_path / "samples" / f"{step:06d}.txt").write_text(text + HOSTILE[:-1])
    page = Page(write_report(tmp_path))
    assert {"line 0 of 0", "line 19 of 90"} <= set(page.texts)
    assert "line 20 of 90" not in page.texts
    assert page.texts.count("line 0 of 0") == 1
    assert len([text for text in page.texts if text.startswith("line 0 of")]) == 6
    assert "samples/ is missing or empty: no pictures." not in page.texts


@pytest.mark.parametrize("content", ["", "7", "[", "null", '{"networks": 3, "config": [1]}'])
@pytest.mark.parametrize("name", ["run.json", "metrics.jsonl", "evaluation.jsonl"])
def test_damaged_files_do_not_stop_it(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    Page(write_report(tmp_path))


def test_the_same_run_gives_the_same_page_and_a_failure_keeps_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "metrics.jsonl", [{"step": 1, "d_loss": 1.0}])
    first = write_report(tmp_path).read_bytes()
    assert write_report(tmp_path).read_bytes() == first

    def fail(*paths: object) -> None:
        raise OSError("disk full")

    write_lines(tmp_path / "metrics.jsonl", [{"step": 1, "d_loss": 2.0}])
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(tmp_path)
    assert (tmp_path / "report.html").read_bytes() == first


def test_steps_that_are_gone_over_again_count_once(tmp_path: Path) -> None:
    metrics: list[dict[str, Any]] = [{"step": s, "d_loss": float(s)} for s in (10, 20, 30)]
    metrics += [{"step": 40, "d_loss": float("nan")}, {"step": 20, "rollback": 45}]
    metrics += [{"step": 30, "d_loss": 3.5}]
    write_lines(tmp_path / "metrics.jsonl", metrics)
    page = Page(write_report(tmp_path))
    assert page.lines == {"d_loss": [[10, 10.0], [20, 20.0], [30, 3.5]]}
    assert {"At step 40: not finite.", "At step 45: back to 20."} <= set(page.texts)
    assert page.attributes.count(("class", "mark")) >= 2


def test_what_is_left_out_of_a_curve_is_not_its_extremes() -> None:
    points = [(step, float(step % 7)) for step in range(10_000)]
    points[5_001] = (5_001, 100.0)
    points[5_002] = (5_002, -100.0)
    kept = thinned(points, 200)
    assert len(kept) <= 200
    assert kept == sorted(set(kept))
    assert {points[0], points[5_001], points[5_002], points[-1]} <= set(kept)


def test_the_command_writes_and_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["report.py", "--out-dir", str(tmp_path)])
    report.main()
    assert capsys.readouterr().out == f"{tmp_path / 'report.html'}\n"
    monkeypatch.setattr(sys, "argv", ["report.py", "--out-dir", str(tmp_path / "none")])
    with pytest.raises(SystemExit):
        report.main()
    assert "train first" in capsys.readouterr().err
