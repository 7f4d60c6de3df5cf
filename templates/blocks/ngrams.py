"""What a sequence has somewhere: the largest answers of filters of several widths (Kim 2014)."""

from collections.abc import Sequence
from typing import Annotated

import torch
from annotated_types import Ge, Le, MinLen
from torch import Tensor, nn

Number = Annotated[int, Ge(1), Le(65_536)]

SHAPE = (
    "length, in_features -> sum(count for width, count in filters"
    " if at_least((length,), width, 'a filter'))"
)
PARAMETERS = "sum(count * (in_features * width + 1) for width, count in filters)"
HELP = "leave out the filters that are wider than the sequence is long"


def ngrams(
    in_features: int, *, filters: Annotated[tuple[tuple[Number, Number], ...], MinLen(1)]
) -> nn.Module:
    """x [B, length, in_features] -> [B, filters], each the maximum over all places.

    Args:
        filters: pairs [width, number]: how many filters look at so many tokens in a row
    """
    return NGrams(in_features, filters)


class NGrams(nn.Module):
    """x [B, T, F] -> the largest answer of each filter at any place [B, N] (Kim 2014, eq. 2-4).

    `filters` are pairs (width, number): so many filters that look at so many places in a row.
    """

    def __init__(self, in_features: int, filters: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(in_features, count, width) for width, count in filters)

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2)
        return torch.cat([conv(x).amax(dim=2) for conv in self.convs], dim=1).relu()
