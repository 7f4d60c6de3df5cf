"""Minus the error of an autoencoder: the logits of energy-based discriminators.

The energy of a sample is how badly it is reconstructed: Zhao et al. 2017 (EBGAN, arXiv:1609.03126,
eq. 5) and Berthelot et al. 2017 (BEGAN, arXiv:1703.10717, eq. 1). Its sign is turned round here,
because a higher logit stands for a more real sample everywhere.
"""

from typing import Literal

from torch import Tensor, nn

SHAPE = "*size -> 1"
SEES_INPUT = True  # compares what comes to it with the network's input
GIVES = ["energy"]


def reconstruction_error(*, norm: Literal["l1", "l2"] = "l2") -> nn.Module:
    """x [B, ...], target [B, ...] -> [B, 1], minus the mean error of a sample's values.

    Args:
        norm: l1 for the absolute error (BEGAN), l2 for the squared one (EBGAN)
    """
    return ReconstructionError(norm=norm)


class ReconstructionError(nn.Module):
    """x [B, ...], target [B, ...] -> [B, 1], never positive."""

    def __init__(self, *, norm: str = "l2") -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        difference = (x - target).flatten(1)
        error = difference.abs() if self.norm == "l1" else difference.square()
        return -error.mean(1, keepdim=True)
