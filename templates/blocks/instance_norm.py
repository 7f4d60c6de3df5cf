"""Instance normalisation (Ulyanov et al. 2016, arXiv:1607.08022)."""

from torch import nn

SHAPES = {
    "instance_norm_2d": "channels, height, width -> "
    "channels, *at_least((height, width), 2, 'instance norm')",
    "instance_norm_1d": "channels, length -> " "channels, *at_least((length,), 2, 'instance norm')",
    "instance_norm_3d": "channels, depth, height, width -> "
    "channels, *at_least((depth, height, width), 2, 'instance norm')",
}
PARAMETERS = "2 * channels * affine"
HELP = "add `reshape` before it: instance norm works on [channels, height, width]"


def instance_norm_2d(channels: int, *, affine: bool = False) -> nn.Module:
    """x [B, channels, H, W], each channel of each sample normalised over height and width.

    Args:
        affine: whether scale and shift of each channel are learnt
    """
    return nn.InstanceNorm2d(channels, affine=affine)


def instance_norm_1d(channels: int, *, affine: bool = False) -> nn.Module:
    """x [B, channels, L], each channel of each sample normalised over its length.

    Args:
        affine: whether scale and shift of each channel are learnt
    """
    return nn.InstanceNorm1d(channels, affine=affine)


def instance_norm_3d(channels: int, *, affine: bool = False) -> nn.Module:
    """x [B, channels, D, H, W], each channel of each sample normalised over all positions.

    Args:
        affine: whether scale and shift of each channel are learnt
    """
    return nn.InstanceNorm3d(channels, affine=affine)
