"""Layer normalisation (Ba et al. 2016, arXiv:1607.06450), the norm of gradient-penalty critics."""

from torch import nn

SHAPES = {
    "layer_norm_1d": "channels -> channels",
    "layer_norm_maps": "channels, *size -> channels, *size",
}
PARAMETERS = "2 * channels"


def layer_norm_1d(channels: int) -> nn.Module:
    """x [B, channels], each sample normalised over its features."""
    return nn.LayerNorm(channels)


def layer_norm_maps(channels: int) -> nn.Module:
    """x [B, channels, ...], each sample normalised over all values, scaled per channel."""
    return nn.GroupNorm(1, channels)
