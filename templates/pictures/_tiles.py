"""What the pictures share that draw every sample into a tile of its own."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def save_tiles(tiles: Pixels, path: Path, columns: int | None) -> None:
    """Grey tiles uint8 [N, H, W] as one PNG, row by row, white between them."""
    number, height, width = tiles.shape
    columns = columns or math.ceil(math.sqrt(number))
    rows = math.ceil(number / columns)
    gap, height, width = 2, height + 2, width + 2
    canvas = np.full((rows * height + gap, columns * width + gap), 255, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = gap + index // columns * height, gap + index % columns * width
        canvas[top : top + height - gap, left : left + width - gap] = tile
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(canvas).save(path)
