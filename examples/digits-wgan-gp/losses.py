"""What each network minimises, from logits [B] to a scalar. Pure functions."""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Minus the critic's estimate of the Wasserstein distance (Arjovsky 2017, eq. 3).

    The "logits" [B] are plain scores here: the critic has no sigmoid.
    """
    return fake_logits.mean() - real_logits.mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-E[f(G(z))] of scores [B]: the distance's gradient for G (Arjovsky 2017, theorem 3)."""
    return -fake_logits.mean()


def gradient_penalty(
    discriminator: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    *,
    weight: float = 10.0,
    target: float = 1.0,
    sided: Literal["two", "one"] = "two",
) -> Tensor:
    """weight * E[(||grad D(x)||_2 - target)^2], x between real and fake (Gulrajani 2017, eq. 3).

    Every sample [B, ...] has its own place on the line and its own norm, over all its values.

    Args:
        weight: lambda in eq. 3.
        target: norm that the gradient is drawn to; 0 flattens the discriminator instead.
        sided: whether norms below the target are penalised as well ("two"), as in the paper, or
            only those above it (Gulrajani 2017, section 4; Petzka et al. 2018, arXiv:1709.08894).
    """
    epsilon = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    between = torch.lerp(fake.detach(), real.detach(), epsilon).requires_grad_()
    # A sample's logit depends on that sample alone: the sum's gradient is every one's own.
    (gradient,) = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
    norm: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)  # [B]
    excess = norm - target if sided == "two" else F.relu(norm - target)
    return weight * excess.square().mean()
