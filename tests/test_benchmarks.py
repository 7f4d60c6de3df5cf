"""The benchmarks' metrics, on samples whose scores are known, and their specs."""

from __future__ import annotations

import argparse
import gzip
import importlib
import io
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from numpy.typing import NDArray

from gangen.catalogue import Catalogue, shipped
from gangen.compose import Compiled, compile_spec

BENCHMARKS = Path(__file__).parent / "benchmarks"
DATA = Path(__file__).parents[1] / "templates" / "data"
SCRIPTS = sorted(path.stem for path in BENCHMARKS.glob("b*.py"))
FRAGMENTS = ["b2_mixtures", "b3_stacked_mnist", "b4_seqgan", "b5_conditional"]
CATALOGUE = Catalogue((shipped(),))


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    sys.path[:0] = [str(BENCHMARKS), str(DATA)]
    yield
    sys.path[:] = [path for path in sys.path if path not in (str(BENCHMARKS), str(DATA))]


@pytest.fixture
def gauss() -> ModuleType:
    return importlib.import_module("b1_gauss1d")


@pytest.fixture
def mixtures() -> ModuleType:
    return importlib.import_module("b2_mixtures")


@pytest.fixture
def stacked() -> ModuleType:
    return importlib.import_module("b3_stacked_mnist")


@pytest.fixture
def common() -> ModuleType:
    return importlib.import_module("_common")


@pytest.fixture
def judge() -> ModuleType:
    return importlib.import_module("_judge")


@pytest.fixture
def throughput() -> ModuleType:
    return importlib.import_module("b9_throughput")


@pytest.fixture
def loops() -> ModuleType:
    return importlib.import_module("_loops")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_imports_and_says_how_to_run_it(name: str) -> None:
    documentation = importlib.import_module(name).__doc__
    assert documentation is not None
    assert f"`python tests/benchmarks/{name}.py" in documentation


def test_gauss_of_the_distribution_itself_is_near_zero(gauss: ModuleType) -> None:
    found = gauss.metrics(np.random.default_rng(1).normal(4, 1.25, (100_000, 1)))
    assert found["w1"] < 0.02
    assert found["ks"] < 0.01
    assert abs(found["skewness"]) < 0.05
    assert abs(found["excess_kurtosis"]) < 0.1


def test_gauss_of_a_shifted_distribution(gauss: ModuleType) -> None:
    """Moved by d, W1 is d, and KS is 2 Phi(d / 2 sigma) - 1."""
    found = gauss.metrics(np.random.default_rng(1).normal(4.5, 1.25, 100_000))
    assert found["mean_error"] == pytest.approx(0.5, abs=0.02)
    assert found["w1"] == pytest.approx(0.5, abs=0.02)
    assert found["ks"] == pytest.approx(0.1585, abs=0.01)


def test_gauss_of_a_uniform_distribution_with_the_same_moments(gauss: ModuleType) -> None:
    """Mean and deviation are right, and yet it is seen: excess kurtosis -1.2."""
    half = 1.25 * 3**0.5
    found = gauss.metrics(np.random.default_rng(1).uniform(4 - half, 4 + half, 100_000))
    assert found["sd_error"] < 0.01
    assert found["excess_kurtosis"] == pytest.approx(-1.2, abs=0.03)
    assert found["w1"] > 0.1


def points_of(mixtures: ModuleType, task: str, modes: int, width: float = 1.0) -> NDArray[Any]:
    """2,500 points of the first modes only, with another width."""
    means, std, _ = mixtures.mixture(task)
    random = np.random.default_rng(1)
    noise = random.normal(0, width * std, (2_500, 2))
    points: NDArray[Any] = means[random.integers(modes, size=2_500)] + noise
    return points


@pytest.mark.parametrize(("task", "modes"), [("ring", 8), ("grid", 25)])
def test_mixture_of_the_distribution_itself(mixtures: ModuleType, task: str, modes: int) -> None:
    """98.89 % lie within three deviations, 1 - exp(-4.5): more means modes that are too narrow."""
    means, std, _ = mixtures.mixture(task)
    found = mixtures.metrics(points_of(mixtures, task, modes), means, std)
    assert found["modes"] == modes
    assert found["high_quality"] == pytest.approx(0.9889, abs=0.008)
    assert found["kl"] < 0.02
    assert found["width"] == pytest.approx(1, abs=0.05)


def test_mixture_with_half_of_the_modes(mixtures: ModuleType) -> None:
    """KL of a uniform distribution over half of the modes: log 2."""
    means, std, _ = mixtures.mixture("ring")
    found = mixtures.metrics(points_of(mixtures, "ring", 4), means, std)
    assert found["modes"] == 4
    assert found["kl"] == pytest.approx(np.log(2), abs=0.01)


def test_mixture_with_narrow_modes(mixtures: ModuleType) -> None:
    means, std, _ = mixtures.mixture("grid")
    found = mixtures.metrics(points_of(mixtures, "grid", 25, width=0.5), means, std)
    assert found["high_quality"] == 1
    assert found["width"] == pytest.approx(0.5 / mixtures.CUT, abs=0.02)


def test_mixture_far_from_every_mode(mixtures: ModuleType) -> None:
    means, std, _ = mixtures.mixture("ring")
    found = mixtures.metrics(np.zeros((100, 2)), means, std)
    assert (found["modes"], found["high_quality"], found["kl"]) == (0, 0, None)


@pytest.mark.parametrize("task", ["ring", "grid"])
def test_mixtures_are_those_of_the_data_sources(mixtures: ModuleType, task: str) -> None:
    """The metric states them for itself; here they meet the points that projects train on."""
    means, std, scale = mixtures.mixture(task)
    samples, _ = getattr(importlib.import_module(task), f"load_{task}")(standardize=True)
    found = mixtures.metrics(samples.numpy() * scale, means, std)
    assert found["high_quality"] == pytest.approx(0.9889, abs=0.002)
    assert found["modes"] == len(means)


def test_best_matching_is_that_of_all_permutations(judge: ModuleType) -> None:
    table = torch.randint(100, (6, 6), generator=torch.Generator().manual_seed(0))
    found = judge.best_matching(table)
    rows = table.tolist()
    best = max(sum(rows[i][j] for i, j in enumerate(p)) for p in itertools.permutations(range(6)))
    assert sorted(found) == list(range(6))
    assert sum(rows[i][j] for i, j in enumerate(found)) == best


def test_code_error_does_not_mind_how_codes_are_numbered(judge: ModuleType) -> None:
    seen = torch.arange(1_000) % 10
    assert judge.code_error((seen + 3) % 10, seen) == pytest.approx(0)
    wrong = torch.where(torch.arange(1_000) < 100, (seen + 1) % 10, seen)
    assert judge.code_error((wrong + 3) % 10, seen) == pytest.approx(0.1)


def test_code_error_of_two_codes_for_one_class(judge: ModuleType) -> None:
    """Only one of them can stand for it: one in ten is wrong."""
    codes = torch.arange(1_000) % 10
    assert judge.code_error(codes, codes.clamp(max=8)) == pytest.approx(0.1)


def test_spread_of_copies_is_zero_and_of_opposites_known(judge: ModuleType) -> None:
    images = torch.zeros(4, 1, 28, 28)
    labels = torch.tensor([0, 0, 1, 1])
    assert judge.spread(images, labels) == 0
    images[1] = 1.0
    assert judge.spread(images, labels) == pytest.approx(28 / 2)


def test_jitter_keeps_a_picture_and_its_background(judge: ModuleType) -> None:
    images = torch.full((8, 1, 28, 28), -1.0)
    images[:, :, 10:18, 10:18] = 1.0
    found = judge.jittered(images)
    assert found.shape == images.shape
    torch.testing.assert_close(found[:, :, 0], images[:, :, 0])
    assert found.mean() == pytest.approx(images.mean().item(), abs=0.05)


def test_judge_learns_what_it_is_shown(judge: ModuleType) -> None:
    """Ten places of a bright square: a few epochs suffice."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(400) % 10
    images = 0.3 * torch.randn(400, 1, 28, 28, generator=generator) - 1
    for image, label in zip(images, labels.tolist(), strict=True):
        row, column = 4 + 12 * (label // 5), 2 + 5 * (label % 5)
        image[:, row : row + 6, column : column + 4] += 2
    trained = judge.trained(images, labels, epochs=6)
    assert judge.accuracy(trained, images, labels) > 0.8


def test_stacked_modes_of_a_uniform_distribution(stacked: ModuleType) -> None:
    found = stacked.metrics(torch.arange(26_000) % 1_000)
    assert found == {"modes": 1_000, "populated": 1_000, "kl": 0}


def test_stacked_modes_when_all_samples_are_alike(stacked: ModuleType) -> None:
    """KL of one mode of 1000 from all of them: log 1000."""
    found = stacked.metrics(torch.full((26_000,), 999))
    assert found == {"modes": 1, "populated": 1, "kl": pytest.approx(np.log(1_000), abs=1e-4)}


def test_stacked_modes_of_a_known_histogram(stacked: ModuleType) -> None:
    """Halves and quarters: KL = log 1000 + sum p log p = log 1000 - 1.5 log 2."""
    found = stacked.metrics(torch.tensor([7] * 14 + [123] * 7 + [500] * 7))
    assert found["modes"] == 3
    assert found["populated"] == 1
    assert found["kl"] == pytest.approx(np.log(1_000) - 1.5 * np.log(2), abs=1e-4)


def test_stacked_modes_of_the_data_are_not_quite_uniform(stacked: ModuleType) -> None:
    """Of N random samples KL is about 999 / 2 N, and 26 of a mode seldom fewer than 8."""
    random = torch.Generator().manual_seed(0)
    found = stacked.metrics(torch.randint(1_000, (26_000,), generator=random))
    assert (found["modes"], found["populated"]) == (1_000, 1_000)
    assert found["kl"] == pytest.approx(999 / 52_000, abs=0.003)


def test_stacked_modes_are_read_channel_by_channel(stacked: ModuleType) -> None:
    """A judge that sees as a digit how many pixels of the first row are bright."""

    class Counter(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            bright = (x[:, 0, 0] > 0).sum(dim=1)
            return torch.nn.functional.one_hot(bright, 10).float()

    images = torch.full((2, 3, 28, 28), -1.0)
    for sample, digits in enumerate([(4, 0, 9), (0, 7, 1)]):
        for channel, digit in enumerate(digits):
            images[sample, channel, 0, :digit] = 1
    assert stacked.modes_of(Counter(), images).tolist() == [409, 71]


def ten_classes(each: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Images of which every one is filled with ten times its class and its number within it."""
    labels = np.repeat(np.arange(10), each)
    shades = (10 * labels + np.tile(np.arange(each), 10) % 10).astype(np.uint8)
    return np.broadcast_to(shades[:, None, None], (len(labels), 28, 28)).copy(), labels


def test_stacked_digits_come_from_idx_files_too(stacked: ModuleType, tmp_path: Path) -> None:
    images, labels = ten_classes(120)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    for name, part in [("train", slice(0, 700)), ("t10k", slice(700, None))]:
        plain = bytes(16) + images[part].tobytes()
        (tmp_path / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(plain))
        plain = bytes(8) + labels[part].astype(np.uint8).tobytes()
        (tmp_path / f"{name}-labels-idx1-ubyte").write_bytes(plain)
    one, other = stacked.read_digits(tmp_path / "digits.npz"), stacked.read_digits(tmp_path)
    assert np.bincount(one.held_out_labels).tolist() == [100] * 10
    assert one.images.shape == (200, 28, 28)
    for name, array in vars(one).items():
        assert np.array_equal(array, vars(other)[name])


def test_stacked_file_holds_triples_of_training_digits(
    stacked: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stacked, "TRIPLES", 300)
    images, labels = ten_classes(3)
    digits = stacked.Digits(images[:20], labels[:20], images[20:], labels[20:])
    with np.load(stacked.stacked_file(digits, tmp_path / "new")) as arrays:
        triples = arrays["images"]
    assert triples.shape == (300, 3, 28, 28)
    assert triples.dtype == np.uint8
    assert np.array_equal(np.unique(triples), np.unique(images[:20]))
    assert len(np.unique(triples[:, :, 0, 0], axis=0)) > 280  # the channels go their own ways


def test_stacked_floor_has_the_shares_of_the_training_classes(stacked: ModuleType) -> None:
    """Training has two classes only: eight modes, and what the judge makes of digits held out."""

    class Tens(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            shade = ((x[:, 0, 0, 0] + 1) * 127.5).round().long()
            return torch.nn.functional.one_hot(shade // 10, 10).float()

    images, labels = ten_classes(100)
    twos = (labels == 2) | (labels == 5)
    digits = stacked.Digits(images[twos], labels[twos], images, labels)
    found = stacked.floor(argparse.Namespace(id="full-dcgan"), Tens(), digits)
    assert found["judge"] == 1
    assert (found["modes"], found["populated"]) == (8, 8)
    assert found["kl"] == pytest.approx(np.log(1_000 / 8), abs=0.005)


def test_stacked_networks_are_the_published_ones(common: ModuleType, stacked: ModuleType) -> None:
    """Counted from PacGAN's code, less the biases that a batch norm takes away.

    The full ones are the preset's, whose size is compared there.
    """
    variants = {v.id: v for v in common.read_variants(BENCHMARKS / "b3_stacked_mnist.yaml")}
    generator = 256 * 1_024 + 2 * 64 + 9 * (64 * 32 + 32 * 16 + 16 * 8 + 8 * 3) + 2 * 56 + 3
    for task, width in [("tiny-half", 4), ("tiny-quarter", 2)]:
        convolutions = 9 * (3 * width + 2 * width**2 + 8 * width**2)
        discriminator = convolutions + 2 * 7 * width + 16 * 4 * width + 1
        networks = compiled(variants[f"{task}-dcgan"].spec).plan.networks
        assert networks["generator"].parameters == generator
        assert networks["discriminator"].parameters == discriminator
        assert stacked.samples_of(variants[f"{task}-dcgan"]) == 25_600
    preset = {key: variants["full-pacgan2"].spec[key] for key in ("gangen", "name", "data")}
    wanted = compiled({**preset, "preset": "pacgan-stacked@lin2018"}).plan.networks
    found = compiled(variants["full-pacgan2"].spec).plan.networks
    for role, network in wanted.items():
        assert found[role].main_layers == network.main_layers


def test_held_out_digits_are_a_hundred_of_each_class() -> None:
    module = importlib.import_module("b5_conditional")
    labels = np.repeat(np.arange(10), 150)
    train, held_out = module.split(np.zeros((1_500, 28, 28)), labels)
    assert np.array_equal(np.bincount(labels[held_out]), [100] * 10)
    assert not (train & held_out).any()
    assert (train | held_out).all()


def test_merged_goes_by_keys_and_null_takes_away(common: ModuleType) -> None:
    base = {"a": {"b": 1, "c": [1]}, "d": 1}
    found = common.merged(base, {"a": {"c": [2]}, "d": None})
    assert found == {"a": {"b": 1, "c": [2]}}
    assert base == {"a": {"b": 1, "c": [1]}, "d": 1}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_variants_are_whole_specs(common: ModuleType, name: str) -> None:
    variants = common.read_variants(BENCHMARKS / f"{name}.yaml")
    names = [variant.id for variant in variants]
    assert len(names) == len(set(names))
    for variant in variants:
        assert variant.spec["gangen"] == 1
        assert variant.spec["name"] == variant.id
        assert isinstance(variant.spec["training"]["optimizer"]["generator"]["adam"]["lr"], float)


def compiled(spec: Any) -> Compiled:
    return compile_spec(Path("spec.yaml"), CATALOGUE, (), yaml.safe_dump(spec))


@pytest.mark.parametrize("name", FRAGMENTS)
def test_variants_compile(common: ModuleType, name: str) -> None:
    for variant in common.read_variants(BENCHMARKS / f"{name}.yaml"):
        assert not compiled(variant.spec).problems.all


def test_medians_leave_out_what_is_not_a_number(common: ModuleType) -> None:
    rows = [{"metrics": {"a": value, "b": other, "c": []}} for value, other in [(1, 1), (3, None)]]
    assert common.medians(rows) == {"a": 2}


def burst(*milliseconds: float) -> dict[str, Any]:
    return {"wall": list(milliseconds), "cpu": [x / 2 for x in milliseconds], "peak_mib": 300.0}


def test_throughput_ratios_are_medians_over_the_rounds(throughput: ModuleType) -> None:
    """The machine is ten times slower in the second round, for both loops alike."""
    bursts = {
        "loop": [burst(11, 11, 11), burst(110, 110, 110), burst(11, 11, 11)],
        "bare": [burst(10, 10, 10), burst(100, 100, 100), burst(10, 10, 10)],
        "plain": [burst(22, 22, 22), burst(220, 220, 220), burst(22, 22, 22)],
    }
    found = throughput.metrics(bursts, images=64)
    for kind in ("", "_cpu", "_quiet"):
        assert found[f"overhead{kind}"] == pytest.approx(0.1)
        assert found[f"times_plain{kind}"] == pytest.approx(2)
    assert "data_wait" not in found
    assert found["loops"]["bare"]["ms"] == 10
    assert found["loops"]["bare"]["images_per_second"] == 6_400
    assert found["loops"]["bare"]["steps"] == 9


def test_throughput_projects_are_whole_specs(throughput: ModuleType) -> None:
    variants = throughput.read_variants(BENCHMARKS / "b9_throughput.yaml")
    assert {"gauss1d-mlp", "mnist-mlp", "dcgan-32", "wgan-gp-mlp"} <= {v.id for v in variants}
    for variant in variants:
        assert variant.spec["name"] == variant.id
        assert "preset" in variant.spec or "objective" in variant.spec


def test_a_clock_leaves_the_warm_up_out_and_takes_turns(
    loops: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))  # one more burst is wanted, and no third
    clock = loops.Clock(0.0, 4, torch.device("cpu"))

    def ticks() -> None:
        for _ in range(100):
            clock.tick()

    with pytest.raises(loops.Enough):
        ticks()
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(result["wall"]) for result in results] == [3, 3]
    assert results[0]["peak_mib"] > 1


def test_every_loop_of_a_project_runs(throughput: ModuleType, tmp_path: Path) -> None:
    """The smallest project, in bursts of three steps."""
    (variant,) = (
        v
        for v in throughput.read_variants(BENCHMARKS / "b9_throughput.yaml")
        if v.id == "gauss1d-mlp"
    )
    project = tmp_path / variant.id
    throughput.build(variant.spec, project)
    arguments = argparse.Namespace(
        rounds=2, seconds=0.0, warm_up=2, threads=1, device="cpu", loops=throughput.LOOPS
    )
    found = throughput.metrics(throughput.interleaved(project, arguments), images=500)
    assert set(found["loops"]) == set(throughput.LOOPS)
    assert all(timing["ms"] > 0 for timing in found["loops"].values())


def test_a_loop_that_fails_says_why(throughput: ModuleType, tmp_path: Path) -> None:
    arguments = argparse.Namespace(seconds=0.0, warm_up=0, threads=1, device="cpu")
    with pytest.raises(RuntimeError, match="ModuleNotFoundError"):
        throughput.Loop(tmp_path, "loop", arguments)
