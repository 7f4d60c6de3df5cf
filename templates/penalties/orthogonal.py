"""Orthogonal regularisation of filters, BigGAN's form (Brock et al. 2019, arXiv:1809.11096)."""

from collections.abc import Iterator
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor, nn

WHERE = "network_loss"


def orthogonal(module: nn.Module, *, weight: Annotated[float, Ge(0)] = 1e-4) -> Tensor:
    """weight * the sum over layers of ||W W^T * (1 - I)||_F^2 (Brock 2019, section 3.1).

    The rows of W are the filters of a linear layer or a convolution; they are drawn apart, their
    lengths stay free. Embeddings do not count.

    Args:
        weight: beta of the paper.
    """
    overlaps = []
    for filters in _filters(module):
        products = filters @ filters.t()
        others = 1 - torch.eye(len(filters), device=filters.device)
        overlaps.append((products * others).square().sum())
    return weight * torch.stack(overlaps).sum()


def _filters(module: nn.Module) -> Iterator[Tensor]:
    """The weight of every layer as a matrix [filters, values], before any reparametrization."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            stored = [parameter for parameter in layer.parameters() if parameter.dim() > 1]
            weight = max(stored, key=Tensor.numel)
            transposed = getattr(layer, "transposed", False)  # [inputs, filters, ...]
            yield (weight.transpose(0, 1) if transposed else weight).flatten(1)
