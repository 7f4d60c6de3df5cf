"""Convolution over signals, images or volumes."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

Size = Annotated[int, Ge(1), Le(1024)] | tuple[Annotated[int, Ge(1), Le(1024)], ...]
Padding = Annotated[int, Ge(0), Le(512)] | tuple[Annotated[int, Ge(0), Le(512)], ...]

SHAPES = {
    "conv_2d": "in_channels, height, width -> "
    "grouped(groups, in_channels, channels), "
    "*conv((height, width), kernel, stride, padding)",
    "conv_1d": "in_channels, length -> "
    "grouped(groups, in_channels, channels), "
    "*conv((length,), kernel, stride, padding)",
    "conv_3d": "in_channels, depth, height, width -> "
    "grouped(groups, in_channels, channels), "
    "*conv((depth, height, width), kernel, stride, padding)",
}
PARAMETERS = {
    "conv_2d": "in_channels // groups * channels * area(kernel, 2) + bias * channels",
    "conv_1d": "in_channels // groups * channels * area(kernel, 1) + bias * channels",
    "conv_3d": "in_channels // groups * channels * area(kernel, 3) + bias * channels",
}
GIVES = ["weight"]
HELP = "add `reshape` before it: a convolution works on [channels, height, width]"


def conv_2d(
    in_channels: int,
    *,
    channels: Annotated[int, Ge(1), Le(2**16)],
    kernel: Size = 3,
    stride: Size = 1,
    padding: Padding = 0,
    groups: Annotated[int, Ge(1), Le(2**16)] = 1,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_channels, H, W] -> [B, channels, (H + 2 * padding - kernel) // stride + 1, ...].

    Args:
        channels: number of output channels
        kernel: size of the kernel, one number or one for each axis, e.g. [height, width]
        stride: step of the kernel, one number or one for each axis
        padding: zeros added on every side, one number or one for each axis
        groups: parts that the channels are split into, each with its own kernels
        bias: whether a learnt constant is added to each channel
    """
    return nn.Conv2d(
        in_channels,
        channels,
        kernel,
        stride=stride,
        padding=padding,
        groups=groups,
        bias=bias,
    )


def conv_1d(
    in_channels: int,
    *,
    channels: Annotated[int, Ge(1), Le(2**16)],
    kernel: Size = 3,
    stride: Size = 1,
    padding: Padding = 0,
    groups: Annotated[int, Ge(1), Le(2**16)] = 1,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_channels, L] -> [B, channels, (L + 2 * padding - kernel) // stride + 1].

    Args:
        channels: number of output channels
        kernel: size of the kernel, one number or one for each axis, e.g. [height, width]
        stride: step of the kernel, one number or one for each axis
        padding: zeros added on every side, one number or one for each axis
        groups: parts that the channels are split into, each with its own kernels
        bias: whether a learnt constant is added to each channel
    """
    return nn.Conv1d(
        in_channels,
        channels,
        kernel,
        stride=stride,
        padding=padding,
        groups=groups,
        bias=bias,
    )


def conv_3d(
    in_channels: int,
    *,
    channels: Annotated[int, Ge(1), Le(2**16)],
    kernel: Size = 3,
    stride: Size = 1,
    padding: Padding = 0,
    groups: Annotated[int, Ge(1), Le(2**16)] = 1,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_channels, D, H, W] -> [B, channels, (D + 2 * padding - kernel) // stride + 1, ...].

    Args:
        channels: number of output channels
        kernel: size of the kernel, one number or one for each axis, e.g. [height, width]
        stride: step of the kernel, one number or one for each axis
        padding: zeros added on every side, one number or one for each axis
        groups: parts that the channels are split into, each with its own kernels
        bias: whether a learnt constant is added to each channel
    """
    return nn.Conv3d(
        in_channels,
        channels,
        kernel,
        stride=stride,
        padding=padding,
        groups=groups,
        bias=bias,
    )
