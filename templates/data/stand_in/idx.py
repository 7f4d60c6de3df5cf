"""Random images and labels in idx files, in place of real ones that are not at hand."""

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def write_idx(file: Path, array: NDArray[np.uint8]) -> None:
    """Write unsigned bytes in the idx format, gzipped if the name ends in .gz."""
    content = bytes([0, 0, 8, array.ndim])
    content += np.array(array.shape, ">u4").tobytes() + array.tobytes()
    file.write_bytes(gzip.compress(content, mtime=0) if file.suffix == ".gz" else content)


def write_stand_in(
    path: Path, *, image_size: tuple[int, int] = (28, 28), classes: int = 10
) -> None:
    """Write 64 (or `classes`, if more) random images, and labels if there are classes.

    A path with "images" in its name is taken for the images file, any other for a folder.
    """
    if "images" not in path.name:
        path = path / "train-images-idx3-ubyte"
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    count = max(64, classes)
    write_idx(path, generator.integers(256, size=(count, *image_size), dtype=np.uint8))
    if classes:
        labels = (np.arange(count) % classes).astype(np.uint8)
        labels_name = path.name.replace("images", "labels").replace("idx3", "idx1")
        write_idx(path.with_name(labels_name), labels)
