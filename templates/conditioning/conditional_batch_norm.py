"""Batch norm whose scale and shift depend on the condition (de Vries 2017, arXiv:1707.00683).

For labels each class has its own scale and shift, as in Dumoulin et al. 2017 (arXiv:1610.07629) and
the generators of Miyato & Koyama 2018 (arXiv:1802.05637); for vectors they are linear in it.
"""

from typing import Annotated

from _conditional_norm import LabelNorm, VectorNorm
from annotated_types import Gt, Le
from torch import nn

FLOW = "layers"  # the condition goes to the layers that take the place of those in REPLACES
REPLACES = ["batch_norm"]
TAKES_CONDITION = True
SHAPES = {
    "label_batch_norm_1d": "channels -> channels",
    "label_batch_norm_signal": "channels, length -> channels, length",
    "label_batch_norm_2d": "channels, height, width -> channels, height, width",
    "label_batch_norm_3d": "channels, depth, height, width -> channels, depth, height, width",
}
VECTOR_SHAPES = {
    "vector_batch_norm_1d": "channels -> channels",
    "vector_batch_norm_signal": "channels, length -> channels, length",
    "vector_batch_norm_2d": "channels, height, width -> channels, height, width",
    "vector_batch_norm_3d": "channels, depth, height, width -> channels, depth, height, width",
}
PARAMETERS = {
    "label_batch_norm_1d": "2 * channels * num_classes",
    "label_batch_norm_signal": "2 * channels * num_classes",
    "label_batch_norm_2d": "2 * channels * num_classes",
    "label_batch_norm_3d": "2 * channels * num_classes",
    "vector_batch_norm_1d": "2 * channels * (condition_dim + 1)",
    "vector_batch_norm_signal": "2 * channels * (condition_dim + 1)",
    "vector_batch_norm_2d": "2 * channels * (condition_dim + 1)",
    "vector_batch_norm_3d": "2 * channels * (condition_dim + 1)",
}
GIVES = ["batch_statistics"]

Eps = Annotated[float, Gt(0), Le(1)]
Momentum = Annotated[float, Gt(0), Le(1)]


def label_batch_norm_1d(
    channels: int, num_classes: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels], condition [B]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return LabelNorm(
        nn.BatchNorm1d(channels, eps=eps, momentum=momentum, affine=False), num_classes
    )


def label_batch_norm_signal(
    channels: int, num_classes: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, L], condition [B]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return LabelNorm(
        nn.BatchNorm1d(channels, eps=eps, momentum=momentum, affine=False), num_classes
    )


def label_batch_norm_2d(
    channels: int, num_classes: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, H, W], condition [B]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return LabelNorm(
        nn.BatchNorm2d(channels, eps=eps, momentum=momentum, affine=False), num_classes
    )


def label_batch_norm_3d(
    channels: int, num_classes: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, D, H, W], condition [B]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return LabelNorm(
        nn.BatchNorm3d(channels, eps=eps, momentum=momentum, affine=False), num_classes
    )


def vector_batch_norm_1d(
    channels: int, condition_dim: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels], condition [B, N]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return VectorNorm(
        nn.BatchNorm1d(channels, eps=eps, momentum=momentum, affine=False), condition_dim
    )


def vector_batch_norm_signal(
    channels: int, condition_dim: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, L], condition [B, N]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return VectorNorm(
        nn.BatchNorm1d(channels, eps=eps, momentum=momentum, affine=False), condition_dim
    )


def vector_batch_norm_2d(
    channels: int, condition_dim: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, H, W], condition [B, N]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return VectorNorm(
        nn.BatchNorm2d(channels, eps=eps, momentum=momentum, affine=False), condition_dim
    )


def vector_batch_norm_3d(
    channels: int, condition_dim: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, D, H, W], condition [B, N]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return VectorNorm(
        nn.BatchNorm3d(channels, eps=eps, momentum=momentum, affine=False), condition_dim
    )
