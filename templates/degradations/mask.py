"""An image with a hole, for inpainting (Pathak et al. 2016, Context Encoders, arXiv:1604.07379)."""

from typing import Annotated, Literal

import torch
from annotated_types import Gt, Lt
from torch import Tensor

SHAPE = "channels, height, width -> channels, height, width"
TARGET = (
    "channels, height, width -> channels, "
    "*((height, width) if target == 'image' else hole((height, width), size, where))"
)

Size = Annotated[float, Gt(0), Lt(1)]


def mask(x: Tensor, *, size: Size = 0.5, where: Literal["centre", "random"] = "centre") -> Tensor:
    """Images [B, C, H, W] in [-1, 1] with a rectangle of 0, mid-grey.

    Args:
        size: of the hole, as a share of the image along each axis
        where: in the middle, or somewhere else in each image
    """
    (height, width), (rows, columns) = x.shape[2:], hole_size(x, size)
    if where == "centre":
        top = torch.full((len(x), 1, 1), (height - rows) // 2, device=x.device)
        left = torch.full((len(x), 1, 1), (width - columns) // 2, device=x.device)
    else:
        top = torch.randint(height - rows + 1, (len(x), 1, 1), device=x.device)
        left = torch.randint(width - columns + 1, (len(x), 1, 1), device=x.device)
    y = torch.arange(height, device=x.device)[:, None] - top  # [B, H, 1], from the hole's edge
    across = torch.arange(width, device=x.device) - left  # [B, 1, W]
    inside = (y >= 0) & (y < rows) & (across >= 0) & (across < columns)
    return x.masked_fill(inside[:, None], 0.0)


def mask_target(
    x: Tensor, *, size: Size = 0.5, target: Literal["image", "hole"] = "image"
) -> Tensor:
    """What is to be written: whole images [B, C, H, W], or what was in the middle.

    Args:
        size: of the hole, as a share of the image along each axis
        target: the image, or the hole alone as in the paper, which has to be in the centre
    """
    if target == "image":
        return x
    (height, width), (rows, columns) = x.shape[2:], hole_size(x, size)
    top, left = (height - rows) // 2, (width - columns) // 2
    return x[:, :, top : top + rows, left : left + columns]


def hole_size(x: Tensor, size: float) -> tuple[int, int]:
    """Rows and columns of the hole in images [B, C, H, W]."""
    return max(1, int(size * x.shape[2])), max(1, int(size * x.shape[3]))
