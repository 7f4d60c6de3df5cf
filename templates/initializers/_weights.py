"""What the initialisers share: which layers they treat."""

from collections.abc import Callable

from torch import Tensor, nn


def initialize(module: nn.Module, fill: Callable[[Tensor], Tensor]) -> None:
    """Fill the weight of a linear layer or a convolution and zero its bias; pass others by."""
    if isinstance(module, nn.Linear | nn.modules.conv._ConvNd):
        fill(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
