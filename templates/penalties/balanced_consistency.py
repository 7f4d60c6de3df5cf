"""Balanced consistency regularisation, bCR (Zhao et al. 2020, arXiv:2002.04724)."""

from collections.abc import Callable
from typing import Annotated

from _flip_and_shift import flip_and_shift
from annotated_types import Ge
from torch import Tensor

WHERE = "discriminator_loss"
NEEDS = {"data:images": "the penalty compares images with mirrored and shifted ones"}


def balanced_consistency(
    discriminator: Callable[[Tensor], Tensor],
    fake_discriminator: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    real_logits: Tensor,
    fake_logits: Tensor,
    *,
    real_weight: Annotated[float, Ge(0)] = 10.0,
    fake_weight: Annotated[float, Ge(0)] = 10.0,
    shift: Annotated[int, Ge(0)] = 4,
) -> Tensor:
    """Weighted E[(D(x) - D(T(x)))^2] over real images and over fakes x [B, C, H, W].

    Zhao 2020, algorithm 1: with real images alone, as in CR-GAN, the discriminator learns that
    what T leaves behind is a sign of real ones, and fakes take it over.

    Args:
        real_weight: lambda_real of the paper.
        fake_weight: lambda_fake of the paper.
        shift: most pixels by which T moves an image along each axis; it also mirrors half of them.
    """
    changed_real = discriminator(flip_and_shift(real.detach(), shift))
    changed_fake = fake_discriminator(flip_and_shift(fake.detach(), shift))
    real_part = (real_logits - changed_real).square().mean()
    fake_part = (fake_logits - changed_fake).square().mean()
    return real_weight * real_part + fake_weight * fake_part
