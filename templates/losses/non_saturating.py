"""Non-saturating loss, the usual one (Goodfellow et al. 2014, arXiv:1406.2661)."""

from typing import Annotated

import torch.nn.functional as F
from _cross_entropy import cross_entropy
from annotated_types import Ge, Gt, Le, Lt
from torch import Tensor

GIVES = ["discriminator:probabilities"]
FORBIDS = {
    "discriminator:bounded_output": "the non-saturating loss applies the sigmoid itself",
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
