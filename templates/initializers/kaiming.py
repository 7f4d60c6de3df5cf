"""Kaiming (He) normal weights for rectifiers (He et al. 2015, arXiv:1502.01852)."""

from typing import Annotated

from _weights import initialize
from annotated_types import Ge
from torch import nn


def kaiming(module: nn.Module, *, slope: Annotated[float, Ge(0)] = 0.0) -> None:
    """Draw weights from N(0, 2 / ((1 + slope^2) * fan_in)); zero the biases.

    For `network.apply`. He et al. 2015, eq. 15.

    Args:
        slope: slope of the rectifiers below 0: 0 for ReLU, 0.2 for most leaky ones.
    """
    initialize(module, lambda weight: nn.init.kaiming_normal_(weight, slope))
