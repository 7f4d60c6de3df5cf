"""Bilinear resizing as Pillow's, to the last bit: the toolkit's data goes through that.

Pillow (src/libImaging/Resample.c) weighs with a triangle, as wide as the shrinking asks, in whole
numbers of 22 bits, first along the rows, then along the columns, with bytes in between.
"""

from __future__ import annotations

from typing import Any

BITS = 22
ROWS = 512  # images at a time: the sums need eight times the memory of the bytes


def resized(images: Any, side: int) -> Any:
    """uint8 [N, H, W] or [N, H, W, C] -> the same with H = W = side."""
    import numpy as np

    if images.shape[1:3] == (side, side):
        return images
    result = np.empty((len(images), side, side, *images.shape[3:]), np.uint8)
    for start in range(0, len(images), ROWS):
        part = images[start : start + ROWS]
        result[start : start + ROWS] = _along(_along(part, 2, side), 1, side)
    return result


def _along(images: Any, axis: int, side: int) -> Any:
    """Resize one axis."""
    import numpy as np

    if images.shape[axis] == side:
        return images
    values = np.moveaxis(images, axis, -1).astype(np.int64)
    sums = np.full((*values.shape[:-1], side), 1 << (BITS - 1), np.int64)
    for at, (first, weights) in enumerate(_weights(images.shape[axis], side)):
        taken = values[..., first : first + len(weights)]
        sums[..., at] += taken @ np.array(weights, np.int64)
    return np.moveaxis(np.clip(sums >> BITS, 0, 255).astype(np.uint8), -1, axis)


def _weights(old: int, new: int) -> list[tuple[int, list[int]]]:
    """For each new pixel the first old one that it is made of, and the weights from there on."""
    scale = old / new
    reach = max(scale, 1.0)
    found = []
    for at in range(new):
        centre = (at + 0.5) * scale
        first, last = max(int(centre - reach + 0.5), 0), min(int(centre + reach + 0.5), old)
        shares = [max(1 - abs((x - centre + 0.5) / reach), 0.0) for x in range(first, last)]
        whole = sum(shares)
        found.append((first, [int(0.5 + share / whole * (1 << BITS)) for share in shares]))
    return found
