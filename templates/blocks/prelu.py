"""Rectified linear unit with a learnt slope (He et al. 2015, arXiv:1502.01852)."""

from torch import nn

SHAPE = "*size -> *size"
PARAMETERS = "1"


def prelu() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.PReLU()
