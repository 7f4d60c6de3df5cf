"""Upsampling by interpolation, without weights."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from torch import nn

SHAPE = "channels, height, width -> channels, scale * height, scale * width"
HELP = "add `reshape` before it: upsampling works on [channels, height, width]"


def upsample(
    *, scale: Annotated[int, Ge(1), Le(64)] = 2, mode: Literal["nearest", "bilinear"] = "nearest"
) -> nn.Module:
    """x [B, C, H, W] -> [B, C, scale * H, scale * W].

    Args:
        scale: how much larger height and width become
        mode: how values in between are found
    """
    return nn.Upsample(scale_factor=scale, mode=mode)
