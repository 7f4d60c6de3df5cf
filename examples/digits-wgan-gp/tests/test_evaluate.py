"""Scores: real against real is at the floor, and what is recorded says how it was measured."""

import json
from pathlib import Path

import torch

from config import Config
from evaluate import Evaluator, append
from models import Generator

CPU = torch.device("cpu")


def test_a_record_has_scores_and_where_they_come_from(config: Config, tmp_path: Path) -> None:
    evaluator = Evaluator(config, CPU)
    generator = Generator()
    record = evaluator.record(generator, step=3, weights="raw")
    assert list(record["scores"]) == ["kid", "precision", "recall", "density", "coverage"]
    assert list(record["floor"]) == list(record["scores"])
    assert record["samples"] == config.eval_samples
    assert generator.training  # as before
    append(record, tmp_path)
    (line,) = (tmp_path / "evaluation.jsonl").read_text().splitlines()
    assert json.loads(line)["step"] == 3


def test_the_same_weights_score_the_same(config: Config) -> None:
    generator = Generator()
    first, second = (
        Evaluator(config, CPU).record(generator, step=0, weights="raw") for _ in range(2)
    )
    assert first["scores"] == second["scores"]
    assert first["features"] == second["features"]
