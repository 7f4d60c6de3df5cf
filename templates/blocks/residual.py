"""Residual connection (He et al. 2015, arXiv:1512.03385): the sum of a shortcut and some layers."""

from _conditional import Conditional, apply_layer
from torch import Tensor, nn

SHAPE = "*size -> *same(layers, shortcut)"
CHILDREN = ["layers", "shortcut"]
CONDITIONAL = {"residual": "conditional_residual"}  # where layers inside take the condition


def residual(layers: nn.Module, shortcut: nn.Module) -> nn.Module:
    """x [B, ...] -> shortcut(x) + layers(x); without shortcut layers x itself is added."""
    return Residual(layers, shortcut)


def conditional_residual(layers: nn.Module, shortcut: nn.Module) -> nn.Module:
    """x [B, ...], condition -> shortcut(x) + layers(x), the condition given to layers inside."""
    return ConditionalResidual(layers, shortcut)


class Residual(nn.Module):
    """x -> shortcut(x) + layers(x)."""

    def __init__(self, layers: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.layers = layers
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.layers(x)


class ConditionalResidual(Conditional):
    """x -> shortcut(x) + layers(x), the condition given to the layers that take it."""

    def __init__(self, layers: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.layers = layers
        self.shortcut = shortcut

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shortcut = apply_layer(self.shortcut, x, condition)
        return shortcut + apply_layer(self.layers, x, condition)
