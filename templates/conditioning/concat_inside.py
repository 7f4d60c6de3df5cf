"""The condition joined to coarse maps (Zhang et al. 2017, StackGAN, arXiv:1612.03242).

It is compressed to a short vector, repeated at every position and appended to the channels where
the network has a `concat_point`: in the middle, where the maps are small (sections 3.3 and 3.4).
"""

from typing import Annotated

import torch
from _conditional import Conditional
from annotated_types import Ge, Le
from torch import Tensor, nn

FLOW = "layers"  # the condition goes to the layers that take the place of those in REPLACES
REPLACES = ["concat_point"]
TAKES_CONDITION = True
SHAPES = {
    "join_label": "channels, height, width -> channels + dim, height, width",
}
VECTOR_SHAPES = {
    "join_vector": "channels, height, width -> "
    "channels + (dim if compress else condition_dim), height, width",
}
PARAMETERS = {
    "join_label": "num_classes * dim",
    "join_vector": "(condition_dim + 1) * dim * compress",
}

Dim = Annotated[int, Ge(1), Le(4096)]


def join_label(num_classes: int, *, dim: Dim = 128) -> nn.Module:
    """x [B, C, H, W], condition [B] -> [B, C + dim, H, W].

    Args:
        dim: channels that the condition takes
    """
    return JoinLabel(num_classes, dim)


def join_vector(condition_dim: int, *, dim: Dim = 128, compress: bool = True) -> nn.Module:
    """x [B, C, H, W], condition [B, N] -> [B, C + dim, H, W].

    Args:
        dim: channels that the condition takes
        compress: whether a fully connected layer brings a vector to `dim` values, or all are taken
    """
    return JoinVector(condition_dim, dim, compress)


class JoinLabel(Conditional):
    """Append a learnt embedding of the label to every position."""

    def __init__(self, num_classes: int, dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, dim)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return _appended(x, self.embedding(condition))


class JoinVector(Conditional):
    """Append the vector, or what a fully connected layer makes of it, to every position."""

    def __init__(self, condition_dim: int, dim: int, compress: bool) -> None:
        super().__init__()
        layers = [nn.Linear(condition_dim, dim), nn.LeakyReLU(0.2)] if compress else []
        self.compress = nn.Sequential(*layers)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return _appended(x, self.compress(condition.to(x.dtype)))


def _appended(x: Tensor, code: Tensor) -> Tensor:
    """x [B, C, H, W], code [B, N] -> [B, C + N, H, W]."""
    return torch.cat([x, code[:, :, None, None].expand(-1, -1, *x.shape[2:])], dim=1)
