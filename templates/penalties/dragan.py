"""Gradient penalty around real samples, DRAGAN (Kodali et al. 2017, arXiv:1705.07215)."""

from collections.abc import Callable
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

WHERE = "discriminator_loss"
FORBIDS = {
    "discriminator:batch_statistics": "the penalty is on the gradient of each sample on its own, "
    "and batch norm makes every logit depend on the whole batch"
}


def dragan(
    discriminator: Callable[[Tensor], Tensor],
    real: Tensor,
    *,
    weight: Annotated[float, Ge(0)] = 10.0,
    target: Annotated[float, Ge(0)] = 1.0,
    noise: Annotated[float, Gt(0)] = 0.5,
) -> Tensor:
    """weight * E[(||grad D(x)||_2 - target)^2] at noisy real samples x [B, ...].

    As in the authors' code: x = real + alpha * noise * std * u, where std is that of all values of
    the batch, u ~ U[0, 1) for every value and alpha ~ U[0, 1) for every sample.

    Args:
        weight: lambda of the paper.
        target: k of the paper, norm that the gradient is drawn to.
        noise: how far the noise reaches, in standard deviations of the data.
    """
    real = real.detach()
    alpha = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    around = (real + alpha * noise * real.std() * torch.rand_like(real)).requires_grad_()
    # A sample's logit depends on that sample alone: the sum's gradient is every one's own.
    (gradient,) = torch.autograd.grad(discriminator(around).sum(), around, create_graph=True)
    norm: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)  # [B]
    return weight * (norm - target).square().mean()
