"""Smooth rectifier, log(1 + exp(x))."""

from torch import nn

SHAPE = "*size -> *size"


def softplus() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.Softplus()
