"""Logistic function: values in [0, 1]."""

from torch import nn

SHAPE = "*size -> *size"
RANGE = (0.0, 1.0)


def sigmoid() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.Sigmoid()
