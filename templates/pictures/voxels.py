"""Pictures of voxels: each sample seen from the front, from above and from the side."""

from pathlib import Path

import numpy as np
import torch
from _tiles import save_tiles
from torch import Tensor

RANK = 4  # of one sample


def save_picture(samples: Tensor, path: Path, *, columns: int | None = None) -> None:
    """Voxels [N, C, D, H, W] in [-1, 1] in one PNG: three views of each, small ones enlarged.

    Voxels above 0 are solid, in any channel. The nearer a surface is, the brighter it is.
    """
    solid = samples.detach().float().amax(1).gt(0).cpu()  # [N, D, H, W]
    views = [view(solid.movedim(axis, 1)) for axis in (1, 2, 3)]
    height = max(picture.shape[1] for picture in views)
    padded = [
        np.pad(picture, ((0, 0), (0, height - picture.shape[1]), (0, 1))) for picture in views
    ]
    tiles = np.concatenate(padded, axis=2)
    factor = max(1, 64 // height)
    save_tiles(tiles.repeat(factor, axis=1).repeat(factor, axis=2), path, columns)


def view(solid: Tensor) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """Solids, bool [N, depth, H, W], seen along their depth: uint8 [N, H, W], 0 where empty."""
    depth = solid.shape[1]
    shades = torch.linspace(255, 80, depth).view(1, depth, 1, 1)  # near to far
    return np.asarray((solid * shades).amax(1).round().to(torch.uint8))
