"""Uniform weights in a given range, as in the first GAN (Goodfellow et al. 2014)."""

from typing import Annotated

from _weights import initialize
from annotated_types import Gt
from torch import nn


def uniform(module: nn.Module, *, bound: Annotated[float, Gt(0)] = 0.05) -> None:
    """Draw weights from U(-bound, bound); zero the biases.

    For `network.apply`. The first GAN's code has 0.05 in G, 0.005 in D.

    Args:
        bound: largest absolute value of a weight.
    """
    initialize(module, lambda weight: nn.init.uniform_(weight, -bound, bound))
