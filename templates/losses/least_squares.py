"""Least-squares loss, LSGAN (Mao et al. 2017, arXiv:1611.04076)."""

from torch import Tensor

FORBIDS = {
    "discriminator:bounded_output": "least squares regresses the raw output on its labels",
    "discriminator:energy": "minus an energy is never positive and cannot reach the label of real",
}


def discriminator_loss(
    real_logits: Tensor,
    fake_logits: Tensor,
    *,
    real_label: float = 1.0,
    fake_label: float = 0.0,
) -> Tensor:
    """Half the squared distance of logits [B] to their labels (Mao 2017, eq. 2).

    Args:
        real_label: b, what the discriminator should answer for real samples.
        fake_label: a, what it should answer for fakes.
    """
    real_loss = (real_logits - real_label).square().mean()
    fake_loss = (fake_logits - fake_label).square().mean()
    return 0.5 * (real_loss + fake_loss)


def generator_loss(fake_logits: Tensor, *, target_label: float = 1.0) -> Tensor:
    """Half the squared distance of the fakes' logits [B] to the target (Mao 2017, eq. 2).

    The defaults (a = 0, b = c = 1) are eq. 9. With a = -1, b = 1, c = 0, eq. 8, the pair of
    losses minimises the Pearson chi-squared divergence.

    Args:
        target_label: c, what the generator wants the discriminator to answer for fakes.
    """
    return 0.5 * (fake_logits - target_label).square().mean()
