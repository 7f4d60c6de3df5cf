"""Interpolation to an exact size, for maps that are not a multiple of the next coarser one."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from torch import nn

SHAPE = "channels, height, width -> channels, *size"
HELP = "add `reshape` before it: it works on [channels, height, width]"

Side = Annotated[int, Ge(1), Le(2**16)]


def resize(
    *, size: tuple[Side, Side], mode: Literal["nearest", "bilinear"] = "nearest"
) -> nn.Module:
    """x [B, C, H, W] -> [B, C, *size].

    Args:
        size: of the output, [height, width]
        mode: how values in between are found
    """
    return nn.Upsample(size, mode=mode)
