"""B2: eight normal distributions on a ring and 25 on a grid, scored as PacGAN (arXiv:1712.04086).

`python tests/benchmarks/b2_mixtures.py ring-r3gan --seeds 0 1`; two to ten minutes a run on a CPU.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from _common import HERE, Run, Variant, benchmark, both_weights, parse_args, read_variants
from numpy.typing import NDArray

COUNT = 2_500  # samples, as in PacGAN and VEEGAN
RADIUS = 3.0  # standard deviations from a mean that still count as high quality
# Standard deviation of what is left of a normal distribution in the plane that is cut off there,
# against 1: sqrt(1 - a e^-a / (1 - e^-a)) with a = 4.5.
CUT = math.sqrt(1 - 4.5 * math.exp(-4.5) / (1 - math.exp(-4.5)))


def mixture(task: str) -> tuple[NDArray[Any], float, float]:
    """Means [modes, 2], standard deviation, and root mean square of a coordinate.

    As in PacGAN: eight on the unit circle, 0.01 wide; 25 on {-4, -2, 0, 2, 4}^2, 0.05 wide.
    """
    if task == "ring":
        angles = 2 * math.pi * np.arange(8) / 8
        means, std = np.stack([np.cos(angles), np.sin(angles)], axis=1), 0.01
    else:
        axis = np.arange(-4.0, 5.0, 2.0)
        means, std = np.stack(np.meshgrid(axis, axis), axis=2).reshape(-1, 2), 0.05
    return means, std, math.sqrt((means**2).mean() + std**2)


def metrics(points: NDArray[Any], means: NDArray[Any], std: float) -> dict[str, Any]:
    """Modes, share of high quality, KL and width of points [N, 2], in the data's own units.

    A point within three standard deviations of the nearest mean is of high quality; a mode counts
    from one such point on. KL is that of their distribution over the modes from the uniform one,
    in nats. A width of 1 is right: the standard deviation of a mode's points of high quality over
    what it is for the data.
    """
    distances = np.linalg.norm(points[:, None, :] - means[None], axis=2)
    nearest, good = distances.argmin(1), distances.min(1) <= RADIUS * std
    counts = np.bincount(nearest[good], minlength=len(means))
    shares = counts[counts > 0] / max(good.sum(), 1)
    widths = [
        math.sqrt(points[good & (nearest == mode)].var(axis=0, ddof=1).mean()) / (CUT * std)
        for mode in np.flatnonzero(counts >= 10)
    ]
    # Without a single good point there is no distribution over the modes.
    kl = round(float((shares * np.log(shares * len(means))).sum()), 4) if good.any() else None
    return {
        "modes": int((counts > 0).sum()),
        "high_quality": round(float(good.mean()), 4),
        "kl": kl,
        "width": round(float(np.median(widths)), 3) if widths else None,
        "width_range": [round(min(widths), 3), round(max(widths), 3)] if widths else [],
    }


def floor(variant: Variant) -> dict[str, Any]:
    """The same of as many points from the mixture itself."""
    means, std, _ = mixture(variant.spec["data"]["source"])
    random = np.random.default_rng(0)
    points = means[random.integers(len(means), size=COUNT)] + random.normal(0, std, (COUNT, 2))
    return metrics(points, means, std)


def score(run: Run) -> Mapping[str, Any]:
    """Of 2,500 points that the generator makes, scaled back to the data's own units."""
    data = run.variant.spec["data"]
    means, std, scale = mixture(data["source"])
    unit = scale if data.get("standardize") else 1.0
    return both_weights(run, COUNT, lambda points: metrics(points * unit, means, std))


if __name__ == "__main__":
    variants = read_variants(HERE / "b2_mixtures.yaml")
    benchmark("b2", variants, score, floor, parse_args(__doc__ or "", variants))
