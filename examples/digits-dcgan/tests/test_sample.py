"""Samples from a checkpoint."""

import sys
from pathlib import Path

import pytest
import torch

import sample
import train
from config import Config
from models import Generator
from runtime import save_checkpoint

Argv = pytest.MonkeyPatch


def run(argv: Argv, checkpoint: Path, out: Path, *flags: str) -> list[str]:
    """The files that python sample.py writes with these flags."""
    given = ["--checkpoint", str(checkpoint), "--out", str(out), "--device", "cpu"]
    argv.setattr(sys, "argv", ["sample.py", *given, *flags])
    sample.main()
    return sorted(path.name for path in out.iterdir())


@pytest.fixture
def checkpoint(config: Config, tmp_path: Path) -> Path:
    """Weights that are not trained; in the average of the weights they are all zero."""
    path = tmp_path / "checkpoint" / "last.pt"
    generator, average = Generator(), Generator().requires_grad_(False)
    for parameter in average.parameters():
        parameter.zero_()
    save_checkpoint(path, {"generator": generator, "ema": average}, step=1, config={})
    return path


def test_samples_are_drawn_and_repeat(config: Config, monkeypatch: Argv, tmp_path: Path) -> None:
    train.train(config)
    flags = ("--count", "5", "--batch-size", "2")
    for name in ("one", "two"):
        files = run(monkeypatch, config.out_dir / "last.pt", tmp_path / name, *flags)
    assert files == [*(f"{index:06d}.png" for index in range(5)), "grid.png"]
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize(
    "flags",
    [
        ("--interpolate", "3"),
        ("--truncation", "0.5"),
        ("--neighbours", "2"),
    ],
    ids="-".join,
)
def test_the_tools_write_what_they_show(
    config: Config,
    checkpoint: Path,
    monkeypatch: Argv,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flags: tuple[str, str],
) -> None:
    data: list[str] = []
    files = run(monkeypatch, checkpoint, tmp_path / "out", "--count", "2", *flags, *data)
    inputs, rows = sample.choose_inputs(sample.parse_args(["--count", "2", *flags, *data]))
    assert len({len(values) for values in inputs}) == 1
    assert len(inputs[0]) % rows == 0
    assert len(files) == len(inputs[0]) + 1
    assert ("nearest training sample" in capsys.readouterr().out) == ("--neighbours" in flags)


def test_raw_weights_are_not_the_average(checkpoint: Path) -> None:
    cpu = torch.device("cpu")
    assert not any(p.any() for p in sample.load_generator(checkpoint, cpu).parameters())
    assert any(p.any() for p in sample.load_generator(checkpoint, cpu, raw=True).parameters())


def test_without_a_checkpoint_the_next_step_is_said(monkeypatch: Argv, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"python train\.py"):
        run(monkeypatch, tmp_path / "last.pt", tmp_path)
