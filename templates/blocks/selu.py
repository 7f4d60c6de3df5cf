"""Scaled exponential linear unit (Klambauer et al. 2017, arXiv:1706.02515)."""

from torch import nn

SHAPE = "*size -> *size"


def selu() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.SELU()
