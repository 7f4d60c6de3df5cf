"""Grey images in the idx format of MNIST and its relatives (Y. LeCun, C. Cortes and C. Burges)."""

import gzip
import math
from pathlib import Path
from typing import Annotated
from zlib import error as ZlibError

import numpy as np
import torch
from _files import DataError, checked_labels
from annotated_types import Ge
from numpy.typing import NDArray
from torch import Tensor

SHAPE = "1, *image_size"
CLASSES = "classes"
RANGE = "(-1.0, 1.0)"


def find_idx(file: Path) -> Path:
    """Return `file` or its twin with (or without) `.gz`, whichever exists.

    Raises:
        DataError: there is neither.
    """
    twin = file.with_suffix("") if file.suffix == ".gz" else file.with_name(f"{file.name}.gz")
    for candidate in (file, twin):
        if candidate.is_file():
            return candidate
    raise DataError(
        f"{file.absolute()}: no such file, nor {twin.name}; name its folder with --data-path"
    )


def read_idx(file: Path, *, dimensions: int) -> NDArray[np.uint8]:
    """Read an idx file of unsigned bytes, gzipped or not, of the given number of dimensions.

    Layout, big-endian: two zero bytes, 0x08 for unsigned bytes, the number of dimensions, a
    32-bit size for each dimension, the values.

    Raises:
        DataError: not such a file, or truncated.
    """
    try:
        content = file.read_bytes()
        if content.startswith(b"\x1f\x8b"):  # gzip
            content = gzip.decompress(content)
    except (OSError, EOFError, ZlibError) as error:
        raise DataError(f"{file}: cannot be read ({error}); fetch the file again") from error
    header, magic = 4 + 4 * dimensions, bytes([0, 0, 8, dimensions])
    if content[:4] != magic:
        raise DataError(
            f"{file}: starts with the bytes {content[:4].hex(' ') or 'of an empty file'}, expected "
            f"{magic.hex(' ')}; give an idx{dimensions} file of unsigned bytes"
        )
    shape = np.frombuffer(content[4:header].ljust(header - 4, b"\0"), ">u4").astype(int).tolist()
    expected = header + math.prod(shape)
    if 0 in shape:
        raise DataError(f"{file}: its header {shape} means that it is empty; fetch the file again")
    if len(content) != expected:
        raise DataError(
            f"{file}: {len(content)} bytes where its header {shape} means {expected}; "
            "fetch the file again"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()


def labels_file(images_file: Path) -> Path:
    """Return the labels file that belongs to an images file: NAME-labels-idx1-ubyte beside it.

    Raises:
        DataError: there is none.
    """
    name = images_file.name.replace("images", "labels").replace("idx3", "idx1")
    if name == images_file.name:
        raise DataError(
            f"{images_file}: no name for its labels file; rename it to NAME-images-idx3-ubyte with "
            "NAME-labels-idx1-ubyte beside it, or set `classes` to 0"
        )
    return find_idx(images_file.with_name(name))


def load_idx(
    *,
    path: str,
    image_size: tuple[Annotated[int, Ge(1)], Annotated[int, Ge(1)]] = (28, 28),
    classes: Annotated[int, Ge(0)] = 10,
) -> tuple[Tensor, Tensor]:
    """Load images as uint8 [N, 1, height, width] and labels as int64 [N] (0 if unlabelled).

    Args:
        path: folder that holds train-images-idx3-ubyte (or .gz), or the path of such a file.
        image_size: height and width of the images in the file.
        classes: number of classes; 0 leaves the labels file unread.

    Raises:
        DataError: a missing, foreign or truncated file, or images of another size.
    """
    file = Path(path).expanduser()
    file = find_idx(file / "train-images-idx3-ubyte" if file.is_dir() else file)
    images = read_idx(file, dimensions=3)
    if images.shape[1:] != tuple(image_size):
        raise DataError(
            f"{file}: the images are {list(images.shape[1:])}, expected {list(image_size)}; "
            "set `image_size` to the size in the file"
        )
    samples = torch.from_numpy(images).unsqueeze(1)
    if not classes:
        return samples, torch.zeros(len(samples), dtype=torch.int64)
    beside = labels_file(file)
    labels = read_idx(beside, dimensions=1)
    return samples, checked_labels(labels, samples=len(samples), classes=classes, path=beside)
