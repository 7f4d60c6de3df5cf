"""Normal weights without outliers, TensorFlow's truncated normal distribution."""

from typing import Annotated

from _weights import initialize
from annotated_types import Gt
from torch import nn


def truncated_normal(
    module: nn.Module,
    *,
    std: Annotated[float, Gt(0)] = 0.02,
    cut: Annotated[float, Gt(0)] = 2.0,
) -> None:
    """Draw weights from N(0, std^2), those beyond `cut` standard deviations anew; zero the biases.

    For `network.apply`.

    Args:
        std: standard deviation before values are rejected; by cut 2 it falls to 0.88 of it.
        cut: largest absolute value of a weight, in standard deviations.
    """
    bound = cut * std
    initialize(module, lambda weight: nn.init.trunc_normal_(weight, 0.0, std, -bound, bound))
