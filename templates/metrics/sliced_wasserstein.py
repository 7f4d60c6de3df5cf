"""Wasserstein-1 distance of samples along random lines (cf. Bonneel et al. 2015, Rabin 2011)."""

from typing import Annotated

import torch
from _transport import wasserstein_distances
from annotated_types import Ge
from torch import Tensor

BETTER = {"sliced_wasserstein": "lower"}
DEFAULT = ["data:points"]


def sliced_wasserstein(
    real: Tensor, fake: Tensor, *, projections: Annotated[int, Ge(1)] = 200
) -> dict[str, float]:
    """Mean over random unit vectors of the distance of the projections of samples [N, ...].

    Args:
        projections: how many random lines.
    """
    lines = torch.randn(real[0].numel(), projections, device=real.device, dtype=torch.float64)
    lines = lines / lines.norm(dim=0)
    projected = [
        torch.cat([rows.flatten(1).double() @ lines for rows in samples.split(1000)])
        for samples in (real, fake)
    ]
    return {"sliced_wasserstein": wasserstein_distances(*projected).mean().item()}
