"""Pixelwise normalisation of features, as in ProGAN (Karras et al. 2018, arXiv:1710.10196)."""

from typing import Annotated

from annotated_types import Gt, Le
from torch import Tensor, nn

SHAPE = "channels, *size -> channels, *size"


def pixel_norm(*, eps: Annotated[float, Gt(0), Le(1)] = 1e-8) -> nn.Module:
    """x [B, C, ...], the channels of each position scaled to a mean square of 1.

    Args:
        eps: added to the mean square
    """
    return PixelNorm(eps)


class PixelNorm(nn.Module):
    """x [B, C, ...] / sqrt(mean of the squares over the channels + eps) (section 4.2)."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return x * (x.square().mean(1, keepdim=True) + self.eps).rsqrt()
