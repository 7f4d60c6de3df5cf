"""Minimax loss, saturating for the generator (Goodfellow et al. 2014, arXiv:1406.2661)."""

from typing import Annotated

import torch.nn.functional as F
from _cross_entropy import cross_entropy
from annotated_types import Ge, Gt, Le, Lt
from torch import Tensor

GIVES = ["discriminator:probabilities"]
FORBIDS = {
    "discriminator:bounded_output": "the minimax loss applies the sigmoid itself",
    "discriminator:energy": "minus an energy is never positive, so no sample could look more real "
    "than not",
}


def discriminator_loss(
    real_logits: Tensor,
    fake_logits: Tensor,
    *,
    real_label: Annotated[float, Gt(0.5), Le(1)] = 1.0,
    fake_label: Annotated[float, Ge(0), Lt(0.5)] = 0.0,
    flip: Annotated[float, Ge(0), Lt(0.5)] = 0.0,
) -> Tensor:
    """Minus the value function: -E[log D(x)] - E[log(1 - D(G(z)))] (Goodfellow 2014, eq. 1).

    Of logits [B]: with D = sigmoid(logit), -log D is softplus(-logit) and -log(1 - D) is
    softplus(logit).

    Args:
        real_label: target for real samples; 0.9 is the one-sided label smoothing of Salimans
            et al. 2016 (arXiv:1606.03498, section 3.4).
        fake_label: target for fakes; above 0 the smoothing is two-sided, and fakes far from all
            data are no longer pushed towards it (the same section).
        flip: chance of each sample in a batch to get the label of the other kind.
    """
    real_loss = cross_entropy(real_logits, real_label, fake_label, flip)
    return real_loss + cross_entropy(fake_logits, fake_label, real_label, flip)


def generator_loss(fake_logits: Tensor) -> Tensor:
    """The generator's side of the same game, E[log(1 - D(G(z)))] (Goodfellow 2014, eq. 1).

    Of logits [B]. Its gradient vanishes where the discriminator is sure: "saturating".
    """
    return -F.softplus(fake_logits).mean()
