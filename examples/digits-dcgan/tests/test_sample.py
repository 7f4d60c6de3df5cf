"""Samples from a checkpoint."""

import sys
from pathlib import Path

import pytest
import torch

import sample
import train
from config import Config
from models import Generator


def run(monkeypatch: pytest.MonkeyPatch, config: Config, out: Path, *flags: str) -> None:
    """python sample.py with these flags."""
    last = str(config.out_dir / "last.pt")
    monkeypatch.setattr(
        sys,
        "argv",
        ["sample.py", "--checkpoint", last, "--out", str(out), "--device", "cpu", *flags],
    )
    sample.main()


def test_samples_are_drawn_and_repeat(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    train.train(config)
    for name in ("one", "two"):
        run(monkeypatch, config, tmp_path / name, "--count", "5", "--batch-size", "2")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == [*(f"{index:06d}.png" for index in range(5)), "grid.png"]
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_interpolation_ends_where_it_should(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start, end = torch.randn(2, Generator.latent_dim), torch.randn(2, Generator.latent_dim)
    path = sample.interpolate(start, end, 5)
    assert path.shape == (10, Generator.latent_dim)
    assert torch.allclose(path[[0, 5]], start, atol=1e-4)
    assert torch.allclose(path[[4, 9]], end, atol=1e-4)
    train.train(config)
    run(monkeypatch, config, tmp_path / "rows", "--count", "2", "--interpolate", "3")


def test_without_a_checkpoint_the_next_step_is_said(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match=r"python train\.py"):
        run(monkeypatch, config, tmp_path)
