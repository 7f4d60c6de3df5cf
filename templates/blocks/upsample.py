"""Upsampling by interpolation, without weights."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from torch import nn

SHAPE = "channels, length, *size -> channels, *interpolated((length, *size), scale, mode)"
HELP = "add `reshape` before it: upsampling works on [channels, height, width]"


def upsample(
    *,
    scale: Annotated[int, Ge(1), Le(64)] = 2,
    mode: Literal["nearest", "linear", "bilinear", "trilinear"] = "nearest",
) -> nn.Module:
    """x [B, C, L, ...] -> [B, C, scale * L, ...].

    Args:
        scale: how much larger the map becomes along each axis
        mode: how values in between are found; linear is for signals, bilinear for images,
            trilinear for volumes (all as PyTorch's align_corners=False)
    """
    return nn.Upsample(scale_factor=scale, mode=mode)
