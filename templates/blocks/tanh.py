"""Hyperbolic tangent: values in [-1, 1]."""

from torch import nn

SHAPE = "*size -> *size"
RANGE = (-1.0, 1.0)


def tanh() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.Tanh()
