"""Leaky rectified linear unit, max(x, slope * x)."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = "*size -> *size"


def leaky_relu(*, slope: Annotated[float, Ge(0), Le(1)] = 0.2) -> nn.Module:
    """x [B, ...], value by value.

    Args:
        slope: factor for negative values
    """
    return nn.LeakyReLU(slope)
