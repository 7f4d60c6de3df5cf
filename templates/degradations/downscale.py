"""A smaller image, for super-resolution (as in Ledig et al. 2017, SRGAN, arXiv:1609.04802)."""

from typing import Annotated

import torch.nn.functional as F
from annotated_types import Ge, Le
from torch import Tensor

SHAPE = "channels, height, width -> channels, *shrunk((height, width), factor)"


def downscale(x: Tensor, *, factor: Annotated[int, Ge(2), Le(16)] = 4) -> Tensor:
    """Images [B, C, H, W] in [-1, 1], bicubic with antialiasing, to [B, C, H / factor, W / factor].

    They have 256 levels, as they would have in a file.

    Args:
        factor: how much smaller along each axis
    """
    small = F.interpolate(x, scale_factor=1 / factor, mode="bicubic", antialias=True)
    return (small.clamp(-1, 1) * 127.5 + 127.5).round() / 127.5 - 1
