"""The condition as one more plane of the image (Denton et al. 2015, LAPGAN, arXiv:1506.05751).

A fully connected layer turns it into an image of one channel, behind a ReLU, which is appended to
the channels: each class can say where on the image it wants something.
"""

import torch
from torch import Tensor, nn

FLOW = "input"  # x = condition(x, labels), before the first layer
SHAPES = {"label_plane": "channels, height, width -> channels + 1, height, width"}
VECTOR_SHAPES = {"vector_plane": "channels, height, width -> channels + 1, height, width"}
PARAMETERS = {
    "label_plane": "num_classes * height * width",
    "vector_plane": "(condition_dim + 1) * height * width",
}


def label_plane(num_classes: int, height: int, width: int) -> nn.Module:
    """x [B, C, H, W], condition [B] -> [B, C + 1, H, W]."""
    return LabelPlane(num_classes, height, width)


def vector_plane(condition_dim: int, height: int, width: int) -> nn.Module:
    """x [B, C, H, W], condition [B, N] -> [B, C + 1, H, W]."""
    return VectorPlane(condition_dim, height, width)


class LabelPlane(nn.Module):
    """Append a learnt plane of the label to the channels."""

    def __init__(self, num_classes: int, height: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, height * width)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return _with_plane(x, self.embedding(condition))


class VectorPlane(nn.Module):
    """Append a plane that is linear in the condition to the channels."""

    def __init__(self, condition_dim: int, height: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(condition_dim, height * width)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return _with_plane(x, self.linear(condition.to(x.dtype)))


def _with_plane(x: Tensor, values: Tensor) -> Tensor:
    """x [B, C, H, W], values [B, H * W] -> [B, C + 1, H, W]."""
    plane = values.relu().unflatten(1, (1, *x.shape[2:]))
    return torch.cat([x, plane], dim=1)
