"""What the sources that read files share: decoding images, checking labels, naming bad files."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from loading import rows_per_block

IMAGE_SUFFIXES = frozenset(
    [
        ".bmp",
        ".gif",
        ".jfif",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".ppm",
        ".tif",
        ".tiff",
        ".webp",
    ]
)
PILLOW_MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # by number of channels


class DataError(ValueError):
    """Data that cannot be used: the message has the path, what was found and what to do."""


def first_ten(items: Sequence[str], separator: str) -> str:
    """Join the first ten items and say how many more there are."""
    more = [f"and {len(items) - 10} more"] if len(items) > 10 else []
    return separator.join([*items[:10], *more])


def check_folder(folder: Path) -> None:
    """Raise a DataError unless `folder` is a folder."""
    if not folder.is_dir():
        found = "not a folder" if folder.exists() else "no such folder"
        raise DataError(
            f"{folder.absolute()}: {found}; name the folder that holds the images with --data-path"
        )


def image_files(folder: Path) -> list[Path]:
    """Return the image files in `folder` and below, always in the same order.

    Hidden files and folders are ignored, and so are files without an image suffix.

    Raises:
        DataError: there is no such folder, or no image in it.
    """
    check_folder(folder)
    files = [
        path
        for path in folder.rglob("*")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not path.is_dir()  # so that a dangling link is kept, and reported when it is read
    ]
    images = sorted((path for path in files if path.suffix.lower() in IMAGE_SUFFIXES), key=str)
    if not images:
        raise DataError(
            f"{folder}: no images here ({len(files)} other files were ignored); "
            f"put in files ending in {', '.join(sorted(IMAGE_SUFFIXES))}"
        )
    return images


def to_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert an image of any kind to 8 bits in mode L, RGB or RGBA.

    Of 16-bit values the high byte is kept. L and RGB have no transparency: it becomes white.

    Raises:
        ValueError: the image has pixels of more than 16 bits.
    """
    if image.mode.startswith("I"):  # Pillow opens 16-bit grey as I;16, I;16B or I
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 2**16:
            raise ValueError("has 32-bit pixels; save it with 8 or 16 bits")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    elif image.mode == "F":
        raise ValueError("has floating-point pixels; save it with 8 or 16 bits")
    if mode != "RGBA" and image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)


def read_image(
    path: Path, *, image_size: tuple[int, int], channels: int, resize: str
) -> NDArray[np.uint8]:
    """Decode an image file (the first frame of an animation) to [channels, height, width]."""
    with Image.open(path) as image:
        # A large JPEG is decoded at 1/2, 1/4 or 1/8 of its size, which is several times faster;
        # twice the final size is enough for the resizing below to make no visible difference.
        image.draft(None, (2 * max(image_size), 2 * max(image_size)))
        return fitted(upright(image), image_size=image_size, channels=channels, resize=resize)


def upright(image: Image.Image) -> Image.Image:
    """Turn an image as its camera says that it was held."""
    return ImageOps.exif_transpose(image)


def fitted(
    image: Image.Image, *, image_size: tuple[int, int], channels: int, resize: str
) -> NDArray[np.uint8]:
    """Bring an image of any kind and size to [channels, height, width]."""
    height, width = image_size
    picture = to_mode(image, PILLOW_MODES[channels])
    if resize == "crop":
        picture = ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC)
    elif resize == "pad":  # with white, transparent where there is an alpha channel
        picture = ImageOps.pad(picture, (width, height), Image.Resampling.BICUBIC, "#ffffff00")
    else:
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture).reshape(height, width, channels).transpose(2, 0, 1)


def decoded(
    files: Sequence[Path], *, image_size: tuple[int, int], channels: int, resize: str
) -> Iterator[NDArray[np.uint8]]:
    """Decode image files, a block of them at a time: uint8 [n, channels, height, width].

    Raises:
        DataError: some files cannot be decoded; it names them, after trying all.
    """

    read = partial(read_image, image_size=image_size, channels=channels, resize=resize)
    return read_blocks(read, files, (channels, *image_size))


def read_blocks(
    read_file: Callable[[Path], NDArray[np.uint8]], files: Sequence[Path], shape: tuple[int, ...]
) -> Iterator[NDArray[np.uint8]]:
    """What `read_file` makes of each file, a block of them at a time: uint8 [n, *shape].

    Raises:
        DataError: some files cannot be read; it names them, after trying all.
    """

    def read(file: Path, pixels: NDArray[np.uint8]) -> str | None:
        try:
            pixels[:] = read_file(file)
        except UnidentifiedImageError:
            return f"{file}: not an image, or of a kind that Pillow cannot read"
        except Exception as error:  # on a damaged file Pillow raises errors of many types
            return f"{file}: {error or type(error).__name__}"
        return None

    problems: list[str] = []
    rows = rows_per_block(shape, np.uint8)
    with ThreadPoolExecutor(max_workers=8) as pool:  # Pillow decodes without holding the GIL
        for start in range(0, len(files), rows):
            some = files[start : start + rows]
            block = np.empty((len(some), *shape), np.uint8)
            problems += [problem for problem in pool.map(read, some, block) if problem]
            yield block
    if problems:
        raise DataError(
            f"{len(problems)} of {len(files)} images cannot be read; repair or remove them:\n  "
            + first_ten(problems, "\n  ")
        )


def checked_labels(labels: NDArray[Any], *, samples: int, classes: int, path: Path) -> Tensor:
    """Return class labels as int64 [samples].

    Raises:
        DataError: not one integer from 0 to classes - 1 for each sample.
    """
    if labels.dtype.kind not in "iu" or labels.shape != (samples,):
        raise DataError(
            f"{path}: the labels are {labels.dtype} {list(labels.shape)}; "
            f"save one integer for each sample, [{samples}]"
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= classes:
        raise DataError(
            f"{path}: the labels go from {lowest} to {highest}, but {classes} classes are numbered "
            f"0 to {classes - 1}; renumber them, or set `classes` to the number of classes"
        )
    return torch.from_numpy(labels.astype(np.int64))
