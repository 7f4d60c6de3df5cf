"""Relativistic pairing loss, RpGAN: real against fake, pair by pair, as in R3GAN.

Jolicoeur-Martineau 2018, arXiv:1807.00734; Huang et al. 2024, arXiv:2501.05441.
"""

import torch.nn.functional as F
from torch import Tensor

FORBIDS = {
    "discriminator:bounded_output": "the relativistic loss applies the sigmoid itself",
    "training:unequal_batches": "every fake is judged against a real sample of its own",
}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[softplus(-(D(x) - D(G(z))))] over pairs of logits [B] and [B] (Huang 2024, section 2).

    Only differences of logits count: one real sample judged against one fake.
    """
    return F.softplus(fake_logits - real_logits).mean()


def generator_loss(fake_logits: Tensor, real_logits: Tensor) -> Tensor:
    """E[softplus(-(D(G(z)) - D(x)))] over as many pairs of logits [B] and [B]."""
    return F.softplus(real_logits - fake_logits).mean()
