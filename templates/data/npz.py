"""Images, vectors, waves or voxels from a NumPy file (.npz, or .npy for samples alone)."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Literal
from zipfile import BadZipFile, ZipFile, is_zipfile
from zlib import error as ZlibError

import numpy as np
import torch
from _files import DataError, checked_labels
from annotated_types import Ge, MaxLen, MinLen
from numpy.typing import NDArray
from torch import Tensor

from loading import collected, rows_per_block

SHAPE = "shape"
CLASSES = "0 if attributes else classes"
ATTRIBUTES = "attributes"
RANGE = "None if len(shape) == 1 else (-1.0, 1.0)"


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Whatever goes wrong while the file is read becomes a DataError."""
    try:
        yield
    except (OSError, ValueError, EOFError, BadZipFile, ZlibError) as error:
        raise DataError(
            f"{file}: cannot be read ({type(error).__name__}): damaged, not a NumPy file, or one "
            "of Python objects, which are never unpickled; save numeric arrays with numpy.savez"
        ) from error


def read_arrays(file: Path, keys: list[str]) -> list[NDArray[Any]]:
    """Find the named arrays and read all but the first, which may be large.

    A .npy file has a single array, which answers to the first name.

    Raises:
        DataError: no such file, no such array, a damaged file, or one that holds Python objects.
    """
    if not file.is_file():
        raise DataError(
            f"{file.absolute()}: no such file; name a .npz or .npy file with --data-path"
        )
    with readable(file):
        loaded = np.load(file, mmap_mode="r", allow_pickle=False)
        content = {keys[0]: loaded} if isinstance(loaded, np.ndarray) else loaded
        names = list(content)
        arrays = [content[key] for key in keys[1:] if key in names]
    for key in keys:
        if key not in names:
            raise DataError(
                f"{file}: no array {key!r}, only {', '.join(names) or 'an empty file'}; "
                "set `samples_key`, `labels_key` and `attributes_key` to the names in the file"
            )
    return arrays


@contextmanager
def opened_array(
    file: Path, key: str
) -> Iterator[tuple[IO[bytes], tuple[int, ...], Literal["C", "F"], Any]]:
    """An array that is there, opened behind its header, with its shape, order and type."""
    with ExitStack() as stack:
        if is_zipfile(file):
            archive = stack.enter_context(ZipFile(file))
            opened: IO[bytes] = stack.enter_context(archive.open(f"{key}.npy"))
        else:
            opened = stack.enter_context(file.open("rb"))
        library: Any = np.lib.format
        newer = library.read_magic(opened) > (1, 0)
        header = library.read_array_header_2_0 if newer else library.read_array_header_1_0
        shape, columns_first, dtype = header(opened)
        if dtype.hasobject:
            raise ValueError("an array of Python objects")
        yield opened, shape, "F" if columns_first else "C", dtype


def read_rows(file: Path, key: str) -> Iterator[NDArray[Any]]:
    """The rows of an array, a block at a time; raises a DataError if the file is damaged.

    One stored by columns (Fortran order) is in memory as a whole: its rows are all over the file.
    """
    with readable(file), opened_array(file, key) as (opened, shape, order, dtype):
        rows = rows_per_block(shape[1:], dtype)
        at_once = rows if order == "C" else shape[0]
        for start in range(0, shape[0], at_once):
            count = min(at_once, shape[0] - start)
            content = opened.read(count * math.prod(shape[1:]) * dtype.itemsize)
            read = np.frombuffer(content, dtype).reshape((count, *shape[1:]), order=order)
            yield from (read[first : first + rows] for first in range(0, count, rows))


def check_finite(values: NDArray[Any], file: Path) -> None:
    """Raise a DataError that names the first sample with a NaN or an infinite value."""
    finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"{file}: {np.count_nonzero(~finite)} of {len(values)} samples have NaN or infinite "
            f"values, first sample {np.argmin(finite)}; remove or repair them"
        )


def channels_first(array: NDArray[Any], shape: tuple[int, ...], file: Path) -> NDArray[Any]:
    """Bring samples to [N, C, ...], from [N, ...], [N, ..., C] or [N, C, ...].

    Raises:
        DataError: another shape, or one that can be read in two ways.
    """
    channels, *sizes = shape
    found, last = array.shape[1:], (*sizes, channels)
    if channels > 1 and found == shape == last:
        raise DataError(
            f"{file}: {list(array.shape)} can be read channels first or last; "
            "resize the samples so that their first axis is not as long as there are channels"
        )
    if found == shape:
        return array
    if found == last:
        return np.moveaxis(array, -1, 1)
    if found == tuple(sizes) and channels == 1:
        return array[:, np.newaxis]
    what = "images" if len(shape) == 3 else "samples"
    raise DataError(
        f"{file}: the {what} are {list(array.shape)}, expected "
        f"[N, {', '.join(map(str, shape))}] or [N, {', '.join(map(str, last))}]; "
        "set `shape` to that of one sample, channels first"
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


def signal_array(array: NDArray[Any], shape: tuple[int, ...], file: Path) -> NDArray[np.float32]:
    """Bring waves to float32 [N, C, L], voxels to [N, C, D, H, W], with values from -1 to 1.

    Raises:
        DataError: another shape, or values that are not floats from -1 to 1, int16 or bool.
    """
    signals = channels_first(array, shape, file)
    if signals.dtype == np.int16:  # as in most sound files
        return np.ascontiguousarray(signals, np.float32) / np.float32(2**15)
    if signals.dtype == np.bool_:  # voxels, full or empty
        return np.ascontiguousarray(signals, np.float32) * 2 - 1
    if signals.dtype.kind != "f":
        raise DataError(
            f"{file}: the samples are {signals.dtype}; save floats from -1 to 1, int16 or bool"
        )
    check_finite(signals, file)
    lowest, highest = signals.min(), signals.max()
    if lowest < -1 or highest > 1:
        raise DataError(
            f"{file}: the samples are floats from {lowest} to {highest}; scale them to -1 to 1"
        )
    return np.ascontiguousarray(signals, np.float32)


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
    return finite_floats(array, file)


def finite_floats(array: NDArray[Any], file: Path) -> NDArray[np.float32]:
    """Numbers [N, ...] as float32.

    Raises:
        DataError: some are not finite as float32.
    """
    with np.errstate(over="ignore"):  # what is too large for float32 is found to be infinite
        floats = array.astype(np.float32)
    check_finite(floats, file)
    return floats


def checked_attributes(array: NDArray[Any], shape: tuple[int, int], file: Path) -> Tensor:
    """Return attributes as float32 [N, attributes].

    Raises:
        DataError: not so many finite numbers for each sample.
    """
    if array.shape != shape or array.dtype.kind not in "biuf":
        raise DataError(
            f"{file}: the attributes are {array.dtype} {list(array.shape)}, "
            f"expected numbers {list(shape)}; set `attributes` to how many each sample has"
        )
    return torch.from_numpy(finite_floats(array, file))


def load_samples(
    file: Path,
    key: str,
    shape: tuple[int, ...],
    cache: Literal["auto", "device", "memory", "disk"],
) -> Tensor:
    """Load samples [N, *shape], images as uint8 and all others as float32.

    Raises:
        DataError: a damaged file, or an array of another shape, type or range.
    """
    with readable(file), opened_array(file, key) as (_, found, _, _):
        pass
    if not found or found[0] == 0:
        raise DataError(f"{file}: {key!r} is empty; save at least one sample")

    def blocks() -> Iterator[NDArray[Any]]:
        for rows in read_rows(file, key):
            if len(shape) == 1:
                yield vector_array(rows, shape, file)
            elif len(shape) == 3:
                yield image_array(rows, shape, file)
            else:
                yield signal_array(rows, shape, file)

    return collected(
        blocks,
        (found[0], *shape),
        np.uint8 if len(shape) == 3 else np.float32,
        cache=cache,
        files=[file],
        options=key,
    )


def load_npz(
    *,
    path: str,
    shape: Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1), MaxLen(4)],
    samples_key: Annotated[str, MinLen(1)] = "images",
    labels_key: Annotated[str, MinLen(1)] = "labels",
    attributes_key: Annotated[str, MinLen(1)] = "attributes",
    classes: Annotated[int, Ge(0)] = 0,
    attributes: Annotated[int, Ge(0)] = 0,
    cache: Literal["auto", "device", "memory", "disk"] = "auto",
) -> tuple[Tensor, Tensor]:
    """Load samples, images as uint8 and all others as float32, and labels int64 [N].

    With attributes these take the place of the labels: float32 [N, attributes].

    Args:
        path: the .npz file; or a .npy file, which holds samples alone.
        shape: shape of one sample: [length] of a vector, [channels, length] of a wave, [channels,
            height, width] of an image, [channels, depth, height, width] of voxels.
        samples_key: name of the array of samples.
        labels_key: name of the array of labels; read when there are classes and no attributes.
        attributes_key: name of the array of attributes; read when there are any.
        classes: number of classes; 0 when the samples are unlabelled.
        attributes: how many numbers describe each sample; with any, labels are not read.
        cache: where the decoded data are while training; auto decides by their size.

    Raises:
        DataError: a missing or damaged file, or arrays of another shape, type or range.
    """
    file = Path(path).expanduser()
    beside = [attributes_key] if attributes else [labels_key] if classes else []
    others = read_arrays(file, [samples_key, *beside])
    samples = load_samples(file, samples_key, shape, cache)
    if attributes:
        return samples, checked_attributes(others[0], (len(samples), attributes), file)
    if not classes:
        return samples, torch.zeros(len(samples), dtype=torch.int64)
    return samples, checked_labels(others[0], samples=len(samples), classes=classes, path=file)
