"""The same values in another shape, e.g. features to [channels, height, width]."""

from typing import Annotated

from annotated_types import Ge, Le, MinLen
from torch import Tensor, nn

SHAPES = {
    "unflatten": "features -> *reshaped((features,), shape)",
    "reshape": "*size -> *reshaped(size, shape)",
}
RANGE = "keeps"

Sizes = Annotated[tuple[Annotated[int, Ge(1), Le(2**24)], ...], MinLen(1)]


def unflatten(*, shape: Sizes) -> nn.Module:
    """x [B, features] -> [B, *shape].

    Args:
        shape: sizes of one sample, without the batch
    """
    return nn.Unflatten(1, shape)


def reshape(*, shape: Sizes) -> nn.Module:
    """x [B, ...] -> [B, *shape].

    Args:
        shape: sizes of one sample, without the batch
    """
    return Reshape(shape)


class Reshape(nn.Module):
    """x [B, ...] -> [B, *shape]."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.shape)
