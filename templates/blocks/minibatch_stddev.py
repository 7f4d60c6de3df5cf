"""Minibatch standard deviation (Karras et al. 2018, arXiv:1710.10196), in groups (StyleGAN)."""

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor, nn

SHAPE = "channels, *size -> channels + 1, *size"
GIVES = ["batch_comparison"]


def minibatch_stddev(*, group: Annotated[int, Ge(1)] = 4) -> nn.Module:
    """x [B, channels, ...] -> [B, channels + 1, ...].

    Args:
        group: samples that are compared; the largest number up to it that divides the batch
    """
    return MinibatchStddev(group)


class MinibatchStddev(nn.Module):
    """Append how much the samples of a group differ, as one more constant channel.

    The standard deviation of every value over the group, averaged over all values (ProGAN,
    section 3). Samples of a group are B / group apart, as in StyleGAN2.
    """

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        batch = len(x)
        group = next(n for n in range(min(self.group, batch), 0, -1) if batch % n == 0)
        values = x.reshape(group, batch // group, -1)  # [G, B / G, values]
        spread = (values.var(0, unbiased=False) + 1e-8).sqrt().mean(1)  # [B / G]
        channel = spread.repeat(group).reshape(batch, *[1] * (x.dim() - 1))
        return torch.cat([x, channel.expand(-1, 1, *x.shape[2:])], dim=1)
