"""Weight clipping, the original WGAN's Lipschitz bound (Arjovsky 2017, arXiv:1701.07875)."""

from typing import Annotated

import torch
from annotated_types import Gt
from torch import nn

WHERE = "after_discriminator_step"
GIVES = ["discriminator:lipschitz"]


@torch.no_grad()
def weight_clipping(module: nn.Module, *, limit: Annotated[float, Gt(0)] = 0.01) -> None:
    """Clamp every parameter into [-limit, limit], in place (Arjovsky 2017, algorithm 1, line 7).

    Args:
        limit: c in algorithm 1.
    """
    for parameter in module.parameters():
        parameter.clamp_(-limit, limit)
