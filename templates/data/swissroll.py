"""Points of a spiral, the swiss roll seen from above (WGAN-GP, arXiv:1704.00028)."""

import math
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

SHAPE = "(2,)"
CLASSES = "0"
RANGE = "None"


def load_swissroll(
    *,
    noise: Annotated[float, Ge(0)] = 0.25,
    scale: Annotated[float, Gt(0)] = 7.5,
    samples: Annotated[int, Ge(1)] = 100_000,
    seed: Annotated[int, Ge(0)] = 0,
) -> tuple[Tensor, Tensor]:
    """Draw float32 [samples, 2]; the labels, int64 [samples], are all 0.

    At the angle t, uniform from 1.5 pi to 4.5 pi, the spiral is at (t cos t, t sin t).

    Args:
        noise: standard deviation of what is added to each coordinate.
        scale: what the coordinates are divided by afterwards; 7.5, as in the WGAN-GP authors'
            code, brings their standard deviation to about 0.9.
        samples: how many points to draw.
        seed: of the draw, independent of the seed of training.
    """
    generator = torch.Generator().manual_seed(seed)
    angle = 1.5 * math.pi * (1 + 2 * torch.rand(samples, generator=generator))
    points = torch.stack([angle * angle.cos(), angle * angle.sin()], dim=1)
    points += noise * torch.randn(samples, 2, generator=generator)
    return points / scale, torch.zeros(samples, dtype=torch.int64)
