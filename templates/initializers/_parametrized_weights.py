"""What the initialisers share, for networks whose weights are parametrised (spectral norm)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


@torch.no_grad()
def initialize(module: nn.Module, fill: Callable[[Tensor], Tensor]) -> None:
    """Fill the weight of a linear layer or a convolution and zero its bias; pass others by.

    A parametrised weight is computed at every access, and what is written into it is lost;
    assigning to it stores the tensor behind it.
    """
    if not isinstance(module, nn.Linear | nn.modules.conv._ConvNd):
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)
    if not parametrize.is_parametrized(module, "weight"):
        fill(module.weight)
        return
    module.weight = fill(torch.empty_like(module.weight))
    # Spectral norm's power iteration had settled on the weight from before; every access is a
    # step of it in training mode. Without these, eval mode would divide by a wrong norm.
    for _ in range(15):
        _ = module.weight
