"""An image with noise, for denoising."""

from typing import Annotated

import torch
from annotated_types import Gt, Le
from torch import Tensor

SHAPE = "channels, height, width -> channels, height, width"


def gaussian_noise(x: Tensor, *, std: Annotated[float, Gt(0), Le(4)] = 0.3) -> Tensor:
    """Images [B, C, H, W] in [-1, 1] with other normal noise in every value, cut off at +-1.

    Args:
        std: standard deviation of the noise; from black to white it is 2
    """
    return (x + std * torch.randn_like(x)).clamp(-1, 1)
