"""Batch normalisation that knows no other batch: pix2pix (Isola 2017, arXiv:1611.07004)."""

from typing import Annotated

from annotated_types import Gt, Le
from torch import nn

SHAPE = "channels, height, width -> channels, height, width"
PARAMETERS = "2 * channels"
GIVES = ["batch_statistics"]
HELP = "add `reshape` before it: it works on [channels, height, width]"


def batch_norm_alone(channels: int, *, eps: Annotated[float, Gt(0), Le(1)] = 1e-5) -> nn.Module:
    """x [B, channels, H, W], each channel normalised over this batch, also when samples are drawn.

    In batches of one image that is instance normalisation with learnt scale and shift.

    Args:
        eps: added to the variance
    """
    return nn.BatchNorm2d(channels, eps=eps, track_running_stats=False)
