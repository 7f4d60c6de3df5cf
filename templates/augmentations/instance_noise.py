"""Instance noise: normal noise on what the discriminator sees, fading out over the run.

Sonderby et al. 2017 (arXiv:1610.04490, appendix), Arjovsky & Bottou 2017 (arXiv:1701.04862):
blurred like this, the distributions of real and fake overlap, which they mostly do not.
"""

from typing import Annotated

import torch
from annotated_types import Gt, Le
from torch import Tensor


def instance_noise(
    x: Tensor,
    step: int,
    steps: int,
    *,
    std: Annotated[float, Gt(0)] = 0.1,
    share: Annotated[float, Gt(0), Le(1)] = 1.0,
) -> Tensor:
    """x [B, ...] plus noise whose standard deviation falls in a straight line to 0.

    Args:
        std: standard deviation at the first step.
        share: share of the run, in (0, 1], after which there is no noise left.
    """
    present = std * (1 - step / (share * steps))
    return x + present * torch.randn_like(x) if present > 0 else x
