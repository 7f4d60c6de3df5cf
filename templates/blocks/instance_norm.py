"""Instance normalisation (Ulyanov et al. 2016, arXiv:1607.08022)."""

from torch import nn

SHAPE = "channels, height, width -> channels, *at_least((height, width), 2, 'instance norm')"
PARAMETERS = "2 * channels * affine"
HELP = "add `reshape` before it: instance norm works on [channels, height, width]"


def instance_norm(channels: int, *, affine: bool = False) -> nn.Module:
    """x [B, channels, H, W], each channel of each sample normalised over height and width.

    Args:
        affine: whether scale and shift of each channel are learnt
    """
    return nn.InstanceNorm2d(channels, affine=affine)
