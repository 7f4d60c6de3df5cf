"""Pictures of image samples: grids as PNG."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

RANK = 3  # of one sample


def to_pixels(images: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Images [N, C, H, W] in [-1, 1] as bytes [N, H, W, C], C being 1, 3 or 4.

    Other numbers of channels have no colours: they are laid side by side in grey.
    """
    if images.shape[1] not in (1, 3, 4):
        images = torch.cat(images.split(1, dim=1), dim=3)  # [N, 1, H, C * W]
    pixels = (images.detach().float().clamp(-1, 1) + 1) * 127.5
    return pixels.round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def save_image(pixels: np.ndarray[Any, np.dtype[np.uint8]], path: Path) -> None:
    """Bytes [H, W, C] as a PNG; C is 1, 3 or 4."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(path)


def save_picture(samples: Tensor, path: Path, *, columns: int | None = None) -> None:
    """Images [N, C, H, W] in [-1, 1] as one PNG, row by row, small ones enlarged."""
    pixels = to_pixels(samples)
    number, height, width, channels = pixels.shape
    columns = columns or math.ceil(math.sqrt(number))
    rows = math.ceil(number / columns)
    factor = max(1, 64 // max(height, width))
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    gap, height, width = 2, height * factor + 2, width * factor + 2
    canvas = np.full((rows * height + gap, columns * width + gap, channels), 255, np.uint8)
    for index, image in enumerate(pixels):
        top, left = gap + index // columns * height, gap + index % columns * width
        canvas[top : top + height - gap, left : left + width - gap] = image
    save_image(canvas, path)
