"""Concatenation of the condition, labels as an embedding (Mirza & Osindero 2014, arXiv:1411.1784).

A label is appended as a learnt embedding, a vector as it is; to maps of any rank as channels that
are constant over the positions.
"""

from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

FLOW = "input"  # x = condition(x, labels), before the first layer
SHAPES = {
    "concat_features": "features -> features + embedding_dim",
    "concat_channels": "channels, *size -> channels + embedding_dim, *size",
}
VECTOR_SHAPES = {
    "concat_vector_features": "features -> features + condition_dim",
    "concat_vector_channels": "channels, *size -> channels + condition_dim, *size",
}
PARAMETERS = {
    "concat_features": "num_classes * embedding_dim",
    "concat_channels": "num_classes * embedding_dim",
}


def concat_features(
    num_classes: int, *, embedding_dim: Annotated[int, Ge(1), Le(4096)] = 32
) -> nn.Module:
    """x [B, F], condition [B] -> [B, F + embedding_dim].

    Args:
        embedding_dim: length of the learnt embedding of a label
    """
    return ConcatFeatures(num_classes, embedding_dim)


def concat_channels(
    num_classes: int, *, embedding_dim: Annotated[int, Ge(1), Le(4096)] = 32
) -> nn.Module:
    """x [B, C, ...], condition [B] -> [B, C + embedding_dim, ...].

    Args:
        embedding_dim: length of the learnt embedding of a label
    """
    return ConcatChannels(num_classes, embedding_dim)


def concat_vector_features() -> nn.Module:
    """x [B, F], condition [B, N] -> [B, F + N]."""
    return ConcatVectorFeatures()


def concat_vector_channels() -> nn.Module:
    """x [B, C, ...], condition [B, N] -> [B, C + N, ...]."""
    return ConcatVectorChannels()


class ConcatFeatures(nn.Module):
    """Append a learnt embedding of the label to a vector."""

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return torch.cat([x, self.embedding(condition)], dim=1)  # [B, F + E]


class ConcatChannels(nn.Module):
    """Append a learnt embedding of the label to every position, as constant channels."""

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return torch.cat([x, _spread(self.embedding(condition), x)], dim=1)  # [B, C + E, ...]


class ConcatVectorFeatures(nn.Module):
    """Append the condition to a vector."""

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return torch.cat([x, condition.to(x.dtype)], dim=1)  # [B, F + N]


class ConcatVectorChannels(nn.Module):
    """Append the condition to every position, as constant channels."""

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return torch.cat([x, _spread(condition.to(x.dtype), x)], dim=1)  # [B, C + N, ...]


def _spread(vectors: Tensor, x: Tensor) -> Tensor:
    """vectors [B, N] -> [B, N, ...], the same at every position of the maps x [B, C, ...]."""
    vectors = vectors.reshape(*vectors.shape, *[1] * (x.dim() - 2))  # [B, N, 1, ...]
    return vectors.expand(-1, -1, *x.shape[2:])
