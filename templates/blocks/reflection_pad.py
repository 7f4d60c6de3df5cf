"""Padding by reflection: convolutions behind it see no border of zeros."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = "channels, height, width -> channels, *reflected((height, width), padding)"
HELP = "add `reshape` before it: it works on [channels, height, width]"


def reflection_pad(*, padding: Annotated[int, Ge(1), Le(512)] = 1) -> nn.Module:
    """x [B, C, H, W] -> [B, C, H + 2 * padding, W + 2 * padding].

    Args:
        padding: rows and columns added on every side; fewer than the map has
    """
    return nn.ReflectionPad2d(padding)
