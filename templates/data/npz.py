"""Images or vectors from the arrays of a NumPy file (.npz, or .npy without labels)."""

from pathlib import Path
from typing import Annotated, Any
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np
import torch
from _files import DataError, checked_labels
from annotated_types import Ge, MaxLen, MinLen
from numpy.typing import NDArray
from torch import Tensor

SHAPE = "shape"
CLASSES = "classes"
RANGE = "(-1.0, 1.0) if len(shape) == 3 else None"


def read_arrays(file: Path, keys: list[str]) -> list[NDArray[Any]]:
    """Read the named arrays; a .npy file has a single one, which answers to the first name.

    Raises:
        DataError: no such file, no such array, a damaged file, or one that holds Python objects.
    """
    if not file.is_file():
        raise DataError(
            f"{file.absolute()}: no such file; name a .npz or .npy file with --data-path"
        )
    try:
        with file.open("rb") as opened:
            loaded = np.load(opened, allow_pickle=False)
            content = {keys[0]: loaded} if isinstance(loaded, np.ndarray) else loaded
            names = ", ".join(content)
            arrays = {key: content[key] for key in keys if key in content}
    except (OSError, ValueError, EOFError, BadZipFile, ZlibError) as error:
        raise DataError(
            f"{file}: cannot be read ({type(error).__name__}): damaged, not a NumPy file, or one "
            "of Python objects, which are never unpickled; save numeric arrays with numpy.savez"
        ) from error
    for key in keys:
        if key not in arrays:
            raise DataError(
                f"{file}: no array {key!r}, only {names or 'an empty file'}; "
                "set `samples_key` and `labels_key` to the names in the file"
            )
    return [arrays[key] for key in keys]


def check_finite(values: NDArray[Any], file: Path) -> None:
    """Raise a DataError that names the first sample with a NaN or an infinite value."""
    finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"{file}: {np.count_nonzero(~finite)} of {len(values)} samples have NaN or infinite "
            f"values, first sample {np.argmin(finite)}; remove or repair them"
        )


def channels_first(array: NDArray[Any], shape: tuple[int, ...], file: Path) -> NDArray[Any]:
    """Bring images to [N, C, H, W], from [N, H, W], [N, H, W, C] or [N, C, H, W].

    Raises:
        DataError: another shape, or one that can be read in two ways.
    """
    channels, height, width = shape
    found = array.shape[1:]
    if channels > 1 and found == (channels, height, width) == (height, width, channels):
        raise DataError(
            f"{file}: {list(array.shape)} can be read channels first or last; "
            "resize the images so that their height is not the number of channels"
        )
    if found == (channels, height, width):
        return array
    if found == (height, width, channels):
        return array.transpose(0, 3, 1, 2)
    if found == (height, width) and channels == 1:
        return array[:, np.newaxis]
    raise DataError(
        f"{file}: the images are {list(array.shape)}, expected [N, {channels}, {height}, {width}] "
        f"or [N, {height}, {width}, {channels}]; set `shape` to [channels, height, width]"
    )


def image_array(array: NDArray[Any], shape: tuple[int, ...], file: Path) -> NDArray[np.uint8]:
    """Bring images to uint8 [N, C, H, W].

    Raises:
        DataError: another shape, or values that are neither uint8 nor floats from 0 to 1.
    """
    images = channels_first(array, shape, file)
    if images.dtype.kind == "f":
        check_finite(images, file)
        lowest, highest = images.min(), images.max()
        if lowest < 0 or highest > 1:
            raise DataError(
                f"{file}: the images are floats from {lowest} to {highest}; "
                "scale them to 0 to 1, or save uint8 from 0 to 255"
            )
        images = np.rint(images * 255).astype(np.uint8)
    if images.dtype != np.uint8:
        raise DataError(f"{file}: the images are {images.dtype}; save uint8, or floats from 0 to 1")
    return np.ascontiguousarray(images)


def vector_array(array: NDArray[Any], shape: tuple[int, ...], file: Path) -> NDArray[np.float32]:
    """Bring vectors to float32 [N, D].

    Raises:
        DataError: another shape, values that are not numbers, or not finite as float32.
    """
    if array.shape[1:] != shape or array.dtype.kind not in "iuf":
        raise DataError(
            f"{file}: the samples are {array.dtype} {list(array.shape)}, "
            f"expected numbers [N, {shape[0]}]; set `shape` to that of one sample"
        )
    with np.errstate(over="ignore"):  # what is too large for float32 is found to be infinite
        vectors = array.astype(np.float32)
    check_finite(vectors, file)
    return vectors


def load_npz(
    *,
    path: str,
    shape: Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1), MaxLen(3)],
    samples_key: Annotated[str, MinLen(1)] = "images",
    labels_key: Annotated[str, MinLen(1)] = "labels",
    classes: Annotated[int, Ge(0)] = 0,
) -> tuple[Tensor, Tensor]:
    """Load images as uint8 [N, C, H, W] or vectors as float32 [N, D], and labels int64 [N].

    Args:
        path: the .npz file; or a .npy file, which holds no labels.
        shape: shape of one sample, [channels, height, width] for images or [length] for vectors.
        samples_key: name of the array of samples.
        labels_key: name of the array of labels; not read when `classes` is 0.
        classes: number of classes; 0 when the samples are unlabelled.

    Raises:
        DataError: a missing or damaged file, or arrays of another shape, type or range.
    """
    if len(shape) not in (1, 3):
        raise DataError(f"shape {list(shape)}: give [channels, height, width] or [length]")
    file = Path(path).expanduser()
    array, *labels = read_arrays(file, [samples_key, labels_key] if classes else [samples_key])
    if array.ndim == 0 or len(array) == 0:
        raise DataError(f"{file}: {samples_key!r} is empty; save at least one sample")
    to_samples = image_array if len(shape) == 3 else vector_array
    samples = torch.from_numpy(to_samples(array, shape, file))
    if not classes:
        return samples, torch.zeros(len(samples), dtype=torch.int64)
    return samples, checked_labels(labels[0], samples=len(samples), classes=classes, path=file)
