"""Tests of R2 for the projects that use it."""

import torch

from losses import r2


def test_r2_is_the_squared_norm_of_each_fake() -> None:
    """For D(x) = s * sum(x) with a scale s per sample the squared norm is s^2 * size."""
    scales = torch.tensor([0.0, 1.0])
    penalty = r2(lambda x: scales * x.flatten(1).sum(1), torch.randn(2, 3, 4, 4), weight=2.0)
    assert torch.allclose(penalty, (scales.square() * 48).mean())
