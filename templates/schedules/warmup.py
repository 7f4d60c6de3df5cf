"""Linear warm-up of the learning rate, then constant (Goyal et al. 2017, arXiv:1706.02677)."""

from typing import Annotated

from annotated_types import Gt, Le


def warmup(step: int, steps: int, *, share: Annotated[float, Gt(0), Le(1)] = 0.05) -> float:
    """Factor on the base learning rate: a straight line up to 1, then 1.

    Args:
        share: share of the run, in (0, 1], that the rise takes.
    """
    return min(1.0, (step + 1) / (share * steps))  # the first step learns, too
