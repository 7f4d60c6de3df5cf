"""Random images larger than a tile, in place of photographs that are not at hand."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_stand_in(path: Path, *, image_size: tuple[int, int], channels: int = 3) -> None:
    """Write 16 random PNG files of two by two tiles."""
    generator = np.random.default_rng(0)
    path.mkdir(parents=True, exist_ok=True)
    height, width = image_size
    for index in range(16):
        pixels = generator.integers(256, size=(2 * height, 2 * width, channels), dtype=np.uint8)
        Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).save(
            path / f"{index:04}.png"
        )
