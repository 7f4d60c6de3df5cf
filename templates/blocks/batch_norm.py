"""Batch normalisation (Ioffe & Szegedy 2015, arXiv:1502.03167)."""

from typing import Annotated

from annotated_types import Gt, Le
from torch import nn

SHAPES = {
    "batch_norm_1d": "channels -> channels",
    "batch_norm_2d": "channels, height, width -> channels, height, width",
}
PARAMETERS = "2 * channels"
GIVES = ["batch_statistics"]


def batch_norm_1d(channels: int, *, eps: Annotated[float, Gt(0), Le(0.1)] = 1e-5) -> nn.Module:
    """x [B, channels], each feature normalised over the batch.

    Args:
        eps: added to the variance; not the momentum
    """
    return nn.BatchNorm1d(channels, eps=eps)


def batch_norm_2d(channels: int, *, eps: Annotated[float, Gt(0), Le(0.1)] = 1e-5) -> nn.Module:
    """x [B, channels, H, W], each channel normalised over batch, height and width.

    Args:
        eps: added to the variance; not the momentum
    """
    return nn.BatchNorm2d(channels, eps=eps)
