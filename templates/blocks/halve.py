"""Average pooling by two that also keeps the last row and column of an odd map."""

from torch import nn

SHAPE = "channels, height, width -> channels, (height + 1) // 2, (width + 1) // 2"
HELP = "add `reshape` before it: pooling works on [channels, height, width]"


def halve() -> nn.Module:
    """x [B, C, H, W] -> [B, C, ceil(H / 2), ceil(W / 2)]; windows at the end hold what is left."""
    return nn.AvgPool2d(2, ceil_mode=True)
