"""Gradient penalty of the IBM GAN Toolkit, with its mistaken norm; only for faithful imports.

The norm is over the channels at every pixel, not over a sample: with C channels it draws every
pixel's gradient to 1, which is not a Lipschitz bound of 1. For anything but repeating a run of the
toolkit take `gradient_penalty`.
"""

from collections.abc import Callable
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

WHERE = "discriminator_loss"
FAITHFUL = True  # repeats what others did, wrong as it is


def ibm_gradient_penalty(
    discriminator: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    *,
    weight: Annotated[float, Ge(0)] = 10.0,
) -> Tensor:
    """weight * the mean over samples and pixels of (norm over channels - 1)^2, x [B, C, H, W].

    The gradient is taken between real and fake, at one place on the line for each sample.

    Args:
        weight: lambda_gp of the toolkit, which rounds it down to an integer.
    """
    epsilon = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    between = torch.lerp(fake.detach(), real.detach(), epsilon).requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
    norm: Tensor = torch.linalg.vector_norm(gradient, dim=1)  # [B, H, W]: the mistake
    return weight * (norm - 1).square().mean()
