"""Xavier (Glorot) uniform weights (Glorot & Bengio 2010), as in the SNGAN authors' code."""

from typing import Annotated

from _weights import initialize
from annotated_types import Gt
from torch import nn


def xavier(module: nn.Module, *, gain: Annotated[float, Gt(0)] = 1.0) -> None:
    """Draw weights from U(-a, a), a = gain * sqrt(6 / (fan_in + fan_out)); zero the biases.

    For `network.apply`. Glorot & Bengio 2010, eq. 16.

    Args:
        gain: factor on the weights' scale; sqrt(2) suits ReLU.
    """
    initialize(module, lambda weight: nn.init.xavier_uniform_(weight, gain))
