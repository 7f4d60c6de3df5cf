"""Tests of DRAGAN's penalty for the projects that use it."""

import torch

from losses import dragan


def test_dragan_takes_the_norm_of_each_sample() -> None:
    """For D(x) = s * sum(x) with a scale s per sample the norm is s * sqrt(size), whatever x is."""
    scales = torch.tensor([0.0, 1.0])
    penalty = dragan(
        lambda x: scales * x.flatten(1).sum(1),
        torch.randn(2, 3, 4, 4),
        weight=2.0,
        target=1.0,
        noise=0.5,
    )
    norms = scales * 48**0.5
    assert torch.allclose(penalty, 2 * (norms - 1).square().mean())
