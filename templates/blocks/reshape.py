"""The same values in another shape, e.g. features to [channels, height, width]."""

from typing import Annotated

from annotated_types import Ge, Le, MinLen
from torch import Tensor, nn

SHAPE = "*size -> *reshaped(size, shape)"
RANGE = "keeps"


def reshape(
    *, shape: Annotated[tuple[Annotated[int, Ge(1), Le(2**24)], ...], MinLen(1)]
) -> nn.Module:
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
        return x.reshape(len(x), *self.shape)
