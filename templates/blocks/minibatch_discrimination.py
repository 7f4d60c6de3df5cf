"""Minibatch discrimination (Salimans et al. 2016, arXiv:1606.03498): closeness to the batch."""

from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

SHAPE = "in_features -> in_features + kernels"
PARAMETERS = "in_features * kernels * kernel_dim"
GIVES = ["batch_comparison"]
HELP = "add `flatten` before it"


def minibatch_discrimination(
    in_features: int,
    *,
    kernels: Annotated[int, Ge(1), Le(4096)] = 100,
    kernel_dim: Annotated[int, Ge(1), Le(256)] = 5,
) -> nn.Module:
    """x [B, in_features] -> [B, in_features + kernels].

    Args:
        kernels: number of appended features
        kernel_dim: length of the rows that are compared for each of them
    """
    return MinibatchDiscrimination(in_features, kernels, kernel_dim)


class MinibatchDiscrimination(nn.Module):
    """Append to each sample how close it is to the others of the batch (section 3.2).

    Every kernel maps a sample to a row; exp(-L1 distance) of the rows is summed over the others.
    """

    def __init__(self, in_features: int, kernels: int, kernel_dim: int) -> None:
        super().__init__()
        self.kernels = kernels
        self.rows = nn.Linear(in_features, kernels * kernel_dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.rows(x).view(len(x), self.kernels, -1)  # [B, kernels, kernel_dim]
        distances = (rows[:, None] - rows[None]).abs().sum(3)  # [B, B, kernels]
        closeness = (-distances).exp().sum(1) - 1  # without the distance 0 to itself
        return torch.cat([x, closeness], dim=1)
