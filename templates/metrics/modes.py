"""Modes of a mixture that were found, and how well (PacGAN: Lin et al. 2018, arXiv:1712.04086)."""

import math
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

BETTER = {
    "modes": "higher",
    "modes_populated": "higher",
    "high_quality": "higher",
    "mode_kl": "lower",
}
NEEDS = {"data:modes": "it counts samples around the known centres of a mixture"}
DEFAULT = ["data:modes"]


def modes(
    fake: Tensor,
    centers: Tensor,
    std: float,
    *,
    within: Annotated[float, Gt(0)] = 3.0,
    hits: Annotated[int, Ge(1)] = 8,
) -> dict[str, float]:
    """Count modes around centers [M, F] of equal weight that fake [N, F] has good samples of.

    A sample is good within so many standard deviations of the nearest centre. Scores: modes with
    one good sample, modes with several (one can be chance), the share of good samples, and
    KL(modes of the good samples || uniform) in nats, log M where none is good. In the plane
    1 - e^-4.5 = 98.9 % of the true samples are good: more means modes that are too narrow. Papers
    score 2500 samples.

    Args:
        within: standard deviations from its mode at which a sample is still good.
        hits: good samples of a mode that count as populated.
    """
    distances, nearest = torch.cdist(fake.double(), centers.to(fake).double()).min(dim=1)
    good = nearest[distances <= within * std]
    counts = torch.bincount(good, minlength=len(centers))
    shares = counts.double() / max(1, len(good))
    entropy = torch.special.entr(shares).sum().item()
    return {
        "modes": float((counts > 0).sum().item()),
        "modes_populated": float((counts >= hits).sum().item()),
        "high_quality": len(good) / len(fake),
        "mode_kl": max(0.0, math.log(len(centers)) - entropy),
    }
