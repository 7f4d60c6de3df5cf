"""Sum over all positions: one number per channel, the end of SNGAN's residual discriminators."""

from torch import Tensor, nn

SHAPE = "channels, length, *size -> channels"
HELP = "add `reshape` before it: pooling works on [channels, height, width]"


def global_sum_pool() -> nn.Module:
    """x [B, C, L, ...] -> [B, C]."""
    return GlobalSumPool()


class GlobalSumPool(nn.Module):
    """x [B, C, ...] -> [B, C], each channel summed over all positions."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).sum(2)
