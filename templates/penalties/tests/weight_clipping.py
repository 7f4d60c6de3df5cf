"""Tests of weight clipping for the projects that use it."""

from torch import nn

from losses import weight_clipping


def test_weight_clipping_bounds_every_parameter() -> None:
    module = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))
    weight_clipping(module, limit=0.01)
    assert max(parameter.abs().max().item() for parameter in module.parameters()) <= 0.01
