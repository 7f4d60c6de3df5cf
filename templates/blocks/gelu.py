"""Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415)."""

from torch import nn

SHAPE = "*size -> *size"


def gelu() -> nn.Module:
    """x [B, ...], value by value."""
    return nn.GELU()
