"""Convolution that draws its weights from N(0, gain^2 / fan-in) (He et al. 2015, eq. 10).

For networks without norms, where the scale of the weights is part of the architecture: R3GAN (Huang
et al. 2024, arXiv:2501.05441) ends its residual branches in weights of 0, as Fixup does (Zhang et
al. 2019, arXiv:1901.09321). An initialiser in the spec would draw over them.
"""

from math import prod
from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

Kernel = Annotated[int, Ge(1), Le(2**16)]
Size = Kernel | tuple[Kernel, Kernel]

SHAPE = """in_channels, height, width ->
grouped(groups, in_channels, channels),
*conv((height, width), kernel, 1, padding)"""
PARAMETERS = "in_channels // groups * channels * area(kernel) + bias * channels"
GIVES = ["weight"]
STARTS_AT_ZERO = "gain == 0"
HELP = "add `reshape` before it: a convolution works on [channels, height, width]"


def scaled_conv(
    in_channels: int,
    *,
    channels: Annotated[int, Ge(1), Le(2**16)],
    kernel: Size = 1,
    gain: Annotated[float, Ge(0), Le(1024)] = 1.0,
    padding: Annotated[int, Ge(0), Le(512)] = 0,
    groups: Annotated[int, Ge(1), Le(2**16)] = 1,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_channels, H, W] -> [B, channels, H + 2 * padding - kernel + 1, ...].

    Args:
        channels: number of output channels
        kernel: height and width of the kernel, one number or [height, width]
        gain: standard deviation of the weights, times the root of the fan-in
        padding: zeros added on every side
        groups: parts that the channels are split into, each with its own kernels
        bias: whether a learnt constant, at first 0, is added to each channel
    """
    return ScaledConv(
        in_channels,
        channels,
        kernel,
        gain=gain,
        padding=padding,
        groups=groups,
        bias=bias,
    )


class ScaledConv(nn.Conv2d):
    """A convolution with weights from N(0, gain^2 / fan-in) and zero biases."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int | tuple[int, int],
        *,
        gain: float = 1.0,
        padding: int = 0,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, channels, kernel, padding=padding, groups=groups, bias=bias)
        fan_in = prod(self.weight.shape[1:])
        nn.init.normal_(self.weight, 0.0, gain / fan_in**0.5)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
