"""Rectified linear unit, max(0, x)."""

from torch import nn

SHAPE = "*size -> *size"


def relu() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.ReLU()
