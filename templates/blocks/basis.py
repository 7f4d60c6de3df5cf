"""A learnt map for each channel, weighted by what comes in (R3GAN, arXiv:2501.05441)."""

from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

SHAPE = "channels -> channels, *size"
PARAMETERS = "channels * prod(size)"
HELP = "add `flatten` before it"

Side = Annotated[int, Ge(1), Le(2**16)]


def basis(channels: int, *, size: tuple[Side, Side] = (4, 4)) -> nn.Module:
    """x [B, channels] -> [B, channels, *size].

    Args:
        size: of the maps, [height, width]
    """
    return Basis(channels, size=size)


class Basis(nn.Module):
    """x [B, C] -> [B, C, H, W], each value times its channel's map; the maps start as noise."""

    def __init__(self, channels: int, *, size: tuple[int, int] = (4, 4)) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.randn(channels, *size))

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, None, None] * self.maps
