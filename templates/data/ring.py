"""Points of a mixture of normal distributions on a circle (PacGAN, arXiv:1712.04086)."""

import math
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

SHAPE = "(2,)"
CLASSES = "modes"
RANGE = "None"
KNOWS = {"centers, std": "ring_modes"}
GIVES = ["data:modes"]


def ring_modes(
    *, modes: int = 8, radius: float = 1.0, std: float = 0.01, standardize: bool = False
) -> tuple[Tensor, float]:
    """Return the centres [modes, 2] of the modes and the standard deviation of each.

    Both are of the plane as it is scaled.
    """
    # The mean square of a coordinate is radius^2 / 2 from the centres and std^2 from the noise.
    scale = 1 / math.sqrt(radius**2 / 2 + std**2) if standardize else 1.0
    angles = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    centres = scale * radius * torch.stack([angles.cos(), angles.sin()], dim=1)
    return centres.float(), scale * std


def load_ring(
    *,
    modes: Annotated[int, Ge(2)] = 8,
    radius: Annotated[float, Gt(0)] = 1.0,
    std: Annotated[float, Gt(0)] = 0.01,
    standardize: bool = False,
    samples: Annotated[int, Ge(1)] = 100_000,
    seed: Annotated[int, Ge(0)] = 0,
) -> tuple[Tensor, Tensor]:
    """Draw float32 [samples, 2] and labels int64 [samples], the mode of each point.

    Args:
        modes: number of normal distributions, at equal angles, the first one on the x axis.
        radius: of the circle through their centres.
        std: standard deviation of each, along each axis.
        standardize: scale the plane so that the coordinates have a root mean square of 1.
        samples: how many points to draw.
        seed: of the draw, independent of the seed of training.
    """
    centres, width = ring_modes(modes=modes, radius=radius, std=std, standardize=standardize)
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(modes, (samples,), generator=generator)
    noise = width * torch.randn(samples, 2, generator=generator)
    return centres[labels] + noise, labels
