"""Cosine decay of the learning rate (Loshchilov & Hutter 2017, arXiv:1608.03983)."""

import math
from typing import Annotated

from annotated_types import Ge, Lt


def cosine(
    step: int,
    steps: int,
    *,
    end_factor: Annotated[float, Ge(0)] = 0.0,
    warmup: Annotated[float, Ge(0), Lt(1)] = 0.0,
) -> float:
    """Factor on the base learning rate: half a cosine from 1 to `end_factor` (eq. 5).

    Args:
        end_factor: factor at the end of the run.
        warmup: share of the run, in [0, 1), that rises in a straight line to 1 first.
    """
    if step < warmup * steps:
        return min(1.0, (step + 1) / (warmup * steps))  # the first step learns, too
    progress = min((step / steps - warmup) / (1 - warmup), 1.0)
    return end_factor + (1 - end_factor) * (1 + math.cos(math.pi * progress)) / 2
