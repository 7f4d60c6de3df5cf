"""The training loop: what moves, what does not, and that a stopped run goes on to the bit."""

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import train
from config import Config
from models import Discriminator, Generator
from progress import CollapseWatch, Diverged
from runtime import StopSignal

ROOT = Path(__file__).parents[1]
NETWORKS = [
    ("generator", "g_opt", Generator()),
    ("discriminator", "d_opt", Discriminator()),
]


def checkpoint(config: Config) -> dict[str, Any]:
    """The content of the run's last checkpoint."""
    content: dict[str, Any] = torch.load(config.out_dir / "last.pt", weights_only=True)
    return content


def assert_same(one: Any, two: Any, where: str = "checkpoint") -> None:
    """Both hold the same values, to the bit."""
    if isinstance(one, Tensor):
        assert torch.equal(one, two), where
    elif isinstance(one, dict):
        assert one.keys() == two.keys(), where
        for key in one:
            assert_same(one[key], two[key], f"{where}[{key!r}]")
    elif isinstance(one, list):
        for index, (a, b) in enumerate(zip(one, two, strict=True)):
            assert_same(a, b, f"{where}[{index}]")
    else:
        assert one == two, where


def test_a_run_leaves_metrics_pictures_and_a_checkpoint(config: Config) -> None:
    train.train(config)
    lines = [json.loads(line) for line in (config.out_dir / "metrics.jsonl").open()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert {"d_loss", "g_loss", "samples_per_second"} <= lines[0].keys()
    names = sorted(path.name for path in (config.out_dir / "samples").iterdir())
    assert names == ["000000.png", "000002.png", "000004.png"]
    assert checkpoint(config)["step"] == 4


def test_a_step_moves_every_weight(config: Config) -> None:
    train.train(replace(config, steps=1))
    before = checkpoint(config)
    train.train(replace(config, steps=2))
    after = checkpoint(config)
    for name, optimizer, network in NETWORKS:
        parameters = dict(network.named_parameters())
        for key, parameter in parameters.items():
            if parameter.dim() > 1:  # a bias may have no gradient, a critic's last one has none
                assert not torch.equal(before[name][key], after[name][key]), f"{name}.{key}"
        (group,) = after[optimizer]["param_groups"]
        assert len(group["params"]) == len(parameters)  # every parameter is in its optimiser


@pytest.mark.parametrize("stop", [1, 3])
def test_a_stopped_run_goes_on_to_the_bit(
    config: Config, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    train.train(config)
    straight = checkpoint(config)

    again = replace(config, out_dir=config.out_dir.with_name("again"))
    with monkeypatch.context() as patch:
        patch.setattr(StopSignal, "received", lambda self, step: 15 if step == stop else 0)
        with pytest.raises(SystemExit):
            train.train(again)
    assert checkpoint(again)["step"] == stop
    train.train(again)
    resumed = checkpoint(again)
    del straight["config"], resumed["config"]
    assert_same(straight, resumed)
    lines = [json.loads(line) for line in (again.out_dir / "metrics.jsonl").open()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]


def test_noise_is_never_used_twice(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Tensor] = []
    draw = train.sample_latent

    def record(count: int, device: torch.device) -> Tensor:
        drawn.append(draw(count, device))
        return drawn[-1]

    monkeypatch.setattr(train, "sample_latent", record)
    train.train(config)
    assert len({tuple(z.flatten().tolist()) for z in drawn}) == len(drawn)
    assert len(drawn) == 1 + config.steps  # the pictures' and each step's


def test_the_discriminator_is_still_while_the_generator_moves(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    loss = train.generator_loss

    def record(fake_logits: Tensor, *others: Any, **knobs: Any) -> Tensor:
        seen.append(fake_logits.requires_grad)
        return loss(fake_logits, *others, **knobs)

    frozen: list[bool] = []
    forward = Discriminator.forward

    def watch(self: Any, *inputs: Tensor, **condition: Tensor) -> Any:
        frozen.append(not any(p.requires_grad for p in self.parameters()))
        return forward(self, *inputs, **condition)

    monkeypatch.setattr(train, "generator_loss", record)
    monkeypatch.setattr(Discriminator, "forward", watch)
    train.train(config)
    assert all(seen)
    assert frozen.count(True) == config.steps  # with every weight frozen


def test_divergence_stops_and_keeps_the_last_good_checkpoint(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    train.train(replace(config, steps=2))
    good = checkpoint(config)
    monkeypatch.setattr(
        train, "generator_loss", lambda fake, *others, **knobs: fake.sum() * float("nan")
    )
    with pytest.raises(Diverged, match="diverged by step 3"):
        train.train(config)
    assert_same(good, checkpoint(config))


def test_after_divergence_the_run_goes_back_and_on(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss, calls = train.generator_loss, itertools.count()

    def fail_once(fake_logits: Tensor, *others: Any, **knobs: Any) -> Tensor:
        value: Tensor = loss(fake_logits, *others, **knobs)
        return value * float("nan") if next(calls) == 2 else value

    monkeypatch.setattr(train, "generator_loss", fail_once)
    train.train_with_retries(config)
    content = checkpoint(config)
    assert content["step"] == 4
    assert content["progress"]["retries"] == 1
    lines = [json.loads(line) for line in (config.out_dir / "metrics.jsonl").open()]
    assert [line["rollback"] for line in lines if "rollback" in line] == [3]


def test_a_run_that_always_diverges_ends(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        train, "generator_loss", lambda fake, *others, **knobs: fake.sum() * float("nan")
    )
    with pytest.raises(Diverged, match="no step is saved yet"):
        train.train_with_retries(config)


def test_a_collapse_is_noticed(config: Config) -> None:
    real = torch.randn(100, 3)
    watch = CollapseWatch(real)
    assert watch.look(torch.randn(100, 3)) == pytest.approx(1, abs=0.5)
    assert not watch.collapsed
    watch.look(torch.ones(100, 3))
    assert watch.collapsed


def test_the_average_follows_weights_and_buffers(config: Config) -> None:
    train.train(replace(config, ema_decay=0.0))  # the average of the last step alone
    content = checkpoint(config)
    for name, value in content["generator"].items():
        assert torch.equal(content["ema"][name], value), name


def test_two_processes_stay_in_step(config: Config) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += ["tests/two_processes.py", "--out-dir", str(config.out_dir), "--device", "cpu"]
    command += ["--steps", "2", "--batch-size", str(config.batch_size)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert checkpoint(config)["step"] == 2
