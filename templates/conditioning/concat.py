"""Concatenation of a learnt label embedding (Mirza & Osindero 2014, arXiv:1411.1784)."""

from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

SHAPES = {
    "concat_features": "features -> features + embedding_dim",
    "concat_channels": "channels, height, width -> channels + embedding_dim, height, width",
}
PARAMETERS = "num_classes * embedding_dim"


def concat_features(
    num_classes: int, *, embedding_dim: Annotated[int, Ge(1), Le(4096)] = 32
) -> nn.Module:
    """x [B, F], labels [B] -> [B, F + embedding_dim].

    Args:
        embedding_dim: length of the learnt embedding of a label
    """
    return ConcatFeatures(num_classes, embedding_dim)


def concat_channels(
    num_classes: int, *, embedding_dim: Annotated[int, Ge(1), Le(4096)] = 32
) -> nn.Module:
    """x [B, C, H, W], labels [B] -> [B, C + embedding_dim, H, W].

    Args:
        embedding_dim: length of the learnt embedding of a label
    """
    return ConcatChannels(num_classes, embedding_dim)


class ConcatFeatures(nn.Module):
    """Append a learnt embedding of the label to a vector."""

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return torch.cat([x, self.embedding(labels)], dim=1)  # [B, F + E]


class ConcatChannels(nn.Module):
    """Append a learnt embedding of the label to every pixel, as constant channels."""

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        embedded = self.embedding(labels)[:, :, None, None]  # [B, E, 1, 1]
        return torch.cat([x, embedded.expand(-1, -1, *x.shape[2:])], dim=1)  # [B, C + E, H, W]
