"""Drift penalty: keeps a critic's scores of real samples near zero, ProGAN.

Karras et al. 2018, arXiv:1710.10196, appendix A.1.
"""

from typing import Annotated

from annotated_types import Ge
from torch import Tensor

WHERE = "discriminator_loss"


def drift(real_logits: Tensor, *, weight: Annotated[float, Ge(0)] = 0.001) -> Tensor:
    """weight * E[D(x)^2] of logits [B]: a Wasserstein critic is free up to a constant.

    Args:
        weight: epsilon_drift of the paper.
    """
    return weight * real_logits.square().mean()
