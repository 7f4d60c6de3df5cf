"""Tests of the IBM GAN Toolkit's gradient penalty for the projects that use it."""

import torch

from losses import ibm_gradient_penalty


def test_ibm_gradient_penalty_takes_the_norm_over_channels_at_every_pixel() -> None:
    """As the toolkit does: for D(x) = s * sum(x) it is s * sqrt(channels), not s * sqrt(size)."""
    scales = torch.tensor([0.0, 1.0])
    real, fake = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    penalty = ibm_gradient_penalty(lambda x: scales * x.flatten(1).sum(1), real, fake, weight=2.0)
    norms = scales * 3**0.5
    assert torch.allclose(penalty, 2 * (norms - 1).square().mean())
