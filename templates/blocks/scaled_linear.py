"""Fully connected layer with weights from N(0, gain^2 / fan-in) (He et al. 2015, eq. 10).

For networks without norms, as `scaled_conv`. An initialiser in the spec would draw over them.
"""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = "in_features -> features"
PARAMETERS = "in_features * features + bias * features"
GIVES = ["weight"]
STARTS_AT_ZERO = "gain == 0"
HELP = "add `flatten` before it"


def scaled_linear(
    in_features: int,
    *,
    features: Annotated[int, Ge(1), Le(2**24)],
    gain: Annotated[float, Ge(0), Le(1024)] = 1.0,
    bias: bool = True,
) -> nn.Module:
    """x [B, in_features] -> [B, features].

    Args:
        features: number of output features
        gain: standard deviation of the weights, times the root of the fan-in
        bias: whether a learnt constant, at first 0, is added
    """
    return ScaledLinear(in_features, features, gain=gain, bias=bias)


class ScaledLinear(nn.Linear):
    """A fully connected layer with weights from N(0, gain^2 / fan-in) and zero biases."""

    def __init__(
        self, in_features: int, features: int, *, gain: float = 1.0, bias: bool = True
    ) -> None:
        super().__init__(in_features, features, bias=bias)
        nn.init.normal_(self.weight, 0.0, gain / in_features**0.5)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
