"""Random pairs of images, in place of real ones that are not at hand."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_stand_in(
    path: Path,
    *,
    image_size: tuple[int, int],
    channels: int = 3,
    source_channels: int = 3,
    layout: str = "folders",
    folders: tuple[str, str] = ("source", "target"),
) -> None:
    """Write 64 pairs of random PNG files, in two folders or side by side."""
    generator = np.random.default_rng(0)
    for index in range(64):
        images = []
        for depth in (source_channels, channels):
            pixels = generator.integers(256, size=(*image_size, depth), dtype=np.uint8)
            images.append(Image.fromarray(pixels.squeeze(2) if depth == 1 else pixels))
        if layout == "folders":
            for folder, image in zip(folders, images, strict=True):
                (path / folder).mkdir(parents=True, exist_ok=True)
                image.save(path / folder / f"{index:04}.png")
        else:
            path.mkdir(parents=True, exist_ok=True)
            height, width = image_size
            both = Image.new("RGB", (2 * width, height))
            both.paste(images[0], (0, 0))
            both.paste(images[1], (width, 0))
            both.save(path / f"{index:04}.png")
