"""Hinge loss (Lim & Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957)."""

import torch.nn.functional as F
from torch import Tensor

FORBIDS = {
    "discriminator:bounded_output": "the hinge loss needs logits beyond its margins -1, 1",
    "discriminator:energy": "minus an energy is never positive and cannot reach the margin 1",
}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Push real logits [B] above 1 and fake ones below -1 (Miyato 2018, eq. 16)."""
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-E[D(G(z))] of logits [B], without a margin (Miyato 2018, eq. 17)."""
    return -fake_logits.mean()
