"""Points of a mixture of normal distributions on a square grid (PacGAN, arXiv:1712.04086)."""

import math
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

SHAPE = "(2,)"
CLASSES = "side * side"
RANGE = "None"
KNOWS = {"centers, std": "grid_modes"}
GIVES = ["data:modes"]


def grid_modes(
    *, side: int = 5, spacing: float = 2.0, std: float = 0.05, standardize: bool = False
) -> tuple[Tensor, float]:
    """Return the centres [side * side, 2] of the modes and the standard deviation of each.

    Both are of the plane as it is scaled.
    """
    # The mean square of a coordinate: that of `side` equidistant centres, and std^2 of the noise.
    mean_square = spacing**2 * (side**2 - 1) / 12 + std**2
    scale = 1 / math.sqrt(mean_square) if standardize else 1.0
    axis = scale * spacing * (torch.arange(side) - (side - 1) / 2)
    return torch.cartesian_prod(axis, axis), scale * std


def load_grid(
    *,
    side: Annotated[int, Ge(2)] = 5,
    spacing: Annotated[float, Gt(0)] = 2.0,
    std: Annotated[float, Gt(0)] = 0.05,
    standardize: bool = False,
    samples: Annotated[int, Ge(1)] = 100_000,
    seed: Annotated[int, Ge(0)] = 0,
) -> tuple[Tensor, Tensor]:
    """Draw float32 [samples, 2] and labels int64 [samples], the mode of each point.

    Args:
        side: number of normal distributions along each side of the square.
        spacing: distance between neighbours; the grid is centred on the origin.
        std: standard deviation of each, along each axis.
        standardize: scale the plane so that the coordinates have a root mean square of 1.
        samples: how many points to draw.
        seed: of the draw, independent of the seed of training.
    """
    centres, width = grid_modes(side=side, spacing=spacing, std=std, standardize=standardize)
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(side * side, (samples,), generator=generator)
    noise = width * torch.randn(samples, 2, generator=generator)
    return centres[labels] + noise, labels
