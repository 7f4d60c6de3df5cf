"""The kernel of bilinear resampling by two, as convolutions use it."""

import torch
from torch import Tensor


def bilinear_kernel() -> Tensor:
    """[1, 1, 4, 4], the product of [1, 3, 3, 1] / 8 along both axes; its sum is 1."""
    row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    return torch.outer(row, row)[None, None]
