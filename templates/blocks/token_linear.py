"""Fully connected layer at each place of a sequence, everywhere the same one."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = "length, in_features -> length, features"
PARAMETERS = "in_features * features + bias * features"
GIVES = ["weight"]
HELP = "it works on sequences [length, features]"


def token_linear(
    in_features: int, *, features: Annotated[int, Ge(1), Le(2**24)], bias: bool = True
) -> nn.Module:
    """x [B, length, in_features] -> [B, length, features].

    Args:
        features: number of output features at each place
        bias: whether a learnt constant is added
    """
    return nn.Linear(in_features, features, bias=bias)
