"""Maximum mean discrepancy with a Gaussian kernel (Gretton et al. 2012, JMLR 13)."""

from typing import Annotated

import torch
from _samples import require_samples
from annotated_types import Ge
from torch import Tensor

BETTER = {"mmd": "lower"}


def mmd(
    real_features: Tensor, fake_features: Tensor, *, bandwidth: Annotated[float, Ge(0)] = 0.0
) -> dict[str, float]:
    """Unbiased squared MMD (Gretton 2012, eq. 3), kernel exp(-|x - y|^2 / (2 bandwidth^2)).

    Of features [N, F]; around 0, where the distributions are the same, half of all estimates are
    negative.

    Args:
        bandwidth: of the kernel; 0 takes the median distance between (up to 1000) real samples,
            which is the same for all fakes.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real_features, fake_features)
    real, fake = real_features.double(), fake_features.double()
    # All real samples may be equal: any bandwidth tells whether the fakes are as well.
    width = bandwidth or torch.nn.functional.pdist(real[:1000]).median().item() or 1.0
    n, m = len(real), len(fake)
    # On the diagonals k(x, x) = 1.
    among_real = (_kernel_sum(real, real, width) - n) / (n * (n - 1))
    among_fake = (_kernel_sum(fake, fake, width) - m) / (m * (m - 1))
    return {"mmd": among_real + among_fake - 2 * _kernel_sum(real, fake, width) / (n * m)}


def _kernel_sum(x: Tensor, y: Tensor, bandwidth: float) -> float:
    """Sum of the kernel over all pairs of a row of x [N, F] and one of y [M, F]."""
    sums = [
        (torch.cdist(rows, y) / bandwidth).square().mul(-0.5).exp().sum() for rows in x.split(1000)
    ]
    return torch.stack(sums).sum().item()
