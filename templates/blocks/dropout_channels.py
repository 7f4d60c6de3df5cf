"""Dropout of whole channels (Tompson et al. 2015, arXiv:1411.4280), for maps."""

from typing import Annotated

from annotated_types import Ge, Lt
from torch import nn

SHAPES = {
    "dropout_channels_2d": "channels, height, width -> channels, height, width",
    "dropout_channels_1d": "channels, length -> channels, length",
    "dropout_channels_3d": "channels, depth, height, width -> channels, depth, height, width",
}
RANGE = "keeps"
HELP = "use `dropout` for vectors"


def dropout_channels_2d(*, p: Annotated[float, Ge(0), Lt(1)] = 0.5) -> nn.Module:
    """x [B, C, H, W], each channel of a sample zeroed with probability p while training.

    Args:
        p: probability of a channel to be zeroed
    """
    return nn.Dropout2d(p)


def dropout_channels_1d(*, p: Annotated[float, Ge(0), Lt(1)] = 0.5) -> nn.Module:
    """x [B, C, L], each channel of a sample zeroed with probability p while training.

    Args:
        p: probability of a channel to be zeroed
    """
    return nn.Dropout1d(p)


def dropout_channels_3d(*, p: Annotated[float, Ge(0), Lt(1)] = 0.5) -> nn.Module:
    """x [B, C, D, H, W], each channel of a sample zeroed with probability p while training.

    Args:
        p: probability of a channel to be zeroed
    """
    return nn.Dropout3d(p)
