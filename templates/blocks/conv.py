"""2-D convolution."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

Size = Annotated[int, Ge(1), Le(1024)] | tuple[Annotated[int, Ge(1), Le(1024)], ...]
Padding = Annotated[int, Ge(0), Le(512)] | tuple[Annotated[int, Ge(0), Le(512)], ...]

SHAPE = "in_channels, height, width -> channels, *conv((height, width), kernel, stride, padding)"
PARAMETERS = "in_channels * channels * area(kernel) + bias * channels"
GIVES = ["weight"]
HELP = "add `reshape` before it: a convolution works on [channels, height, width]"


def conv(
    in_channels: int,
    *,
    channels: Annotated[int, Ge(1), Le(2**16)],
    kernel: Size = 3,
    stride: Size = 1,
    padding: Padding = 0,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_channels, H, W] -> [B, channels, (H + 2 * padding - kernel) // stride + 1, ...].

    Args:
        channels: number of output channels
        kernel: height and width of the kernel, one number or [height, width]
        stride: step of the kernel, one number or [height, width]
        padding: zeros added on every side, one number or [height, width]
        bias: whether a learnt constant is added to each channel
    """
    return nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=padding, bias=bias)
