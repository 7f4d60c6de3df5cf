"""Max pooling: each output is the largest value of a window."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPES = {
    "max_pool_2d": "channels, height, width -> channels, *conv((height, width), kernel, kernel)",
    "max_pool_1d": "channels, length -> channels, *conv((length,), kernel, kernel)",
    "max_pool_3d": "channels, depth, height, width -> "
    "channels, *conv((depth, height, width), kernel, kernel)",
}
HELP = "add `reshape` before it: pooling works on [channels, height, width]"


def max_pool_2d(*, kernel: Annotated[int, Ge(1), Le(1024)] = 2) -> nn.Module:
    """x [B, C, H, W] -> [B, C, H // kernel, W // kernel].

    Args:
        kernel: side of the window, and its step
    """
    return nn.MaxPool2d(kernel)


def max_pool_1d(*, kernel: Annotated[int, Ge(1), Le(1024)] = 2) -> nn.Module:
    """x [B, C, L] -> [B, C, L // kernel].

    Args:
        kernel: side of the window, and its step
    """
    return nn.MaxPool1d(kernel)


def max_pool_3d(*, kernel: Annotated[int, Ge(1), Le(1024)] = 2) -> nn.Module:
    """x [B, C, D, H, W] -> [B, C, D // kernel, H // kernel, W // kernel].

    Args:
        kernel: side of the window, and its step
    """
    return nn.MaxPool3d(kernel)
