"""Batch normalisation (Ioffe & Szegedy 2015, arXiv:1502.03167)."""

from typing import Annotated

from annotated_types import Gt, Le
from torch import nn

SHAPES = {
    "batch_norm_1d": "channels -> channels",
    "batch_norm_signal": "channels, length -> channels, length",
    "batch_norm_2d": "channels, height, width -> channels, height, width",
    "batch_norm_3d": "channels, depth, height, width -> channels, depth, height, width",
}
PARAMETERS = "2 * channels"
GIVES = ["batch_statistics"]

Eps = Annotated[float, Gt(0), Le(1)]
Momentum = Annotated[float, Gt(0), Le(1)]


def batch_norm_1d(channels: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1) -> nn.Module:
    """x [B, channels], each feature normalised over the batch.

    Args:
        eps: added to the variance; not the momentum
        momentum: weight of the newest batch in the running statistics, 1 minus that of Keras
    """
    return nn.BatchNorm1d(channels, eps=eps, momentum=momentum)


def batch_norm_signal(channels: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1) -> nn.Module:
    """x [B, channels, L], each channel normalised over batch and length.

    Args:
        eps: added to the variance; not the momentum
        momentum: weight of the newest batch in the running statistics, 1 minus that of Keras
    """
    return nn.BatchNorm1d(channels, eps=eps, momentum=momentum)


def batch_norm_2d(channels: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1) -> nn.Module:
    """x [B, channels, H, W], each channel normalised over batch, height and width.

    Args:
        eps: added to the variance; not the momentum
        momentum: weight of the newest batch in the running statistics, 1 minus that of Keras
    """
    return nn.BatchNorm2d(channels, eps=eps, momentum=momentum)


def batch_norm_3d(channels: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1) -> nn.Module:
    """x [B, channels, D, H, W], each channel normalised over batch, depth, height and width.

    Args:
        eps: added to the variance; not the momentum
        momentum: weight of the newest batch in the running statistics, 1 minus that of Keras
    """
    return nn.BatchNorm3d(channels, eps=eps, momentum=momentum)
