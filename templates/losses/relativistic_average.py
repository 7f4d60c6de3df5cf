"""Relativistic average loss, RaGAN (Jolicoeur-Martineau 2018, arXiv:1807.00734)."""

import torch.nn.functional as F
from torch import Tensor

FORBIDS = {"discriminator:bounded_output": "the relativistic loss applies the sigmoid itself"}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Cross-entropy of "more real than the other kind on average", of logits [B].

    RaSGAN of Jolicoeur-Martineau 2018, section 4; the author's code halves the sum. The averages
    are over this batch, and the gradient flows through them. Only differences of logits count.
    """
    real_loss = F.softplus(fake_logits.mean() - real_logits)
    fake_loss = F.softplus(fake_logits - real_logits.mean())
    return real_loss.mean() + fake_loss.mean()


def generator_loss(fake_logits: Tensor, real_logits: Tensor) -> Tensor:
    """The same with real and fake exchanged, of logits [B]: real samples matter to G as well."""
    fake_loss = F.softplus(real_logits.mean() - fake_logits)
    real_loss = F.softplus(real_logits - fake_logits.mean())
    return fake_loss.mean() + real_loss.mean()
