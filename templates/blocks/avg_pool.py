"""Average pooling: each output is the mean of a window."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPES = {
    "avg_pool_2d": "channels, height, width -> channels, *conv((height, width), kernel, kernel)",
    "avg_pool_1d": "channels, length -> channels, *conv((length,), kernel, kernel)",
    "avg_pool_3d": "channels, depth, height, width -> "
    "channels, *conv((depth, height, width), kernel, kernel)",
}
HELP = "add `reshape` before it: pooling works on [channels, height, width]"


def avg_pool_2d(*, kernel: Annotated[int, Ge(1), Le(1024)] = 2) -> nn.Module:
    """x [B, C, H, W] -> [B, C, H // kernel, W // kernel].

    Args:
        kernel: side of the window, and its step
    """
    return nn.AvgPool2d(kernel)


def avg_pool_1d(*, kernel: Annotated[int, Ge(1), Le(1024)] = 2) -> nn.Module:
    """x [B, C, L] -> [B, C, L // kernel].

    Args:
        kernel: side of the window, and its step
    """
    return nn.AvgPool1d(kernel)


def avg_pool_3d(*, kernel: Annotated[int, Ge(1), Le(1024)] = 2) -> nn.Module:
    """x [B, C, D, H, W] -> [B, C, D // kernel, H // kernel, W // kernel].

    Args:
        kernel: side of the window, and its step
    """
    return nn.AvgPool3d(kernel)
