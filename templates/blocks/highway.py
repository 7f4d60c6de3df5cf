"""Highway: gates say how much of each feature is changed (Srivastava et al. 2015)."""

import torch
from torch import Tensor, nn

SHAPE = "features -> features"
PARAMETERS = "2 * features * (features + 1)"
HELP = "add `flatten` before it"


def highway(features: int) -> nn.Module:
    """x [B, features] -> [B, features], at first mostly x itself."""
    return Highway(features)


class Highway(nn.Module):
    """x [B, F] -> t * relu(H x) + (1 - t) * x with gates t (Srivastava et al. 2015, eq. 3)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.change = nn.Linear(features, features)
        self.gate = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        # The 2 keeps the gates nearly closed at the start.
        return torch.lerp(x, self.change(x).relu(), torch.sigmoid(self.gate(x) - 2))
