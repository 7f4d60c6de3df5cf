"""Layers that are given a condition, and layers in a row of which some are."""

from collections.abc import Sequence

from torch import Tensor, nn


class Conditional(nn.Module):
    """A layer that is given the condition beside its input."""

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        raise NotImplementedError


def apply_layer(layer: nn.Module, x: Tensor, condition: Tensor) -> Tensor:
    """layer(x), or layer(x, condition) where it takes one."""
    out: Tensor = layer(x, condition) if isinstance(layer, Conditional) else layer(x)
    return out


class ConditionalSequential(nn.ModuleList, Conditional):
    """Layers in a row; those that take the condition are given it."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(layers)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        for layer in self:
            x = apply_layer(layer, x, condition)
        return x


class ChunkedSequential(nn.ModuleList):
    """Layers in a row; each that takes a condition is given the next one of a list."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(layers)

    def forward(self, x: Tensor, conditions: Sequence[Tensor]) -> Tensor:
        following = iter(conditions)
        for layer in self:
            x = layer(x, next(following)) if isinstance(layer, Conditional) else layer(x)
        return x
