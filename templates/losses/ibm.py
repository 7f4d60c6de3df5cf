"""Losses of the IBM GAN Toolkit, exactly as its trainer pairs them; only for faithful imports.

Several pairs have wrong signs: "mean" with w_loss 0 has both networks lower the same number, and
"bce" with w_loss 1 has the discriminator call real samples fake. For anything but repeating a run
of the toolkit take `non_saturating`, `least_squares` or `wasserstein`.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

NEEDS = {"discriminator:bounded_output": "cross-entropy, `bce`, takes outputs for probabilities"}
NEEDS_WHEN = {"discriminator:bounded_output": "'bce' in (discriminator, generator)"}
FAITHFUL = True  # repeats what others did, also where the signs are wrong


def discriminator_loss(
    real_logits: Tensor,
    fake_logits: Tensor,
    *,
    w_loss: Literal[0, 1] = 0,
    discriminator: Literal["bce", "mse", "mean"] = "bce",
) -> Tensor:
    """(L(real, 1) + L(fake, 0)) / 2, or with w_loss -L(real, 1) + L(fake, 0).

    Of the discriminator's raw outputs [B], which the toolkit does not require to be logits: "bce"
    wants probabilities, so a discriminator that ends in a sigmoid.

    Args:
        w_loss: 1 for the toolkit's sign convention of Wasserstein losses.
        discriminator: L for the discriminator; "mean" ignores the target.
    """
    real_loss = _criterion(discriminator, real_logits, 1.0)
    fake_loss = _criterion(discriminator, fake_logits, 0.0)
    return fake_loss - real_loss if w_loss else (real_loss + fake_loss) / 2


def generator_loss(
    fake_logits: Tensor,
    *,
    w_loss: Literal[0, 1] = 0,
    generator: Literal["bce", "mse", "mean"] = "bce",
) -> Tensor:
    """L(fake, 1), or with w_loss -L(fake, 1), of the discriminator's raw outputs [B].

    Args:
        w_loss: 1 for the toolkit's sign convention of Wasserstein losses.
        generator: L for the generator; "mean" ignores the target.
    """
    loss = _criterion(generator, fake_logits, 1.0)
    return -loss if w_loss else loss


def _criterion(name: str, values: Tensor, target: float) -> Tensor:
    """BCELoss, MSELoss or the mean of the values [B], as the toolkit names them."""
    if name == "mean":
        return values.mean()
    criterion = F.binary_cross_entropy if name == "bce" else F.mse_loss
    return criterion(values, torch.full_like(values, target))
