"""Tests of orthogonal regularisation for the projects that use it."""

import torch
from torch import nn

from losses import orthogonal


def test_orthogonal_leaves_filters_alone_that_are_at_right_angles() -> None:
    layer = nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 5.0]]))
        assert orthogonal(nn.Sequential(layer), weight=1.0) == 0
        layer.weight[1, 0] = 1.0
        assert orthogonal(nn.Sequential(layer), weight=1.0) == 2 * 3**2
