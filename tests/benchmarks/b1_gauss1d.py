"""B1: a normal distribution N(4, 1.25^2) from uniform noise, as a reference program and better.

`python tests/benchmarks/b1_gauss1d.py --seeds 0 1 2`; about a minute per variant and seed on a CPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from _common import (
    EXAMPLES,
    Run,
    Variant,
    benchmark,
    both_weights,
    merged,
    parse_args,
    read_yaml,
)
from numpy.typing import NDArray

MEAN, STD, COUNT = 4.0, 1.25, 100_000
PROGRAM = {"mean error": 0.005, "sd error": 0.005, "w1": [0.33, 0.18, 0.34], "ks": [0.2, 0.08, 0.2]}


def metrics(samples: NDArray[Any]) -> dict[str, float]:
    """Moments, Wasserstein-1 distance and Kolmogorov-Smirnov distance of numbers [N] or [N, 1].

    W1 is the mean distance of the i-th smallest number to the quantile at (i - 0.5) / N, KS the
    largest distance between the two distribution functions.
    """
    numbers = torch.from_numpy(np.sort(samples.astype(np.float64).reshape(-1)))
    count = len(numbers)
    mean, std = numbers.mean(), numbers.std(correction=0)
    scores = (numbers - mean) / std
    ranks = torch.arange(1, count + 1, dtype=torch.float64)
    quantiles = MEAN + STD * torch.special.ndtri((ranks - 0.5) / count)
    levels = torch.special.ndtr((numbers - MEAN) / STD)
    above, below = ranks / count - levels, levels - (ranks - 1) / count
    values = {
        "mean_error": (mean - MEAN).abs(),
        "sd_error": (std - STD).abs(),
        "skewness": scores.pow(3).mean(),
        "excess_kurtosis": scores.pow(4).mean() - 3,
        "w1": (numbers - quantiles).abs().mean(),
        "ks": torch.maximum(above, below).max(),
    }
    return {name: round(value.item(), 5) for name, value in values.items()}


def floor(_: Variant) -> dict[str, float]:
    """The same metrics of as many numbers from the distribution itself."""
    return metrics(np.random.default_rng(0).normal(MEAN, STD, COUNT))


def score(run: Run) -> Mapping[str, Any]:
    """Of 100,000 numbers that the generator makes."""
    return both_weights(run, COUNT, metrics)


def variants() -> list[Variant]:
    """The program as published, ours, and ours with two losses of before."""
    ours = read_yaml(EXAMPLES / "gauss1d-ours.yaml")
    specs = {"moments": read_yaml(EXAMPLES / "gauss1d-moments.yaml"), "ours": ours}
    for loss in ("non_saturating", "minimax"):
        specs[loss] = merged(
            {**ours, "objective": {}}, {"objective": {"loss": loss}, "penalties": []}
        )
    named = {f"gauss1d-{name}".replace("_", "-"): spec for name, spec in specs.items()}
    return [Variant(name, merged(spec, {"name": name}), PROGRAM) for name, spec in named.items()]


if __name__ == "__main__":
    benchmark("b1", variants(), score, floor, parse_args(__doc__ or "", variants()))
