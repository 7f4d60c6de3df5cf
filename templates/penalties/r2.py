"""R2: zero-centred gradient penalty on fakes (Mescheder et al. 2018, arXiv:1801.04406)."""

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


def r2(
    fake_discriminator: Callable[[Tensor], Tensor],
    fake: Tensor,
    *,
    weight: Annotated[float, Ge(0)] = 10.0,
) -> Tensor:
    """weight / 2 * E[||grad D(x)||^2] over fakes x [B, ...] (Mescheder 2018, eq. 10).

    Args:
        weight: gamma of the paper; R3GAN (arXiv:2501.05441) gives R1 and R2 the same.
    """
    fake = fake.detach().requires_grad_()
    # A sample's logit depends on that sample alone: the sum's gradient is every one's own.
    (gradient,) = torch.autograd.grad(fake_discriminator(fake).sum(), fake, create_graph=True)
    return weight / 2 * gradient.square().flatten(1).sum(1).mean()
