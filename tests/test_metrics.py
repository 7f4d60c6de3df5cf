"""Metrics: each against its closed form, an independent computation or a case done by hand."""

from __future__ import annotations

import ast
import importlib.util
import math
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

TEMPLATES = Path(__file__).parents[1] / "templates"
NAMES = sorted(path.stem for path in (TEMPLATES / "metrics").glob("[a-z]*.py"))
Scores = dict[str, float]
Floats = NDArray[np.float64]
PORTS = {
    *("real", "fake", "real_features", "fake_features", "real_class_logits", "fake_class_logits"),
    *("real_labels", "fake_labels", "num_classes", "centers", "std"),
    *("generator", "oracle", "vocabulary", "end"),
}


def component(kind: str, name: str) -> ModuleType:
    path = TEMPLATES / kind / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{kind}_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folders = [str(TEMPLATES / folder) for folder in ("metrics", "features")]
    sys.path[:0] = folders  # for private libraries
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.path[: len(folders)]
    return module


MODULES = {name: component("metrics", name) for name in NAMES}


def metric(name: str) -> Callable[..., Scores]:
    function = getattr(MODULES[name], name)
    assert callable(function)
    return function  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def normal(samples: int, size: int = 1, mean: float = 0.0, std: float = 1.0) -> Tensor:
    return mean + std * torch.randn(samples, size)


# The contract of every file


IMAGES = (
    torch.rand(60, 1, 12, 12, generator=torch.Generator().manual_seed(3)) * 2 - 1,
    torch.rand(45, 1, 12, 12, generator=torch.Generator().manual_seed(4)) * 2 - 1,
)


class NextTokens(torch.nn.Module):
    """Logits of 9 tokens at each place of tokens [B, T], by the place alone."""

    def forward(self, tokens: Tensor) -> Tensor:
        places = torch.arange(tokens.shape[1] * 9.0).sin().view(-1, 9)
        return places.expand(len(tokens), -1, -1)


def everything(name: str) -> dict[str, Any]:
    """Something for every port; sets of different sizes, vectors where images will not do."""
    vectors = "data:vectors" in getattr(MODULES[name], "NEEDS", {})
    modes = "data:modes" in getattr(MODULES[name], "NEEDS", {})
    real, fake = (x.flatten(1)[:, :2] if vectors or modes else x for x in IMAGES)
    if "training:pairs" in getattr(MODULES[name], "NEEDS", {}):
        real = real[: len(fake)]
    if {"data:tokens", "data:oracle"} & {*getattr(MODULES[name], "NEEDS", {})}:
        real, fake = ((x.flatten(1)[:, :6].abs() * 9).long() for x in IMAGES)
    values: dict[str, Any] = {"num_classes": 3, "centers": torch.eye(2), "std": 0.5}
    values |= {"generator": NextTokens(), "oracle": NextTokens(), "vocabulary": 9, "end": 0}
    for side, x in (("real", real), ("fake", fake)):
        values |= {
            side: x,
            f"{side}_features": x.flatten(1)[:, :7],
            f"{side}_class_logits": x.flatten(1)[:, :3],
            f"{side}_labels": torch.arange(len(x)) % 3,
        }
    return values


def scores(name: str, values: dict[str, Any]) -> Scores:
    node = ast.parse((TEMPLATES / "metrics" / f"{name}.py").read_text())
    (function,) = (x for x in node.body if isinstance(x, ast.FunctionDef) and x.name[0] != "_")
    assert function.name == name
    ports = [argument.arg for argument in function.args.args]
    assert set(ports) <= PORTS
    assert not function.args.defaults
    options = {"epochs": 1} if name == "gan_train" else {}
    return metric(name)(*(values[port] for port in ports), **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("error")
def test_scores_are_those_that_are_listed_plain_and_finite(name: str) -> None:
    better = MODULES[name].BETTER
    assert all(
        way in ("lower", "higher") or math.isfinite(float(way.removeprefix("closer to ")))
        for way in better.values()
    )
    found = scores(name, everything(name))
    assert list(found) == list(better)
    assert all(type(value) is float and math.isfinite(value) for value in found.values()), found


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_scores_and_nothing_is_changed(name: str) -> None:
    values, before = everything(name), everything(name)
    found = []
    for _ in range(2):
        torch.manual_seed(5)
        found.append(scores(name, values))
    assert found[0] == found[1]
    for port, value in values.items():
        if not isinstance(value, NextTokens):  # which has nothing to change
            torch.testing.assert_close(value, before[port], rtol=0, atol=0)


def test_no_two_metrics_have_a_score_of_one_name() -> None:
    names = [score for module in MODULES.values() for score in module.BETTER]
    assert len(names) == len(set(names))


def test_what_is_computed_by_default() -> None:
    default = {name: m.DEFAULT for name, m in MODULES.items() if hasattr(m, "DEFAULT")}
    assert default == {
        "kid": ["data:images", "data:signals", "data:voxels"],
        "prdc": ["data:images", "data:signals", "data:voxels"],
        "modes": ["data:modes"],
        "bleu": ["data:text"],
        "distinct": ["data:tokens"],
        "nll_oracle": ["data:oracle"],
        "nll_test": ["data:tokens"],
        "sliced_wasserstein": ["data:points"],
        "wasserstein_1d": ["data:numbers"],
        "psnr": ["training:pairs"],
        "ssim": ["training:pairs"],
    }


AT_LEAST_TWO = [
    *("fid", "kid", "prdc", "mmd", "moments", "diversity", "ms_ssim_diversity", "gan_train"),
]


@pytest.mark.parametrize("name", AT_LEAST_TWO)
@pytest.mark.parametrize("few", ["real", "fake"])
def test_one_sample_is_refused_and_two_will_do(name: str, few: str) -> None:
    values = everything(name)
    two = {port: x[:2] for port, x in values.items() if port.startswith(few)}
    assert all(map(math.isfinite, scores(name, values | two).values()))
    one = {port: x[:1] for port, x in two.items()}
    with pytest.raises(ValueError, match="needs 2 samples"):
        scores(name, values | one)


# Distances of features


def root(matrix: Floats) -> Floats:
    """The positive root of a symmetric positive semi-definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(values.clip(0))) @ vectors.T, np.float64)


def frechet(x: Floats, y: Floats) -> float:
    """By symmetric roots: tr (C C')^(1/2) = tr (C^(1/2) C' C^(1/2))^(1/2)."""
    c, d = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    cross = root(root(c) @ d @ root(c))
    shift = x.mean(axis=0) - y.mean(axis=0)
    return float(shift @ shift + np.trace(c) + np.trace(d) - 2 * np.trace(cross))


@pytest.mark.parametrize(("n", "m", "size"), [(500, 300, 8), (40, 700, 5), (30, 20, 50)])
def test_fid_is_that_of_an_independent_computation(n: int, m: int, size: int) -> None:
    mixing = torch.randn(size, size)
    real, fake = normal(n, size) @ mixing + 5, 2 * normal(m, size) + torch.rand(size)
    found = metric("fid")(real, fake)["fid"]
    expected = frechet(real.double().numpy(), fake.double().numpy())
    assert found == pytest.approx(expected, rel=1e-6)


def test_fid_of_normal_distributions() -> None:
    """|m - m'|^2 + sum (s - s')^2 of independent coordinates."""
    real = normal(200_000, 2) * torch.tensor([1.0, 3.0])
    fake = normal(150_000, 2) * torch.tensor([2.0, 3.0]) + torch.tensor([0.0, 2.0])
    assert metric("fid")(real, fake)["fid"] == pytest.approx(4 + 1, abs=0.05)
    assert metric("fid")(real, real)["fid"] == pytest.approx(0, abs=1e-9)


def cubic(x: Floats, y: Floats) -> Floats:
    return np.asarray((x @ y.T / x.shape[1] + 1) ** 3, np.float64)


def gaussian(bandwidth: float) -> Callable[[Floats, Floats], Floats]:
    def kernel(x: Floats, y: Floats) -> Floats:
        squares = ((x[:, None] - y[None]) ** 2).sum(axis=2)
        return np.asarray(np.exp(-squares / (2 * bandwidth**2)), np.float64)

    return kernel


def unbiased(x: Floats, y: Floats, kernel: Callable[[Floats, Floats], Floats]) -> float:
    """Gretton et al. 2012, eq. 3, pair by pair."""
    n, m = len(x), len(y)
    xx, yy, xy = kernel(x, x), kernel(y, y), kernel(x, y)
    within = sum(xx[i, j] for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within += sum(yy[i, j] for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return float(within - 2 * xy.mean())


def test_kid_is_that_of_an_independent_computation() -> None:
    real, fake = normal(50, 6), normal(50, 6, mean=0.5)
    # Every subset of all samples is the same set.
    expected = unbiased(real.double().numpy(), fake.double().numpy(), cubic)
    for options in ({}, {"subset_size": 50}, {"subset_size": 1000, "subsets": 3}):
        assert metric("kid")(real, fake, **options)["kid"] == pytest.approx(expected, rel=1e-9)


def test_kid_of_subsets_estimates_that_of_all() -> None:
    real, fake = normal(300, 4), normal(250, 4, mean=1.0)
    whole = unbiased(real.double().numpy(), fake.double().numpy(), cubic)
    found = metric("kid")(real, fake, subsets=400, subset_size=50)["kid"]
    assert found == pytest.approx(whole, rel=0.03)


def test_kid_of_a_shift() -> None:
    """In one dimension E k(x, y) = E (x y + 1)^3 is a polynomial of the moments."""
    real, fake = normal(20_000), normal(20_000, mean=0.5)
    mean, square = 0.5, 0.5**2 + 1
    cube = 0.5**3 + 3 * 0.5
    exact = cube**2 + 3 * (square - 1) ** 2 + 3 * mean**2
    found = metric("kid")(real, fake, subsets=20)["kid"]
    assert found == pytest.approx(exact, rel=0.1)


def test_mmd_of_discrete_sets_is_exact() -> None:
    real = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    fake = torch.tensor([[1.0, 0.0], [2.0, 2.0], [1.0, 0.0]])
    for bandwidth in (0.3, 1.0, 7.0):
        kernel = gaussian(bandwidth)
        expected = unbiased(real.double().numpy(), fake.double().numpy(), kernel)
        found = metric("mmd")(real, fake, bandwidth=bandwidth)["mmd"]
        assert found == pytest.approx(expected, rel=1e-12)


def test_mmd_takes_the_median_distance_of_real_samples() -> None:
    real, fake = torch.tensor([[0.0], [1.0], [3.0]]), normal(9)
    own = metric("mmd")
    assert own(real, fake) == own(real, fake, bandwidth=2.0)  # distances 1, 2, 3
    alike = torch.zeros(5, 2)
    assert own(alike, alike)["mmd"] == pytest.approx(0)
    assert own(alike, alike + 1)["mmd"] > 0.5


def test_mmd_of_normal_distributions() -> None:
    """E k(x, y) of two N(m, s^2) with a kernel of width b: a normal density in closed form."""
    found = metric("mmd")(normal(4000), normal(3000, mean=1.0), bandwidth=1.0)["mmd"]
    same, other = 1 / math.sqrt(3), math.exp(-1 / 6) / math.sqrt(3)
    assert found == pytest.approx(2 * same - 2 * other, abs=0.02)


@pytest.mark.parametrize("name", ["kid", "mmd"])
def test_estimates_of_nothing_are_around_zero(name: str) -> None:
    found = [metric(name)(normal(40, 3), normal(60, 3))[name] for _ in range(60)]
    error = statistics.stdev(found) / math.sqrt(len(found))
    assert abs(statistics.mean(found)) < 3.5 * error
    assert min(found) < 0 < max(found)


# Neighbours


def test_prdc_of_points_on_a_line() -> None:
    real = torch.tensor([[0.0], [1.0], [3.0], [10.0]])  # radii 1, 1, 2, 7 with one neighbour
    fake = torch.tensor([[0.5], [4.5], [30.0]])  # radii 4, 4, 25.5
    found = metric("prdc")(real, fake, nearest=1)
    # 0.5 is in the balls of 0 and 1; 4.5 in those of 3 and 10; 30 in none.
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["density"] == pytest.approx(4 / 3)
    assert found["coverage"] == pytest.approx(1)
    # 0.5 knows 0, 1, 3; 4.5 knows 1, 3; 30 knows 10.
    assert found["recall"] == pytest.approx(1)
    two = metric("prdc")(real, fake, nearest=2)  # radii 3, 2, 3, 9; fakes 29.5, 25.5, 29.5
    assert two["density"] == pytest.approx((3 + 2 + 0) / 3 / 2)
    assert two["recall"] == 1.0


def test_prdc_of_samples_far_away_and_of_a_collapse() -> None:
    real = normal(50, 2)
    assert set(metric("prdc")(real, normal(40, 2, mean=100.0)).values()) == {0.0}
    collapsed = real[:1].repeat(30, 1)
    found = metric("prdc")(real, collapsed)
    assert found["precision"] == 1.0
    assert found["recall"] == pytest.approx(1 / 50)
    assert found["coverage"] < 0.5


def test_prdc_of_equal_distributions() -> None:
    """Density 1, coverage 1 - (N-1)...(N-k) / ((2N-1)...(2N-k)), about 1 - 2^-k (Naeem 2020)."""
    found = [metric("prdc")(normal(1100, 3), normal(1100, 3), nearest=3) for _ in range(3)]
    mean = {name: statistics.mean(scores[name] for scores in found) for name in found[0]}
    assert mean["density"] == pytest.approx(1, abs=0.03)
    assert mean["coverage"] == pytest.approx(1 - 2**-3, abs=0.02)


def test_prdc_is_the_same_in_parts() -> None:
    real, fake = normal(1500, 2), normal(2300, 2, mean=0.5)
    distances = torch.cdist(fake.double(), real.double())
    radii = [torch.cdist(x.double(), x.double()).kthvalue(6).values for x in (real, fake)]
    inside = distances <= radii[0]
    found = metric("prdc")(real, fake)
    assert found["precision"] == inside.any(dim=1).double().mean().item()
    assert found["density"] == pytest.approx(inside.sum(dim=1).double().mean().item() / 5)
    assert found["coverage"] == inside.any(dim=0).double().mean().item()
    assert found["recall"] == (distances <= radii[1][:, None]).any(dim=0).double().mean().item()


# Transport


def test_wasserstein_of_a_shift_is_the_shift() -> None:
    x = normal(1001)
    found = metric("wasserstein_1d")(x, x + 0.75)
    assert found["wasserstein"] == pytest.approx(0.75, rel=1e-6)
    shifted = metric("wasserstein_1d")(normal(100_000), normal(80_000, mean=0.75))
    assert shifted["wasserstein"] == pytest.approx(0.75, abs=0.02)
    # max |F - G| of a shift is at its middle: 2 Phi(shift / 2) - 1
    assert shifted["kolmogorov_smirnov"] == pytest.approx(math.erf(0.375 / math.sqrt(2)), abs=0.01)


def test_wasserstein_of_unequal_numbers_of_samples() -> None:
    real, fake = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [1.0], [5.0]])
    # F = 1/2 in [0, 1), then 1; G = 1/3, 2/3 until 5.
    found = metric("wasserstein_1d")(real, fake)
    assert found["wasserstein"] == pytest.approx(1 / 6 + 4 / 3)
    assert found["kolmogorov_smirnov"] == pytest.approx(1 / 3)
    repeated = metric("wasserstein_1d")(real.repeat(7, 1), fake.repeat(3, 1))
    assert repeated == pytest.approx(found)
    one = metric("wasserstein_1d")(torch.tensor([[2.0]]), torch.tensor([[5.0]]))
    assert one == {"wasserstein": 3.0, "kolmogorov_smirnov": 1.0}


def test_wasserstein_of_coordinates() -> None:
    real = normal(500, 3)
    found = metric("wasserstein_1d")(real, real + torch.tensor([0.0, 1.0, 2.0]))
    assert found["wasserstein"] == pytest.approx(1.0, rel=1e-6)
    worst = metric("wasserstein_1d")(real[:, 2:], real[:, 2:] + 2)
    assert found["kolmogorov_smirnov"] == worst["kolmogorov_smirnov"]


@pytest.mark.parametrize("shape", [(2,), (5,), (1, 3, 3)])
def test_sliced_wasserstein_of_a_shift(shape: tuple[int, ...]) -> None:
    """The mean of |u . s| over the sphere: |s| gamma(d/2) / (sqrt(pi) gamma((d+1)/2))."""
    x, shift = torch.randn(50, *shape), torch.rand(shape)
    d = shift.numel()
    share = math.gamma(d / 2) / (math.sqrt(math.pi) * math.gamma((d + 1) / 2))
    found = metric("sliced_wasserstein")(x, x + shift, projections=20_000)
    exact = shift.norm().item() * share
    assert found["sliced_wasserstein"] == pytest.approx(exact, rel=0.02)


def test_sliced_wasserstein_of_unequal_numbers() -> None:
    x = torch.randn(1100, 4)
    twice = metric("sliced_wasserstein")(x, x.repeat(2, 1))
    assert twice["sliced_wasserstein"] == pytest.approx(0, abs=1e-12)
    one = metric("sliced_wasserstein")(torch.zeros(3, 1), torch.ones(5, 1))
    assert one["sliced_wasserstein"] == pytest.approx(1)


def test_moments() -> None:
    real = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
    fake = torch.tensor([[3.0, 1.0], [3.0, 5.0], [3.0, 3.0]])
    found = metric("moments")(real, fake)
    assert found == pytest.approx({"mean_error": 2.0, "std_error": 2.0})


# Modes


def ring(samples: int, modes: int = 8, std: float = 0.01) -> tuple[Tensor, Tensor]:
    angles = torch.arange(modes) * 2 * math.pi / modes
    centres = torch.stack([angles.cos(), angles.sin()], dim=1)
    return centres[torch.randint(modes, (samples,))] + std * torch.randn(samples, 2), centres


def test_modes_of_the_true_mixture() -> None:
    fake, centres = ring(100_000)
    found = metric("modes")(fake, centres, 0.01)
    assert found["modes"] == found["modes_populated"] == 8
    assert found["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.002)
    assert found["mode_kl"] == pytest.approx(7 / (2 * len(fake)), abs=1e-4)  # of the counts' noise
    narrow = metric("modes")(fake, centres, 0.02)
    assert narrow["high_quality"] > 0.999


def test_the_floor_of_the_published_protocol() -> None:
    """2500 samples of 8 modes: KL 7 / 5000 = .0014 on average, 98.89 % of high quality."""
    found = [metric("modes")(*ring(2500), 0.01) for _ in range(40)]
    assert statistics.mean(f["mode_kl"] for f in found) == pytest.approx(0.0014, abs=0.0004)
    quality = statistics.mean(f["high_quality"] for f in found)
    assert quality == pytest.approx(0.9889, abs=0.0015)


def test_modes_counted_by_hand() -> None:
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    offsets = torch.tensor([[0.0, 0.0]] * 6 + [[10.0, 2.9]] * 2 + [[10.0, 3.1], [5.0, 5.0]])
    found = metric("modes")(offsets, centres, 1.0, hits=3)
    shares = [6 / 8, 2 / 8]
    kl = sum(p * math.log(4 * p) for p in shares)
    assert found == pytest.approx(
        {"modes": 2.0, "modes_populated": 1.0, "high_quality": 0.8, "mode_kl": kl}
    )
    wide = metric("modes")(offsets, centres, 1.0, within=4.0)
    assert wide["high_quality"] == pytest.approx(0.9)


def test_modes_without_a_good_sample() -> None:
    found = metric("modes")(torch.full((9, 2), 50.0), torch.zeros(4, 2), 0.1)
    assert found == pytest.approx(
        {"modes": 0.0, "modes_populated": 0.0, "high_quality": 0.0, "mode_kl": math.log(4)}
    )


def test_class_modes() -> None:
    logits = torch.zeros(26, 5)
    logits[torch.arange(26), torch.tensor([0] * 16 + [3] * 9 + [4])] = 1
    found = metric("class_modes")(logits, hits=9)
    kl = sum(p * math.log(5 * p) for p in (16 / 26, 9 / 26, 1 / 26))
    expected = {"class_modes": 3.0, "class_modes_populated": 2.0, "class_kl": kl}
    assert found == pytest.approx(expected)
    uniform = metric("class_modes")(torch.eye(1000).repeat(2, 1), hits=2)
    expected = {"class_modes": 1000.0, "class_modes_populated": 1000.0, "class_kl": 0.0}
    assert uniform == pytest.approx(expected)


def test_errors_of_the_judge_look_like_modes() -> None:
    """100 modes of 1000, a digit misread with 0.75 %: 480 are counted, 100 with 8 hits."""
    digits = torch.cartesian_prod(*[torch.arange(10)] * 3)[torch.randperm(1000)[:100]]
    seen = digits[torch.randint(100, (26_000,))]
    wrong = torch.rand(seen.shape) < 0.0075
    seen = torch.where(wrong, (seen + torch.randint(1, 10, seen.shape)) % 10, seen)
    classes = (seen * torch.tensor([100, 10, 1])).sum(dim=1)
    found = metric("class_modes")(torch.nn.functional.one_hot(classes, 1000).float())
    assert found["class_modes"] == pytest.approx(480, abs=40)
    assert found["class_modes_populated"] == pytest.approx(100, abs=2)


# Classes


def test_inception_score_of_the_extremes() -> None:
    score = metric("inception_score")
    assert score(torch.zeros(500, 7))["inception_score"] == pytest.approx(1)
    one_hot = torch.eye(7).repeat(200, 1) * 1e5  # so sure that probabilities underflow
    assert score(one_hot)["inception_score"] == pytest.approx(7, rel=0.02)
    assert score(one_hot, splits=1)["inception_score"] == pytest.approx(7, rel=1e-9)
    assert score(one_hot[:1].repeat(300, 1))["inception_score"] == pytest.approx(1)
    assert score(one_hot[:5])["inception_score"] == pytest.approx(5)


def test_inception_score_is_that_of_an_independent_computation() -> None:
    logits = normal(40, 5, std=2.0)
    p = np.exp(logits.double().numpy())
    p /= p.sum(axis=1, keepdims=True)
    kl = (p * np.log(p / p.mean(axis=0))).sum(axis=1)
    found = metric("inception_score")(logits)["inception_score"]
    assert found == pytest.approx(float(np.exp(kl.mean())), rel=1e-9)


def test_gan_test() -> None:
    logits = torch.tensor([[3.0, 1.0], [0.0, 2.0], [1.0, 0.0], [0.0, 9.0]])
    assert metric("gan_test")(logits, torch.tensor([0, 1, 1, 1]), 2) == {"gan_test": 0.75}
    with pytest.raises(ValueError, match=r"classifier of the 10 classes .* has 2"):
        metric("gan_test")(logits, torch.zeros(4, dtype=torch.int64), 10)


def classes(samples: int, spread: float = 0.3) -> tuple[Tensor, Tensor]:
    """Points around three corners, and which."""
    labels = torch.arange(samples) % 3
    return torch.eye(3)[labels] * 2 + spread * torch.randn(samples, 3), labels


def test_gan_train() -> None:
    """Fakes like the real samples teach the classes; fakes with swapped labels the wrong ones."""
    (real, labels), (fake, made) = classes(300), classes(400)
    train = metric("gan_train")
    with torch.no_grad():  # as scores are computed
        assert train(real, fake, labels, made, 3)["gan_train"] > 0.97
    assert train(real, fake, labels, (made + 1) % 3, 3)["gan_train"] < 0.05
    collapsed = torch.eye(3)[made] * 2 * (made == 0).float()[:, None]  # only one class looks right
    assert train(real, collapsed, labels, made, 3)["gan_train"] < 0.8


# Diversity


def test_diversity_of_points() -> None:
    real = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    fake = torch.tensor([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    found = metric("diversity")(real, fake)["diversity"]
    assert found == pytest.approx((1 + 1 + 2) / 3 / 5)
    x = normal(700, 5)
    assert metric("diversity")(x, 0.25 * x)["diversity"] == pytest.approx(0.25, rel=1e-5)
    assert metric("diversity")(x, x[:1].repeat(9, 1))["diversity"] == 0


def test_diversity_within_classes_does_not_see_that_between_them() -> None:
    (real, labels), (fake, made) = classes(600), classes(900, spread=0.15)
    found = metric("class_diversity")(real, fake, labels, made, 3)["class_diversity"]
    assert found == pytest.approx(0.5, rel=0.05)
    assert metric("diversity")(real, fake)["diversity"] > 0.8
    none = metric("class_diversity")(real, torch.eye(3)[made], labels, made, 3)
    assert none["class_diversity"] == 0


def test_classes_with_one_sample_do_not_count_and_none_is_refused() -> None:
    real, fake = torch.tensor([[0.0], [2.0], [7.0]]), torch.tensor([[0.0], [1.0], [5.0]])
    labels = torch.tensor([0, 0, 1])
    assert metric("class_diversity")(real, fake, labels, labels, 2) == {"class_diversity": 0.5}
    with pytest.raises(ValueError, match="two fakes of one class"):
        metric("class_diversity")(real, fake, labels, torch.tensor([0, 1, 2]), 3)


@pytest.mark.parametrize("size", [(5, 5), (8, 8), (28, 28), (3, 64, 48), (16, 40)])
def test_ms_ssim_of_images_of_all_sizes(size: tuple[int, ...]) -> None:
    shape = size if len(size) == 3 else (1, *size)
    real, fake = (torch.rand(12, *shape) * 2 - 1 for _ in range(2))
    diverse = metric("ms_ssim_diversity")(real, fake, pairs=30)
    assert diverse["ms_ssim"] < 0.5
    assert abs(diverse["ms_ssim_excess"]) < 0.2
    alike = metric("ms_ssim_diversity")(real, fake[:1].repeat(5, 1, 1, 1), pairs=30)
    assert alike["ms_ssim"] == pytest.approx(1, abs=1e-4)
    assert alike["ms_ssim_excess"] > 0.4


def test_ms_ssim_has_as_many_scales_as_fit() -> None:
    x = torch.rand(2, 1, 176, 176) * 2 - 1
    assert metric("ms_ssim_diversity")(x, x, pairs=1)["ms_ssim"] < 0.9
    with pytest.raises(ValueError, match="5 x 5"):
        metric("ms_ssim_diversity")(torch.zeros(4, 1, 4, 9), torch.zeros(4, 1, 4, 9))


# Pairs


@pytest.mark.parametrize("name", ["psnr", "ssim"])
def test_pairs_are_scored_one_by_one(name: str) -> None:
    real = IMAGES[0].repeat(1, 1, 3, 3)
    scores_of = lambda fake, **options: metric(name)(real, fake, **options)[name]  # noqa: E731
    assert scores_of(real) > scores_of(0.9 * real) > scores_of(real.roll(1, 0))
    with pytest.raises(ValueError, match="pairs are needed"):
        metric(name)(real, real[:3])
    with pytest.raises(ValueError, match="inside a border"):
        metric(name)(real, real, border=18)


def test_psnr_is_what_its_formula_says() -> None:
    real, fake = torch.zeros(2, 1, 16, 16), torch.zeros(2, 1, 16, 16)
    fake[0] += 20 / 127.5
    fake[1] += 40 / 127.5
    expected = statistics.mean(20 * math.log10(255 / error) for error in (20, 40))
    assert metric("psnr")(real, fake)["psnr"] == pytest.approx(expected, abs=1e-3)
    fake[:, :, :3] = 1
    assert metric("psnr")(real, fake, border=3)["psnr"] == pytest.approx(expected, abs=1e-3)


def test_luma_weighs_colours() -> None:
    real = torch.full((1, 3, 16, 16), -1.0)
    for channel, weight in enumerate((65.481, 128.553, 24.966)):
        fake = real.clone()
        fake[:, channel] = 1.0
        score = metric("psnr")(real, fake, luma=True)["psnr"]
        assert score == pytest.approx(20 * math.log10(255 / weight), abs=1e-3)


def test_ssim_is_one_for_equal_images_alone() -> None:
    real = IMAGES[0].repeat(1, 1, 3, 3)
    assert metric("ssim")(real, real)["ssim"] == pytest.approx(1)
    assert metric("ssim")(real, -real)["ssim"] < 0
    with pytest.raises(ValueError, match="11 x 11"):
        metric("ssim")(real[:, :, :9], real[:, :, :9])
