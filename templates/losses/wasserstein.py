"""Wasserstein loss, WGAN (Arjovsky, Chintala & Bottou 2017, arXiv:1701.07875)."""

from torch import Tensor

NEEDS = {
    "discriminator:lipschitz": "a critic without a Lipschitz bound can lower this loss for ever"
}
FORBIDS = {"discriminator:bounded_output": "a Wasserstein critic must be unbounded"}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Minus the critic's estimate of the Wasserstein distance (Arjovsky 2017, eq. 3).

    The "logits" [B] are plain scores here: the critic has no sigmoid.
    """
    return fake_logits.mean() - real_logits.mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-E[f(G(z))] of scores [B]: the distance's gradient for G (Arjovsky 2017, theorem 3)."""
    return -fake_logits.mean()
