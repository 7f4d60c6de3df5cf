"""What each network minimises, from logits [B] to a scalar. Pure functions."""

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_entropy(logits: Tensor, label: float, other: float, flip: float) -> Tensor:
    """Mean cross-entropy of logits [B] with `label`; a sample has `other` with chance `flip`."""
    target = torch.full_like(logits, label)
    if flip > 0:
        target = torch.where(torch.rand_like(logits) < flip, other, target)
    return F.binary_cross_entropy_with_logits(logits, target)


def discriminator_loss(
    real_logits: Tensor,
    fake_logits: Tensor,
    *,
    real_label: float = 1.0,
    fake_label: float = 0.0,
    flip: float = 0.0,
) -> Tensor:
    """Cross-entropy of telling real from fake, of logits [B] (Goodfellow 2014, eq. 1).

    With labels 1 and 0 this is E[softplus(-D(x))] + E[softplus(D(G(z)))], the "logistic" loss.

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
    """-E[log D(G(z))]: same fixed point as minimax, with a gradient that does not vanish.

    Of logits [B]: E[softplus(-D(G(z)))]; Goodfellow et al. 2014, section 3.
    """
    return F.softplus(-fake_logits).mean()
