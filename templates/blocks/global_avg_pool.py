"""Mean over all positions: one number per channel."""

from torch import nn

SHAPES = {
    "global_avg_pool_2d": "channels, height, width -> channels, 1, 1",
    "global_avg_pool_1d": "channels, length -> channels, 1",
    "global_avg_pool_3d": "channels, depth, height, width -> channels, 1, 1, 1",
}
HELP = "add `reshape` before it: pooling works on [channels, height, width]"


def global_avg_pool_2d() -> nn.Module:
    """x [B, C, H, W] -> [B, C, 1, 1]."""
    return nn.AdaptiveAvgPool2d(1)


def global_avg_pool_1d() -> nn.Module:
    """x [B, C, L] -> [B, C, 1]."""
    return nn.AdaptiveAvgPool1d(1)


def global_avg_pool_3d() -> nn.Module:
    """x [B, C, D, H, W] -> [B, C, 1, 1, 1]."""
    return nn.AdaptiveAvgPool3d(1)
