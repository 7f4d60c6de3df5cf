"""R1: zero-centred gradient penalty on real samples (Mescheder et al. 2018, arXiv:1801.04406)."""

from collections.abc import Callable
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

WHERE = "discriminator_loss"
LAZY = True
FORBIDS = {
    "discriminator:batch_statistics": "the penalty is on the gradient of each sample on its own, "
    "and batch norm makes every logit depend on the whole batch"
}


def r1(
    discriminator: Callable[[Tensor], Tensor],
    real: Tensor,
    *,
    weight: Annotated[float, Ge(0)] = 10.0,
) -> Tensor:
    """weight / 2 * E[||grad D(x)||^2] over real x [B, ...] (Mescheder 2018, eq. 9).

    Args:
        weight: gamma in eq. 9.
    """
    real = real.detach().requires_grad_()
    # A sample's logit depends on that sample alone: the sum's gradient is every one's own.
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight / 2 * gradient.square().flatten(1).sum(1).mean()
