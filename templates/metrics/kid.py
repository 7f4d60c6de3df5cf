"""Kernel distance of features; of Inception's: KID (Binkowski et al. 2018, arXiv:1801.01401)."""

import warnings
from typing import Annotated

from _samples import require_samples
from annotated_types import Ge
from torch import Tensor, nn
from torchmetrics.image.kid import KernelInceptionDistance

BETTER = {"kid": "lower"}
DEFAULT = ["data:images", "data:signals", "data:voxels"]


def kid(
    real_features: Tensor,
    fake_features: Tensor,
    *,
    subsets: Annotated[int, Ge(1)] = 100,
    subset_size: Annotated[int, Ge(2)] = 1000,
) -> dict[str, float]:
    """Mean over random subsets of the unbiased squared MMD with the kernel (x.y / F + 1)^3.

    Of features [N, F]. Its expectation does not depend on the number of samples; around 0, where
    the distributions are the same, half of all estimates are negative.

    Args:
        subsets: how many random subsets to average over.
        subset_size: samples in each, of each kind; as many as the smaller set has at most.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real_features, fake_features)
    size = min(subset_size, len(real_features), len(fake_features))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it keeps the features: they are here
        distance = KernelInceptionDistance(nn.Identity(), subsets=subsets, subset_size=size)
    distance.to(real_features.device)
    distance.update(real_features.double(), real=True)
    distance.update(fake_features.double(), real=False)
    mean, _ = distance.compute()
    return {"kid": mean.item()}
