"""Exponential linear unit (Clevert et al. 2015, arXiv:1511.07289)."""

from torch import nn

SHAPE = "*size -> *size"


def elu() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.ELU()
