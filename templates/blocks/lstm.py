"""Long short-term memory (Hochreiter & Schmidhuber 1997, Neural Computation 9)."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = "length, in_features -> length, features"
PARAMETERS = (
    "4 * features * (in_features + features + 2) + (num_layers - 1) * 8 * features * (features + 1)"
)
KEEPS_STATE = True
HELP = "it reads a sequence: `embedding` makes one of tokens"


def lstm(
    in_features: int,
    *,
    features: Annotated[int, Ge(1), Le(2**16)],
    num_layers: Annotated[int, Ge(1), Le(64)] = 1,
) -> nn.Module:
    """x [B, length, in_features] -> [B, length, features], and the state after the last place.

    Args:
        features: values that it keeps, and gives at each place
        num_layers: how many of them read each other's results
    """
    return nn.LSTM(in_features, features, num_layers=num_layers, batch_first=True)
