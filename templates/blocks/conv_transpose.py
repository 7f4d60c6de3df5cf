"""Transposed convolution, the usual learnt upsampling of a generator."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

Size = Annotated[int, Ge(1), Le(1024)] | tuple[Annotated[int, Ge(1), Le(1024)], ...]
Padding = Annotated[int, Ge(0), Le(512)] | tuple[Annotated[int, Ge(0), Le(512)], ...]

SHAPES = {
    "conv_transpose_2d": "in_channels, height, width -> "
    "channels, *conv_transpose((height, width), kernel, stride, padding, output_padding)",
    "conv_transpose_1d": "in_channels, length -> "
    "channels, *conv_transpose((length,), kernel, stride, padding, output_padding)",
    "conv_transpose_3d": "in_channels, depth, height, width -> "
    "channels, *conv_transpose((depth, height, width), kernel, stride, padding, output_padding)",
}
PARAMETERS = {
    "conv_transpose_2d": "in_channels * channels * area(kernel, 2) + bias * channels",
    "conv_transpose_1d": "in_channels * channels * area(kernel, 1) + bias * channels",
    "conv_transpose_3d": "in_channels * channels * area(kernel, 3) + bias * channels",
}
GIVES = ["weight"]
HELP = "add `reshape` before it: a convolution works on [channels, height, width]"


def conv_transpose_2d(
    in_channels: int,
    *,
    channels: Annotated[int, Ge(1), Le(2**16)],
    kernel: Size = 4,
    stride: Size = 1,
    padding: Padding = 0,
    output_padding: Padding = 0,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_channels, H, W] -> [B, channels, H', W'].

    H' = (H - 1) * stride - 2 * padding + kernel + output_padding, likewise the other sizes.

    Args:
        channels: number of output channels
        kernel: size of the kernel, one number or one for each axis, e.g. [height, width]
        stride: how much larger the output is, one number or one for each axis
        padding: rows and columns cut from every side, one number or one for each axis
        output_padding: rows and columns added at the end, smaller than the stride
        bias: whether a learnt constant is added to each channel
    """
    return nn.ConvTranspose2d(
        in_channels,
        channels,
        kernel,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        bias=bias,
    )


def conv_transpose_1d(
    in_channels: int,
    *,
    channels: Annotated[int, Ge(1), Le(2**16)],
    kernel: Size = 4,
    stride: Size = 1,
    padding: Padding = 0,
    output_padding: Padding = 0,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_channels, L] -> [B, channels, L'].

    L' = (L - 1) * stride - 2 * padding + kernel + output_padding.

    Args:
        channels: number of output channels
        kernel: size of the kernel, one number or one for each axis, e.g. [height, width]
        stride: how much larger the output is, one number or one for each axis
        padding: rows and columns cut from every side, one number or one for each axis
        output_padding: rows and columns added at the end, smaller than the stride
        bias: whether a learnt constant is added to each channel
    """
    return nn.ConvTranspose1d(
        in_channels,
        channels,
        kernel,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        bias=bias,
    )


def conv_transpose_3d(
    in_channels: int,
    *,
    channels: Annotated[int, Ge(1), Le(2**16)],
    kernel: Size = 4,
    stride: Size = 1,
    padding: Padding = 0,
    output_padding: Padding = 0,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_channels, D, H, W] -> [B, channels, D', H', W'].

    D' = (D - 1) * stride - 2 * padding + kernel + output_padding, likewise the other sizes.

    Args:
        channels: number of output channels
        kernel: size of the kernel, one number or one for each axis, e.g. [height, width]
        stride: how much larger the output is, one number or one for each axis
        padding: rows and columns cut from every side, one number or one for each axis
        output_padding: rows and columns added at the end, smaller than the stride
        bias: whether a learnt constant is added to each channel
    """
    return nn.ConvTranspose3d(
        in_channels,
        channels,
        kernel,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        bias=bias,
    )
