"""Precision, recall (Kynkaanniemi 2019, arXiv:1904.06991), density, coverage (Naeem 2020)."""

from typing import Annotated

import torch
from _samples import require_samples
from annotated_types import Ge
from torch import Tensor

BETTER = {
    "precision": "higher",
    "recall": "higher",
    "density": "higher",
    "coverage": "higher",
}
DEFAULT = ["data:images", "data:signals", "data:voxels"]


def prdc(
    real_features: Tensor, fake_features: Tensor, *, nearest: Annotated[int, Ge(1)] = 5
) -> dict[str, float]:
    """Shares of samples within others' balls, which reach to the k-th nearest of their own kind.

    Precision: fakes in the ball of a real sample. Recall: real samples in the ball of a fake
    (arXiv:1904.06991, eq. 1 and 2). Density: how many real balls a fake is in, over k; it can
    exceed 1. Coverage: real samples with a fake in their ball (arXiv:2002.09797). Of equal
    distributions and numbers of samples density is 1 on average, coverage about 1 - 2^-k.

    Args:
        nearest: k; one less than there are samples at most.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real_features, fake_features)
    real, fake = real_features.double(), fake_features.double()
    k = min(nearest, len(real) - 1, len(fake) - 1)
    real_radii, fake_radii = _radii(real, k), _radii(fake, k)
    balls, covered, known = [], [], []  # for every 1000 fakes
    for rows, radii in zip(fake.split(1000), fake_radii.split(1000), strict=True):
        distances = torch.cdist(rows, real)
        balls.append((distances <= real_radii).sum(dim=1))
        covered.append((distances <= real_radii).any(dim=0))
        known.append((distances <= radii[:, None]).any(dim=0))
    counts = torch.cat(balls).double()
    return {
        "precision": (counts > 0).double().mean().item(),
        "recall": torch.stack(known).any(dim=0).double().mean().item(),
        "density": counts.mean().item() / k,
        "coverage": torch.stack(covered).any(dim=0).double().mean().item(),
    }


def _radii(features: Tensor, k: int) -> Tensor:
    """Distance of each row of features [N, F] to the k-th nearest other row, [N]."""
    parts = [
        torch.cdist(rows, features).kthvalue(k + 1, dim=1).values  # it is the nearest itself
        for rows in features.split(1000)
    ]
    return torch.cat(parts)
