"""What each network minimises, from logits [B] to a scalar. Pure functions."""

import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, *, real_label: float = 1.0
) -> Tensor:
    """Cross-entropy of telling real from fake, of logits [B] (Goodfellow 2014, eq. 1).

    Args:
        real_label: target for real samples; 0.9 is the one-sided label smoothing of Salimans
            et al. 2016 (arXiv:1606.03498, section 3.4). Fakes always have target 0.
    """
    real_loss = real_label * F.softplus(-real_logits) + (1 - real_label) * F.softplus(real_logits)
    return real_loss.mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-E[log D(G(z))]: same fixed point as minimax, with a gradient that does not vanish.

    Of logits [B]; Goodfellow et al. 2014, section 3.
    """
    return F.softplus(-fake_logits).mean()
