"""A set of values and how far each is from their mean, for discriminators of whole sets."""

from typing import Literal

import torch
from torch import Tensor, nn

SHAPE = "values -> 2 * values"
HELP = "add `flatten` before it"


def deviations(*, exponent: Literal[1, 2] = 2) -> nn.Module:
    """x [B, values] -> [B, 2 * values]: x, then (x - mean)^exponent.

    Args:
        exponent: 1 for differences from the mean, 2 for their squares
    """
    return Deviations(exponent)


class Deviations(nn.Module):
    """x [B, N] -> [x, (x - mean of the row)^exponent] [B, 2 N]; no gradient through the mean."""

    def __init__(self, exponent: int) -> None:
        super().__init__()
        self.exponent = exponent

    def forward(self, x: Tensor) -> Tensor:
        difference = x - x.detach().mean(1, keepdim=True)
        return torch.cat([x, difference**self.exponent], dim=1)
