"""Schedules, initializers and optimizers that repeat what published GANs were trained with."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from gangen.catalogue import Catalogue, shipped
from gangen.pieces import Collection

TEMPLATES = Path(__file__).parents[1] / "templates"
CATALOGUE = Catalogue((shipped(),))


@pytest.fixture(autouse=True)
def _library_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TEMPLATES / "initializers"))
    torch.manual_seed(0)


def public(kind: str, name: str) -> Callable[..., Any]:
    spec = importlib.util.spec_from_file_location(name, TEMPLATES / kind / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)  # type: ignore[no-any-return]


# Schedules


@pytest.mark.parametrize("name", CATALOGUE.names("schedules"))
def test_a_schedule_is_a_finite_factor_over_the_whole_run_and_beyond(name: str) -> None:
    schedule = public("schedules", name)
    for steps in (1, 7, 100):
        factors = [schedule(step, steps) for step in range(steps + 3)]
        assert all(0 <= factor <= 1 for factor in factors)
        assert factors[0] > 0, "the first step learns, too"


@pytest.mark.parametrize("name", CATALOGUE.names("schedules"))
def test_a_schedule_may_be_renamed(name: str) -> None:
    """As the generated train.py does, where `step` is a variable."""
    pieces = Collection()
    pieces.add(CATALOGUE.get("schedules", name), name, f"{name}_schedule")
    scope: dict[str, Any] = {}
    exec(f"{pieces.import_lines}\n{pieces.code}", scope)
    assert scope[f"{name}_schedule"](0, 10) == public("schedules", name)(0, 10)
    assert "Annotated" not in pieces.code


def test_exponential_repeats_the_first_gan() -> None:
    """A rate of 0.1, divided by 1.000004 after every update until it is 1e-6."""
    exponential = public("schedules", "exponential")
    rate = 0.1
    for step in range(50_000):
        if step % 10_000 == 0:
            assert 0.1 * exponential(step, 1, end_factor=1e-5) == pytest.approx(rate, rel=1e-6)
        rate = max(rate / 1.000004, 1e-6)
    assert 0.1 * exponential(10**7, 1, end_factor=1e-5) == pytest.approx(1e-6)
    assert exponential(3, 1, factor=0.5) == 0.125
    assert exponential(10, 1, factor=0.5, end_factor=0.1) == 0.1


def test_step_repeats_began() -> None:
    """Halved every 100,000 steps, from 8e-5 to no less than 2e-5."""
    step = public("schedules", "step")
    places = [0, 99_999, 100_000, 199_999, 200_000, 900_000]
    rates = [8e-5 * step(place, 1, end_factor=0.25) for place in places]
    assert rates == pytest.approx([8e-5, 8e-5, 4e-5, 4e-5, 2e-5, 2e-5])
    assert [step(place, 1, every=2, factor=0.1) for place in range(5)] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01]
    )


def test_warmup_rises_in_a_straight_line() -> None:
    warmup = public("schedules", "warmup")
    found = [warmup(step, 20, share=0.25) for step in range(8)]
    assert found == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1])
    assert warmup(0, 1) == 1


# Initializers


def initialized(layer: nn.Module, name: str, library: str = "_weights", **options: float) -> Any:
    """The layer after `apply`; `library` is the one that the compiler copies in its case."""
    function = public("initializers", name)
    function.__globals__["initialize"] = importlib.import_module(library).initialize
    return layer.apply(lambda module: function(module, **options))


@pytest.mark.parametrize("library", ["_weights", "_parametrized_weights"])
@pytest.mark.parametrize("name", ["uniform", "truncated_normal"])
def test_weights_are_drawn_and_biases_zeroed(name: str, library: str) -> None:
    for layer in (nn.Linear(90, 80), nn.Conv1d(60, 40, 3), nn.ConvTranspose3d(16, 16, 3)):
        with torch.no_grad():
            layer.weight.fill_(7)
        made = initialized(nn.Sequential(layer), name, library)[0]
        assert made.weight.abs().max() <= 0.05
        assert abs(made.weight.mean()) < 0.002
        assert not made.bias.any()


@pytest.mark.parametrize("name", ["uniform", "truncated_normal"])
def test_weights_behind_spectral_norm_are_drawn_too(name: str) -> None:
    layer = initialized(spectral_norm(nn.Conv2d(16, 32, 3)), name, "_parametrized_weights").eval()
    original = layer.parametrizations.weight.original
    assert original.abs().max() <= 0.05
    largest = torch.linalg.svdvals(layer.weight.flatten(1))[0].item()
    assert largest == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("name", ["uniform", "truncated_normal"])
def test_norms_and_embeddings_are_left_alone(name: str) -> None:
    for layer in (nn.BatchNorm2d(8), nn.GroupNorm(2, 8), nn.Embedding(5, 8)):
        before = layer.weight.detach().clone()
        torch.testing.assert_close(initialized(layer, name).weight, before)


def test_uniform_fills_its_range() -> None:
    weight = initialized(nn.Linear(1000, 100), "uniform", bound=0.005).weight
    assert 0.0049 < weight.max() <= 0.005
    assert -0.005 <= weight.min() < -0.0049
    assert weight.std().item() == pytest.approx(0.005 / math.sqrt(3), rel=0.02)


def test_truncated_normal_is_cut() -> None:
    weight = initialized(nn.Linear(1000, 100), "truncated_normal", std=0.5).weight
    assert 0.99 < weight.abs().max() <= 1
    assert weight.std().item() == pytest.approx(0.8796 * 0.5, rel=0.02)
    wide = initialized(nn.Linear(1000, 100), "truncated_normal", std=0.5, cut=6.0).weight
    assert wide.std().item() == pytest.approx(0.5, rel=0.02)


# Optimizers


def test_nadam_is_torchs_with_torchs_defaults() -> None:
    nadam = public("optimizers", "nadam")
    options = dict(inspect.signature(nadam).parameters)
    assert options["lr"].default is inspect.Parameter.empty
    torchs = inspect.signature(torch.optim.NAdam).parameters
    for option in list(options)[2:]:
        assert options[option].default == torchs[option].default, option
    layer = nn.Linear(2, 1)
    built = nadam(layer.parameters(), lr=3e-4, betas=(0.5, 0.99), momentum_decay=0.0)
    plain = torch.optim.NAdam(layer.parameters(), lr=3e-4, betas=(0.5, 0.99), momentum_decay=0.0)
    assert type(built) is torch.optim.NAdam
    assert built.defaults == plain.defaults


@pytest.mark.parametrize("name", CATALOGUE.names("optimizers"))
def test_an_optimizer_finds_a_minimum(name: str) -> None:
    x = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = public("optimizers", name)([x], lr=0.02)
    for _ in range(400):
        optimizer.zero_grad()
        x.square().sum().backward()
        optimizer.step()
    assert x.abs().max() < 0.05
