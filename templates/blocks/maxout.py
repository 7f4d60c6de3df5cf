"""Maxout layer: the largest of several linear maps (Goodfellow et al. 2013, arXiv:1302.4389)."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import Tensor, nn

SHAPE = "in_features -> features"
PARAMETERS = "in_features * features * pieces + bias * features * pieces"
GIVES = ["weight"]
HELP = "add `flatten` before it"


def maxout(
    in_features: int,
    *,
    features: Annotated[int, Ge(1), Le(2**20)],
    pieces: Annotated[int, Ge(1), Le(64)] = 5,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_features] -> [B, features].

    Args:
        features: number of output features
        pieces: linear maps of which each output is the largest; in place of an activation
        bias: whether a learnt constant is added to each map
    """
    return Maxout(in_features, features, pieces, bias=bias)


class Maxout(nn.Linear):
    """x [B, in_features] -> [B, features], each the largest of `pieces` linear maps of x."""

    def __init__(self, in_features: int, features: int, pieces: int, bias: bool = True) -> None:
        super().__init__(in_features, features * pieces, bias=bias)
        self.pieces = pieces

    def forward(self, input: Tensor) -> Tensor:
        maps: Tensor = super().forward(input)  # [B, features * pieces]
        return maps.view(len(maps), -1, self.pieces).amax(2)
