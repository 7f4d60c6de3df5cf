"""Relativistic average least squares, RaLSGAN (Jolicoeur-Martineau 2018, arXiv:1807.00734)."""

from torch import Tensor

FORBIDS = {"discriminator:bounded_output": "least squares draws differences of raw outputs to 1"}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Real logits [B] drawn to 1 above the fakes' average, fake ones to 1 below the real average.

    The averages are over this batch, and the gradient flows through them.
    """
    real_loss = (real_logits - fake_logits.mean() - 1).square()
    fake_loss = (fake_logits - real_logits.mean() + 1).square()
    return real_loss.mean() + fake_loss.mean()


def generator_loss(fake_logits: Tensor, real_logits: Tensor) -> Tensor:
    """The same with real and fake exchanged, of logits [B]: real samples matter to G as well."""
    fake_loss = (fake_logits - real_logits.mean() - 1).square()
    real_loss = (real_logits - fake_logits.mean() + 1).square()
    return fake_loss.mean() + real_loss.mean()
