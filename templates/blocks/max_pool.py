"""Max pooling: each output is the largest value of a window."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = "channels, height, width -> channels, *conv((height, width), kernel, kernel)"
HELP = "add `reshape` before it: pooling works on [channels, height, width]"


def max_pool(*, kernel: Annotated[int, Ge(1), Le(1024)] = 2) -> nn.Module:
    """x [B, C, H, W] -> [B, C, H // kernel, W // kernel].

    Args:
        kernel: side of the window, and its step
    """
    return nn.MaxPool2d(kernel)
