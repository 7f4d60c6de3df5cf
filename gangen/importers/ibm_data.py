"""`gangen import ibm-data`: the toolkit's pickled images become a NumPy file.

The toolkit reads an iterable of images, uint8 [H, W] or [H, W, 3], or with labels the pair
[images, labels].
"""

from __future__ import annotations

import io
from argparse import Namespace
from pathlib import Path
from typing import Any

from gangen.errors import UsageError, printable
from gangen.importers import files
from gangen.importers.pickled import Array, read_pickle
from gangen.importers.resizing import resized

EXPECTED = "the toolkit's images are uint8 [height, width] or [height, width, 3]"


def import_data(chosen: Namespace) -> files.Imported:
    """Convert a pickle. Raises UsageError for data that the toolkit could not have read either."""
    np = _numpy()
    source = Path(chosen.pickle)
    name = str(source)
    found = read_pickle(files.read_whole(source), name)
    labels = None
    if chosen.labels:
        found, labels = _pair(found, name)
    images = _images(found, chosen.size, name)
    arrays = {"images": images}
    if chosen.labels:
        arrays["labels"] = _labels(labels, len(images), name)
    target = Path(chosen.output) if chosen.output else source.with_suffix(".npz")
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    files.write_new(target, packed.getvalue())
    shape = [images.shape[3] if images.ndim == 4 else 1, *images.shape[1:3]]
    said = [f"{len(images):,} images {shape}"]
    if chosen.labels:
        said.append(f"labels of {int(arrays['labels'].max()) + 1} classes")
    return files.Imported(f"wrote {printable(str(target))}: {', '.join(said)}\n")


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise UsageError(
            "converting data needs NumPy, which is not installed",
            help="install it: `pip install numpy`; everything else of gangen works without it",
        ) from None
    return numpy


def _pair(found: Any, name: str) -> tuple[Any, Any]:
    if isinstance(found, list | tuple) and len(found) == 2:
        return found[0], found[1]
    raise UsageError(
        f"{name}: labelled data is a pair [images, labels], this is {_described(found)}",
        help="leave --labels out if there are none",
    )


def _images(found: Any, side: int | None, name: str) -> Any:
    """uint8 [N, H, W] or [N, H, W, 3]."""
    np = _numpy()
    whole = isinstance(found, Array)
    images = list(_array(found, name)) if whole and found.shape else found
    if not isinstance(images, list | tuple) or len(images) == 0:
        raise UsageError(f"{name}: {_described(found)} holds no images", help=EXPECTED)
    checked = []
    for at, image in enumerate(images):
        values = image if whole else _array(image, f"{name}: image {at}")
        checked.append(_checked(values, f"{name}: image {at}", side))
    shapes = sorted({value.shape for value in checked})
    if side is not None and len(shapes) > 1:
        checked = [resized(value[np.newaxis], side)[0] for value in checked]
        shapes = sorted({value.shape for value in checked})
    if len(shapes) > 1:
        raise UsageError(
            f"{name}: images of several shapes, {list(shapes[0])} and {list(shapes[-1])}",
            help="give --size: the toolkit resizes them all" if side is None else EXPECTED,
        )
    stacked = np.stack(checked)
    return stacked if side is None else resized(stacked, side)


def _checked(values: Any, name: str, side: int | None) -> Any:
    """One image, looked at."""
    np = _numpy()
    if values.dtype.kind in "iu" and values.size and values.min() >= 0 and values.max() <= 255:
        values = values.astype(np.uint8)
    right = values.ndim == 2 or (values.ndim == 3 and values.shape[2] == 3)
    if values.dtype != np.uint8 or not right or not values.size:
        found = f"{values.dtype} {list(values.shape)}"
        help = EXPECTED
        if values.ndim == 0 or values.ndim == 4:
            help = "give --labels if the file is a pair [images, labels]"
        raise UsageError(f"{name} is {found}", help=help)
    if side is not None and values.shape[0] != values.shape[1]:
        raise UsageError(
            f"{name} is {values.shape[0]}x{values.shape[1]}: the toolkit keeps the proportions, "
            "and its networks take squares only",
            help="leave --size out, and resize the images yourself",
        )
    return values


def _labels(found: Any, number: int, name: str) -> Any:
    """int64 [N]."""
    np = _numpy()
    values = _array(found, f"{name}: labels")
    values = values.reshape(-1) if values.size == number else values
    if values.dtype.kind not in "biu" or values.shape != (number,) or values.min() < 0:
        raise UsageError(
            f"{name}: the labels are {values.dtype} {list(values.shape)}",
            help=f"there must be one number from 0 up for each of the {number:,} images",
        )
    return values.astype(np.int64)


def _array(value: Any, name: str) -> Any:
    """A NumPy array of an Array, or of numbers in lists."""
    np = _numpy()
    if isinstance(value, Array) and value.type is not None:
        flat = np.frombuffer(value.data, value.type.text)
        return flat.reshape(value.shape, order="F" if value.fortran else "C")
    if isinstance(value, list | tuple):
        try:
            numbers = np.array([_number(item, name) for item in value])
        except ValueError:
            raise UsageError(f"{name} has rows of several lengths", help=EXPECTED) from None
        if numbers.dtype.kind in "biuf":
            return numbers
    raise UsageError(f"{name} is {_described(value)}, not an array of numbers", help=EXPECTED)


def _number(item: Any, name: str, depth: int = 0) -> Any:
    """A number, or a short nest of them; an image has three axes at most."""
    if isinstance(item, Array) and item.shape == () and item.type is not None:
        return _array(item, name).item()
    if isinstance(item, list | tuple) and depth < 2:
        return [_number(part, name, depth + 1) for part in item]
    if isinstance(item, int | float) and -(2**63) <= item < 2**63:
        return item
    raise UsageError(f"{name} holds {_described(item)}, not a number", help=EXPECTED)


def _described(value: Any) -> str:
    if isinstance(value, Array):
        return f"an array {list(value.shape)}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value):,}"
    return "nothing" if value is None else f"a {type(value).__name__}"
