"""Synthetic solids in a cube of voxels: balls, boxes and rings, turned and placed at random."""

from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor

SHAPE = "(1, size, size, size)"
CLASSES = "3"
RANGE = "(-1.0, 1.0)"


def load_solids(
    *,
    size: Annotated[int, Ge(8), Le(64)] = 16,
    samples: Annotated[int, Ge(1)] = 2_000,
    seed: Annotated[int, Ge(0)] = 0,
) -> tuple[Tensor, Tensor]:
    """Make float32 [samples, 1, size, size, size] in [-1, 1] and labels int64 [samples].

    Values are 1 inside, -1 outside and in between where the surface passes through a voxel. Kinds:
    0 a ball, 1 a box, 2 a ring (a torus).

    Args:
        size: voxels along each edge of the cube.
        samples: how many solids to make.
        seed: of the draw, independent of the seed of training.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (samples,), generator=generator)
    axis = (torch.arange(size) + 0.5) * (2 / size) - 1  # the cube goes from -1 to 1
    points = torch.cartesian_prod(axis, axis, axis)  # [size^3, 3]
    voxels = torch.empty(samples, size**3)
    for kind, distance in enumerate((to_ball, to_box, to_ring)):
        of_kind = (labels == kind).nonzero().flatten()
        for rows in torch.split(of_kind, 64):  # all at once would not fit into memory
            turned = (points - centres(len(rows), generator)) @ rotations(len(rows), generator)
            voxels[rows] = (distance(turned, generator) * (-size / 2)).clamp(-1, 1)
    return voxels.view(samples, 1, size, size, size), labels


def centres(count: int, generator: torch.Generator) -> Tensor:
    """Random places [count, 1, 3] near the middle of the cube."""
    return 0.2 * torch.rand(count, 1, 3, generator=generator) - 0.1


def rotations(count: int, generator: torch.Generator) -> Tensor:
    """Random rotations [count, 3, 3] (or reflections, which these solids do not show)."""
    turned: Tensor = torch.linalg.qr(torch.randn(count, 3, 3, generator=generator)).Q
    return turned


def radii(count: int, generator: torch.Generator) -> Tensor:
    """Random sizes [count, 1]."""
    return 0.5 + 0.25 * torch.rand(count, 1, generator=generator)


def to_ball(points: Tensor, generator: torch.Generator) -> Tensor:
    """How far points [B, P, 3] are outside a ball around 0, [B, P]; negative inside."""
    return points.square().sum(2).sqrt() - radii(len(points), generator)


def to_box(points: Tensor, generator: torch.Generator) -> Tensor:
    """How far points [B, P, 3] are outside a box around 0 along its axes, [B, P]."""
    shares = 0.4 + 0.3 * torch.rand(len(points), 1, 3, generator=generator)
    edges = shares * radii(len(points), generator).unsqueeze(2)
    outside: Tensor = points.abs() - edges
    return outside.amax(2)


def to_ring(points: Tensor, generator: torch.Generator) -> Tensor:
    """How far points [B, P, 3] are outside a torus around 0, [B, P]; negative inside."""
    radius = radii(len(points), generator)
    x, y, z = points.unbind(2)
    return torch.hypot(torch.hypot(x, y) - 0.7 * radius, z) - 0.3 * radius
