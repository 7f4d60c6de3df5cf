"""Tests of the gradient penalty for the projects that use it."""

import torch

from losses import gradient_penalty


def test_gradient_penalty_takes_the_norm_of_each_sample() -> None:
    """For D(x) = s * sum(x) with a scale s per sample the norm is s * sqrt(size), whatever x is."""
    scales = torch.tensor([0.0, 1.0])
    real, fake = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    penalty = gradient_penalty(
        lambda x: scales * x.flatten(1).sum(1), real, fake, weight=2.0, target=1.0, sided="two"
    )
    norms = scales * 48**0.5
    assert torch.allclose(penalty, 2 * (norms - 1).square().mean())
