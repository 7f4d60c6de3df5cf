"""Nothing is made: samples are pairs, source and target channel behind channel."""

from typing import Annotated

from annotated_types import Ge
from torch import Tensor

SHAPE = "channels, height, width -> fewer(given, channels), height, width"
PAIRS = True
TARGET = "channels, height, width -> channels - given, height, width"


def pair(x: Tensor, *, given: Annotated[int, Ge(1)] = 3) -> Tensor:
    """The first channels of pairs [B, given + C, H, W].

    Args:
        given: how many channels the source has; the others are the target
    """
    return x[:, :given]


def pair_target(x: Tensor, *, given: Annotated[int, Ge(1)] = 3) -> Tensor:
    """The other channels of pairs [B, given + C, H, W].

    Args:
        given: how many channels the source has; the others are the target
    """
    return x[:, given:]
