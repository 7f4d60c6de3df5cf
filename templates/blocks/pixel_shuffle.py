"""Channels become pixels, behind a sub-pixel convolution (Shi et al. 2016, arXiv:1609.05158)."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = (
    "channels, height, width -> divides(factor ** 2, channels) // factor ** 2, "
    "factor * height, factor * width"
)
RANGE = "keeps"
HELP = "add `reshape` before it: it works on [channels, height, width]"


def pixel_shuffle(*, factor: Annotated[int, Ge(2), Le(16)] = 2) -> nn.Module:
    """x [B, C, H, W] -> [B, C / factor^2, factor * H, factor * W].

    Args:
        factor: how much larger the map becomes along each axis
    """
    return nn.PixelShuffle(factor)
