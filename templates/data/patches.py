"""Patches of photographs of any size: every image is cut into tiles."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from _files import PILLOW_MODES, DataError, first_ten, image_files, to_mode, upright
from annotated_types import Ge
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from loading import collected

SHAPE = "channels, *image_size"
CLASSES = "0"
RANGE = "(-1.0, 1.0)"

Side = Annotated[int, Ge(1)]
TURNED = (5, 6, 7, 8)  # values of the EXIF tag 0x0112 of images that lie on their side


def measured(file: Path) -> tuple[int, int]:
    """Height and width of an upright image, from its header alone."""
    with Image.open(file) as image:
        width, height = image.size
        return (width, height) if image.getexif().get(0x0112) in TURNED else (height, width)


def tile_starts(length: int, side: int, stride: int) -> list[int]:
    """Where tiles of `side` start along an axis; the last one reaches the end."""
    starts = list(range(0, length - side + 1, stride))
    return starts if starts[-1] == length - side else [*starts, length - side]


def count_tiles(files: Sequence[Path], image_size: tuple[int, int], stride: int) -> list[int]:
    """Number of tiles of each image, from its header alone.

    Raises:
        DataError: images that are smaller than a tile, or that cannot be read.
    """
    counts, small = [], []
    for file in files:
        try:
            sizes = measured(file)
        except OSError as error:
            raise DataError(f"{file}: {error}; repair or remove it") from error
        if any(length < side for length, side in zip(sizes, image_size, strict=True)):
            small.append(f"{file}: {sizes[0]}x{sizes[1]}")
        else:
            along = zip(sizes, image_size, strict=True)
            counts.append(math.prod(len(tile_starts(*axis, stride)) for axis in along))
    if small:
        raise DataError(
            f"{len(small)} of {len(files)} images are smaller than a tile of {image_size[0]}x"
            f"{image_size[1]}; remove them, or set a smaller `image_size`:\n  "
            + first_ten(small, "\n  ")
        )
    return counts


def tiles(
    files: Sequence[Path], image_size: tuple[int, int], channels: int, stride: int
) -> Iterator[NDArray[np.uint8]]:
    """The tiles of one image after the other, uint8 [n, channels, *image_size]."""
    height, width = image_size
    for file in files:
        try:
            with Image.open(file) as image:
                pixels = np.asarray(to_mode(upright(image), PILLOW_MODES[channels]))
        except Exception as error:  # on a damaged file Pillow raises errors of many types
            raise DataError(f"{file}: {error}; repair or remove it") from error
        pixels = pixels.reshape(*pixels.shape[:2], channels).transpose(2, 0, 1)
        tops, lefts = (
            tile_starts(length, side, stride)
            for length, side in zip(pixels.shape[1:], image_size, strict=True)
        )
        yield np.stack([pixels[:, y : y + height, x : x + width] for y in tops for x in lefts])


def load_patches(
    *,
    path: str,
    image_size: tuple[Side, Side],
    channels: Literal[1, 3, 4] = 3,
    stride: Annotated[int, Ge(0)] = 0,
    cache: Literal["auto", "device", "memory", "disk"] = "auto",
) -> tuple[Tensor, Tensor]:
    """Load all tiles: uint8 [N, channels, height, width]; labels int64 [N], 0.

    Args:
        path: the folder of images.
        image_size: height and width of a tile; no image is resized.
        channels: 1 for grey, 3 for RGB, 4 for RGBA; without alpha, transparency becomes white.
        stride: pixels from one tile to the next; 0 is the shorter side, so that none overlap.
        cache: where the tiles are while training; auto decides by their size.

    Raises:
        DataError: a missing folder, no images, images that are smaller than a tile or damaged.
    """
    files = image_files(Path(path).expanduser())
    step = stride or min(image_size)
    count = sum(count_tiles(files, image_size, step))
    images = collected(
        partial(tiles, files, image_size, channels, step),
        (count, channels, *image_size),
        np.uint8,
        cache=cache,
        files=files,
        options=step,
    )
    return images, torch.zeros(count, dtype=torch.int64)
