"""Distances of distributions of numbers, coordinate by coordinate."""

from _transport import distribution_gaps, wasserstein_distances
from torch import Tensor

BETTER = {"wasserstein": "lower", "kolmogorov_smirnov": "lower"}
NEEDS = {"data:vectors": "it sorts the values of each coordinate"}
DEFAULT = ["data:numbers"]


def wasserstein_1d(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Area between the distribution functions of real [N, F] and fake [M, F], and greatest gap.

    Wasserstein-1 is the integral of |F(x) - G(x)|, in the data's unit: its mean over coordinates.
    Kolmogorov-Smirnov is max |F(x) - G(x)|: that of the worst coordinate.
    """
    gaps, _ = distribution_gaps(real, fake)
    return {
        "wasserstein": wasserstein_distances(real, fake).mean().item(),
        "kolmogorov_smirnov": gaps.max().item(),
    }
