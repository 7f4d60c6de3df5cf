"""Fully connected layer: every output feature sees every input feature."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = "in_features -> features"
PARAMETERS = "in_features * features + bias * features"
GIVES = ["weight"]
HELP = "add `flatten` before it"


def linear(
    in_features: int, *, features: Annotated[int, Ge(1), Le(2**24)], bias: bool = True
) -> nn.Module:
    """x [B, in_features] -> [B, features].

    Args:
        features: number of output features
        bias: whether a learnt constant is added
    """
    return nn.Linear(in_features, features, bias=bias)
