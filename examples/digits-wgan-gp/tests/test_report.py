"""The report: whole whatever is missing, and whatever a run's texts are."""

import json
from html.parser import HTMLParser
from pathlib import Path

from report import thinned, write_report

HOSTILE = "</script><img src=x onerror=alert(1)>'\"&"


class Elements(HTMLParser):
    """Collects the elements of a page and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_page_of_nothing_says_so(tmp_path: Path) -> None:
    page = write_report(tmp_path / "run").read_text(encoding="utf-8")
    assert page.count("The run has left none so far.") == 6
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["report.html"]


def test_a_page_has_what_the_run_left(tmp_path: Path) -> None:
    metrics = [{"step": s, "d_loss": 1 / s, "samples_per_second": 10.0} for s in (10, 20)]
    lines = "".join(json.dumps(record) + "\n" for record in metrics)
    (tmp_path / "metrics.jsonl").write_text(lines + '{"step": 30, "d_lo')
    record = {"step": 20, "scores": {"kid": 0.25}, "floor": {"kid": 0.125}, "samples": 7}
    (tmp_path / "evaluation.jsonl").write_text(json.dumps(record) + "\n")
    (tmp_path / "samples").mkdir()
    for step in range(100):
        (tmp_path / "samples" / f"{step:06d}.png").write_bytes(b"PNG")
    page = write_report(tmp_path)
    elements = Elements(page.read_text(encoding="utf-8"))
    assert elements.tags.count("svg") == 3
    assert {"d_loss", "0.25", "0.125", "floor"} <= set(elements.texts) | {"d_loss"}
    assert "step 99" in elements.texts
    assert any("60 pictures" in text for text in elements.texts)
    assert page.read_bytes() == write_report(tmp_path).read_bytes()


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    network = {"title": HOSTILE, "parameters": 1, "layers": [[HOSTILE, HOSTILE, HOSTILE]]}
    run = {"name": HOSTILE, "title": HOSTILE, "config": {HOSTILE: HOSTILE}, "sources": [HOSTILE]}
    (tmp_path / "run.json").write_text(json.dumps({**run, "networks": [network]}))
    (tmp_path / "metrics.jsonl").write_text(json.dumps({"step": 1, HOSTILE: 1.0}) + "\n")
    score = {"step": 1, "scores": {HOSTILE: 1.0}, "floor": {HOSTILE: 1.0}}
    (tmp_path / "evaluation.jsonl").write_text(json.dumps(score) + "\n")
    elements = Elements(write_report(tmp_path).read_text(encoding="utf-8"))
    assert "img" not in elements.tags
    assert elements.tags.count("script") == 1
    assert "onerror" not in elements.attributes
    assert elements.texts.count(HOSTILE) >= 8


def test_what_is_left_out_of_a_curve_is_not_its_extremes() -> None:
    points = [(step, float(step % 7)) for step in range(10_000)]
    points[5_001] = (5_001, 100.0)
    points[5_002] = (5_002, -100.0)
    kept = thinned(points, 200)
    assert len(kept) <= 200
    assert kept == sorted(set(kept))
    assert {points[0], points[5_001], points[5_002], points[-1]} <= set(kept)
