"""Random arrays in a NumPy file, in place of real ones that are not at hand."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write_stand_in(
    path: Path,
    *,
    shape: tuple[int, ...],
    samples_key: str = "images",
    labels_key: str = "labels",
    attributes_key: str = "attributes",
    classes: int = 0,
    attributes: int = 0,
) -> None:
    """Write 64 (or `classes`, if more) random samples, and labels and attributes if there are any.

    A path that ends in .npy gets the samples alone.
    """
    generator = np.random.default_rng(0)
    count = max(64, classes)
    samples: NDArray[Any] = generator.standard_normal((count, *shape), dtype=np.float32)
    if len(shape) == 3:
        samples = generator.integers(256, size=samples.shape, dtype=np.uint8)
    elif len(shape) > 1:
        samples = np.tanh(samples)
    arrays = {samples_key: samples}
    if classes:
        arrays[labels_key] = np.arange(count) % classes
    if attributes:
        arrays[attributes_key] = generator.random((count, attributes), dtype=np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:  # given a name, NumPy would append its own suffix
        if path.suffix == ".npy":
            np.save(file, samples)
        else:
            np.savez(file, allow_pickle=False, **arrays)
