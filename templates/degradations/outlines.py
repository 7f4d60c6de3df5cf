"""The outlines of an image, where its brightness changes (Sobel's operator)."""

from typing import Annotated

import torch
import torch.nn.functional as F
from annotated_types import Gt
from torch import Tensor

SHAPE = "channels, height, width -> 1, height, width"


def outlines(x: Tensor, *, threshold: Annotated[float, Gt(0)] = 0.5) -> Tensor:
    """Images [B, C, H, W] in [-1, 1] as black lines on white, [B, 1, H, W].

    Args:
        threshold: least change of brightness within a pixel that draws a line; from black to white
            it is 2
    """
    gray = F.pad(x.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]).to(x) / 8
    change = F.conv2d(gray, torch.stack([sobel, sobel.T])[:, None])  # [B, 2, H, W]
    return 1 - 2 * (change.norm(dim=1, keepdim=True) > threshold / 2).to(x.dtype)
