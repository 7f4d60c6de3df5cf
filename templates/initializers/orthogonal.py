"""Orthogonal weights (Saxe et al. 2014, arXiv:1312.6120), as in BigGAN (arXiv:1809.11096)."""

from typing import Annotated

from _weights import initialize
from annotated_types import Gt
from torch import nn


def orthogonal(module: nn.Module, *, gain: Annotated[float, Gt(0)] = 1.0) -> None:
    """Draw weights as random orthogonal matrices; zero the biases.

    For `network.apply`. A kernel counts as the matrix [first dimension, all the others].

    Args:
        gain: factor on the weights; every singular value is equal to it.
    """
    initialize(module, lambda weight: nn.init.orthogonal_(weight, gain))
