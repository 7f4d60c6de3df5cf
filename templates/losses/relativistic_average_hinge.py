"""Relativistic average hinge loss, RaHingeGAN (Jolicoeur-Martineau 2018, arXiv:1807.00734)."""

import torch.nn.functional as F
from torch import Tensor

FORBIDS = {
    "discriminator:bounded_output": "the hinge needs logits whose differences exceed its margins"
}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Real logits [B] 1 above the fakes' average, fake ones 1 below the real average.

    The averages are over this batch, and the gradient flows through them;
    the author's code halves the sum.
    """
    real_loss = F.relu(1 - (real_logits - fake_logits.mean()))
    fake_loss = F.relu(1 + (fake_logits - real_logits.mean()))
    return real_loss.mean() + fake_loss.mean()


def generator_loss(fake_logits: Tensor, real_logits: Tensor) -> Tensor:
    """The same with real and fake exchanged, of logits [B]: real samples matter to G as well."""
    fake_loss = F.relu(1 - (fake_logits - real_logits.mean()))
    real_loss = F.relu(1 + (real_logits - fake_logits.mean()))
    return fake_loss.mean() + real_loss.mean()
