"""Random images in a folder, in place of real ones that are not at hand."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_stand_in(
    path: Path, *, image_size: tuple[int, int], channels: int = 3, classes: int = 0
) -> None:
    """Write 64 (or `classes`, if more) random PNG files, in a subfolder for each class."""
    generator = np.random.default_rng(0)
    for index in range(max(64, classes)):
        folder = path / f"class_{index % classes:04}" if classes else path
        folder.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(256, size=(*image_size, channels), dtype=np.uint8)
        Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).save(
            folder / f"{index:04}.png"
        )
