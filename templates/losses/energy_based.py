"""Energy-based loss with a margin, EBGAN (Zhao, Mathieu & LeCun 2016, arXiv:1609.03126)."""

from typing import Annotated

import torch.nn.functional as F
from annotated_types import Gt
from torch import Tensor

NEEDS = {"discriminator:energy": "the loss is on energies: reconstruction errors of an autoencoder"}


def discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor, *, margin: Annotated[float, Gt(0)] = 1.0
) -> Tensor:
    """E[energy(x)] + E[max(0, margin - energy(G(z)))] (Zhao 2016, eq. 1); logits [B] = -energy.

    Args:
        margin: m in eq. 1, energy up to which fakes are pushed; in the unit of the energy, so a
            sum over values needs a margin as many times larger than their mean does.
    """
    return F.relu(margin + fake_logits).mean() - real_logits.mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """E[energy(G(z))] (Zhao 2016, eq. 2), of logits [B] = -energy."""
    return -fake_logits.mean()
