"""Consistency regularisation of the discriminator, CR-GAN (Zhang et al. 2020, arXiv:1910.12027)."""

from collections.abc import Callable
from typing import Annotated

from _flip_and_shift import flip_and_shift
from annotated_types import Ge
from torch import Tensor

WHERE = "discriminator_loss"
NEEDS = {"data:images": "the penalty compares images with mirrored and shifted ones"}


def consistency(
    discriminator: Callable[[Tensor], Tensor],
    real: Tensor,
    real_logits: Tensor,
    *,
    weight: Annotated[float, Ge(0)] = 10.0,
    shift: Annotated[int, Ge(0)] = 4,
) -> Tensor:
    """weight * E[(D(x) - D(T(x)))^2] over real images x [B, C, H, W] (Zhang 2020, section 2).

    T mirrors half of the images and moves each by a few pixels.

    Args:
        weight: lambda of the paper.
        shift: most pixels by which T moves an image along each axis.
    """
    changed_logits = discriminator(flip_and_shift(real.detach(), shift))
    return weight * (real_logits - changed_logits).square().mean()
