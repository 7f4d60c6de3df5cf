"""Pairs of images, source and target: two folders with the same names, or files side by side."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from _files import DataError, check_folder, first_ten, fitted, image_files, read_blocks, upright
from annotated_types import Ge
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from loading import collected

SHAPE = "source_channels + channels, *image_size"
RANGE = "(-1.0, 1.0)"
CLASSES = "0"

Channels = Literal[1, 3, 4]
Fit = Callable[[Image.Image], NDArray[np.uint8]]


def partners(root: Path, source: str, target: str) -> dict[Path, Path]:
    """The target of each source: the file of the same name, whatever its ending.

    Raises:
        DataError: a missing folder, a file without partner, two files of one name, or partners of
            different sizes; it names them.
    """
    check_folder(root)
    found: list[dict[str, Path]] = []
    for folder in (root / source, root / target):
        files = image_files(folder)
        names = {str(file.relative_to(folder).with_suffix("")): file for file in files}
        if len(names) < len(files):
            twice = [str(file) for file in files if file not in names.values()]
            raise DataError(
                f"{folder}: files that differ in their ending alone; remove one of each:\n  "
                + first_ten(twice, "\n  ")
            )
        found.append(names)
    here, there = found
    alone = [str(here.get(name) or there[name]) for name in sorted(here.keys() ^ there.keys())]
    if alone:
        raise DataError(
            f"{len(alone)} images have no partner of the same name in {root / source} and "
            f"{root / target}; add the partners, or remove them:\n  " + first_ten(alone, "\n  ")
        )
    pairs = {here[name]: there[name] for name in sorted(here)}
    sizes = [(a, dimensions(a), b, dimensions(b)) for a, b in pairs.items()]
    unlike = [f"{a} {x}, {b} {y}" for a, x, b, y in sizes if x and y and x != y]
    if unlike:
        raise DataError(
            f"{len(unlike)} pairs of images of different sizes; bring both to the same size:\n  "
            + first_ten(unlike, "\n  ")
        )
    return pairs


def dimensions(file: Path) -> str:
    """Width and height of an image, as far as it can be read: what cannot is reported later."""
    try:
        with Image.open(file) as image:
            return f"{image.width}x{image.height}"
    except Exception:  # on a damaged file Pillow raises errors of many types
        return ""


def read_pair(
    path: Path, *, pairs: Mapping[Path, Path], left: str, fits: tuple[Fit, Fit]
) -> NDArray[np.uint8]:
    """A source and its target, from two files, or from the halves of one that has no partner."""
    source, target = fits
    with Image.open(path) as image:
        if path in pairs:
            first = source(upright(image))
        else:
            halves = halved(image)
            here, there = halves if left == "source" else halves[::-1]
            return np.concatenate([source(here), target(there)])
    try:
        with Image.open(pairs[path]) as image:
            return np.concatenate([first, target(upright(image))])
    except UnidentifiedImageError as error:  # `path` would be blamed for it
        raise ValueError(f"its partner {pairs[path]} is not an image") from error


def halved(image: Image.Image) -> list[Image.Image]:
    """The left and the right half."""
    width, height = image.size
    if width % 2:
        raise ValueError(f"is {width} pixels wide, which does not halve; make it even")
    return [image.crop((left, 0, left + width // 2, height)) for left in (0, width // 2)]


def load_pairs(
    *,
    path: str,
    image_size: tuple[Annotated[int, Ge(1)], Annotated[int, Ge(1)]],
    channels: Channels = 3,
    source_channels: Channels = 3,
    layout: Literal["folders", "side_by_side"] = "folders",
    folders: tuple[str, str] = ("source", "target"),
    left: Literal["source", "target"] = "source",
    resize: Literal["crop", "squash", "pad"] = "crop",
    cache: Literal["auto", "device", "memory", "disk"] = "auto",
) -> tuple[Tensor, Tensor]:
    """Load all pairs: uint8 [N, source_channels + channels, height, width]; labels int64 [N], 0.

    Args:
        path: the folder.
        image_size: height and width to which both images are brought.
        channels: of the target; 1 for grey, 3 for RGB, 4 for RGBA.
        source_channels: of the source, likewise.
        layout: two folders in which partners have the same name, or one with both in each file.
        folders: names of the folders of sources and of targets, where there are two.
        left: which of them is on the left, where they are side by side.
        resize: crop the centre, squash to the new proportions, or pad with white.
        cache: where the decoded data are while training; auto decides by their size.

    Raises:
        DataError: a missing folder, images without partner, of different sizes, unreadable ones.
    """
    root = Path(path).expanduser()
    pairs = partners(root, *folders) if layout == "folders" else {}
    files = list(pairs) or image_files(root)
    bring = partial(fitted, image_size=image_size, resize=resize)
    fits = partial(bring, channels=source_channels), partial(bring, channels=channels)
    read = partial(read_pair, pairs=pairs, left=left, fits=fits)
    shape = (source_channels + channels, *image_size)
    blocks, used = partial(read_blocks, read, files, shape), [*files, *pairs.values()]
    whole, options = (len(files), *shape), (resize, layout, left)
    images = collected(blocks, whole, np.uint8, cache=cache, files=used, options=options)
    return images, torch.zeros(len(images), dtype=torch.int64)
