"""Sigmoid-weighted linear unit, x * sigmoid(x) (also called swish)."""

from torch import nn

SHAPE = "*size -> *size"


def silu() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.SiLU()
