"""Group normalisation (Wu & He 2018, arXiv:1803.08494)."""

from typing import Annotated

from annotated_types import Ge
from torch import nn

SHAPE = "channels, *size -> divides(groups, channels), *size"
PARAMETERS = "2 * channels"


def group_norm(channels: int, *, groups: Annotated[int, Ge(1)] = 8) -> nn.Module:
    """x [B, channels, ...], each sample normalised over groups of channels.

    Args:
        groups: number of groups; must divide the channels
    """
    return nn.GroupNorm(groups, channels)
