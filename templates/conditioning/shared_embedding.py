"""Shared class embedding with a chunk of the latent for every layer (BigGAN, arXiv:1809.11096).

Brock et al. 2019, section 3 and appendix B: the latent is split into equal parts. The first one is
the network's input; each of the others is appended to the embedding of the class, which all layers
share, and sets scale and shift of one block's norms, linearly and without bias.
"""

from typing import Annotated

import torch
from _conditional_norm import VectorNorm
from annotated_types import Ge, Gt, Le
from torch import Tensor, nn

FLOW = "chunks"  # x, conditions = condition(z, labels); one condition for each top-level layer
REPLACES = ["batch_norm"]
TAKES_CONDITION = True
SHAPES = {"shared_embedding": "features -> chunk(features, chunks + 1)"}
CONDITION_DIM = "dim + features // (chunks + 1)"  # what each layer below is given
LAYER_SHAPES = {
    "chunk_batch_norm_1d": "channels -> channels",
    "chunk_batch_norm_signal": "channels, length -> channels, length",
    "chunk_batch_norm_2d": "channels, height, width -> channels, height, width",
    "chunk_batch_norm_3d": "channels, depth, height, width -> channels, depth, height, width",
}
PARAMETERS = {
    "shared_embedding": "num_classes * dim",
    "chunk_batch_norm_1d": "2 * channels * condition_dim",
    "chunk_batch_norm_signal": "2 * channels * condition_dim",
    "chunk_batch_norm_2d": "2 * channels * condition_dim",
    "chunk_batch_norm_3d": "2 * channels * condition_dim",
}
GIVES = ["batch_statistics"]

Eps = Annotated[float, Gt(0), Le(1)]
Momentum = Annotated[float, Gt(0), Le(1)]


def shared_embedding(
    num_classes: int, chunks: int, *, dim: Annotated[int, Ge(1), Le(4096)] = 128
) -> nn.Module:
    """x [B, F], condition [B] -> [B, F / (chunks + 1)], and a list of conditions.

    Args:
        dim: length of the learnt embedding of a label
    """
    return SharedEmbedding(num_classes, dim, chunks)


def chunk_batch_norm_1d(
    channels: int, condition_dim: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels], condition [B, N]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return VectorNorm(
        nn.BatchNorm1d(channels, eps=eps, momentum=momentum, affine=False),
        condition_dim,
        bias=False,
    )


def chunk_batch_norm_signal(
    channels: int, condition_dim: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, L], condition [B, N]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return VectorNorm(
        nn.BatchNorm1d(channels, eps=eps, momentum=momentum, affine=False),
        condition_dim,
        bias=False,
    )


def chunk_batch_norm_2d(
    channels: int, condition_dim: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, H, W], condition [B, N]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return VectorNorm(
        nn.BatchNorm2d(channels, eps=eps, momentum=momentum, affine=False),
        condition_dim,
        bias=False,
    )


def chunk_batch_norm_3d(
    channels: int, condition_dim: int, *, eps: Eps = 1e-5, momentum: Momentum = 0.1
) -> nn.Module:
    """x [B, channels, D, H, W], condition [B, N]; each channel normalised, then scaled and shifted.

    Args:
        eps: added to the variance
        momentum: weight of the newest batch in the running statistics
    """
    return VectorNorm(
        nn.BatchNorm3d(channels, eps=eps, momentum=momentum, affine=False),
        condition_dim,
        bias=False,
    )


class SharedEmbedding(nn.Module):
    """The first chunk of a latent; each of the others behind the label's embedding."""

    def __init__(self, num_classes: int, dim: int, chunks: int) -> None:
        super().__init__()
        self.chunks = chunks
        self.embedding = nn.Embedding(num_classes, dim)

    def forward(self, z: Tensor, condition: Tensor) -> tuple[Tensor, list[Tensor]]:
        first, *others = z.chunk(self.chunks + 1, dim=1)  # each [B, F / (chunks + 1)]
        label = self.embedding(condition)
        return first, [torch.cat([label, chunk], dim=1) for chunk in others]
