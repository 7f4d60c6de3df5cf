"""Residual connection (He et al. 2015, arXiv:1512.03385): the sum of a shortcut and some layers."""

from torch import Tensor, nn

SHAPE = "*size -> *same(layers, shortcut)"
CHILDREN = ["layers", "shortcut"]


def residual(layers: nn.Module, shortcut: nn.Module) -> nn.Module:
    """x [B, ...] -> shortcut(x) + layers(x); without shortcut layers x itself is added."""
    return Residual(layers, shortcut)


class Residual(nn.Module):
    """x -> shortcut(x) + layers(x)."""

    def __init__(self, layers: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.layers = layers
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.layers(x)
