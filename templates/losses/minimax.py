"""Minimax loss, saturating for the generator (Goodfellow et al. 2014, arXiv:1406.2661)."""

import torch.nn.functional as F
from torch import Tensor

FORBIDS = {"discriminator:bounded_output": "the minimax loss applies the sigmoid itself"}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Minus the value function: -E[log D(x)] - E[log(1 - D(G(z)))] (Goodfellow 2014, eq. 1).

    Of logits [B]: with D = sigmoid(logit), -log D is softplus(-logit) and -log(1 - D) is
    softplus(logit).
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """The generator's side of the same game, E[log(1 - D(G(z)))] (Goodfellow 2014, eq. 1).

    Of logits [B]. Its gradient vanishes where the discriminator is sure: "saturating".
    """
    return -F.softplus(fake_logits).mean()
