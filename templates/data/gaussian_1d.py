"""Numbers drawn from one normal distribution (mean 4, standard deviation 1.25 by default)."""

from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

SHAPE = "(1,)"
CLASSES = "0"
RANGE = "None"


def load_gaussian_1d(
    *,
    mean: float = 4.0,
    std: Annotated[float, Gt(0)] = 1.25,
    samples: Annotated[int, Ge(1)] = 100_000,
    seed: Annotated[int, Ge(0)] = 0,
) -> tuple[Tensor, Tensor]:
    """Draw float32 [samples, 1]; the labels, int64 [samples], are all 0.

    Args:
        mean: mean of the distribution.
        std: standard deviation of the distribution.
        samples: how many numbers to draw.
        seed: of the draw, independent of the seed of training.
    """
    generator = torch.Generator().manual_seed(seed)
    numbers = mean + std * torch.randn(samples, 1, generator=generator)
    return numbers, torch.zeros(samples, dtype=torch.int64)
