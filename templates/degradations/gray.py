"""An image without its colours, for colourisation."""

import torch
from torch import Tensor

SHAPE = "channels, height, width -> 1, height, width"


def gray(x: Tensor) -> Tensor:
    """The luma of images [B, 3, H, W] (ITU-R BT.601), the mean of other channels: [B, 1, H, W]."""
    if x.shape[1] != 3:
        return x.mean(1, keepdim=True)
    weights = torch.tensor([0.299, 0.587, 0.114]).to(x)
    return torch.einsum("bchw,c->bhw", x, weights)[:, None]
