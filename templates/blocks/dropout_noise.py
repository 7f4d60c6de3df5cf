"""Dropout that never stops, the noise of pix2pix (Isola et al. 2017, arXiv:1611.07004)."""

from typing import Annotated

import torch.nn.functional as F
from annotated_types import Ge, Lt
from torch import Tensor, nn

SHAPE = "*size -> *size"
RANGE = "keeps"
GIVES = ["noise"]


def dropout_noise(*, p: Annotated[float, Ge(0), Lt(1)] = 0.5) -> nn.Module:
    """x [B, ...], each value zeroed with probability p, also when samples are drawn.

    Args:
        p: probability of a value to be zeroed
    """
    return DropoutNoise(p)


class DropoutNoise(nn.Module):
    """Dropout while training and afterwards: what it draws is the generator's only noise."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.noisy = True

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.p, training=self.noisy)
