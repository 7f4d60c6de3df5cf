"""Dropout (Srivastava et al. 2014, JMLR 15)."""

from typing import Annotated

from annotated_types import Ge, Lt
from torch import nn

SHAPE = "*size -> *size"
RANGE = "keeps"


def dropout(*, p: Annotated[float, Ge(0), Lt(1)] = 0.5) -> nn.Module:
    """x [B, ...], each value zeroed with probability p while training.

    Args:
        p: probability of a value to be zeroed
    """
    return nn.Dropout(p)
