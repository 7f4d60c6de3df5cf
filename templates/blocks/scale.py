"""One learnt factor for all values, e.g. the gain of a branch that starts switched off."""

from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

SHAPE = "*size -> *size"
PARAMETERS = "1"


def scale(*, initial: Annotated[float, Ge(-1e6), Le(1e6)] = 1.0) -> nn.Module:
    """x [B, ...] times a learnt number.

    Args:
        initial: the number before training
    """
    return Scale(initial=initial)


class Scale(nn.Module):
    """x [B, ...] times a learnt number."""

    def __init__(self, *, initial: float = 1.0) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(initial))

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x
