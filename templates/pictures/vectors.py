"""Pictures of vector samples: a scatter plot of two features, or a histogram of one."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

RANK = 1  # of one sample

Array = np.ndarray[Any, np.dtype[Any]]

SIZE = 480  # pixels
REAL = (170, 170, 170)
FAKE = (200, 60, 30)


def save_picture(samples: Tensor, path: Path, *, reference: Tensor) -> None:
    """Samples [N, D] in red over real ones in grey: the first two features, or a histogram of one.

    The axes span the real samples and a fifth more on every side, so pictures can be compared.
    """
    fake, real = (x.detach().float().cpu().numpy() for x in (samples, reference))
    canvas = np.full((SIZE, SIZE, 3), 255, np.uint8)
    low, high = real.min(0), real.max(0)
    margin = 0.2 * (high - low) + 1e-6
    low, high = low - margin, high + margin
    if real.shape[1] == 1:
        draw_histogram(canvas, real[:, 0], fake[:, 0], float(low[0]), float(high[0]))
    else:
        draw_points(canvas, (real[:, :2] - low[:2]) / (high - low)[:2], REAL)
        draw_points(canvas, (fake[:, :2] - low[:2]) / (high - low)[:2], FAKE)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(canvas).save(path)


def draw_points(canvas: Array, points: Array, color: tuple[int, int, int]) -> None:
    """Points [N, 2] in the unit square as dots of 2 x 2 pixels; those outside are left out."""
    inside = points[((points >= 0) & (points < 1)).all(1)]
    columns, rows = (inside * (SIZE - 2)).astype(int).T
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        canvas[SIZE - 2 - rows + down, columns + right] = color


def draw_histogram(canvas: Array, real: Array, fake: Array, low: float, high: float) -> None:
    """Densities over [low, high]: real ones as grey bars, samples as a red outline."""
    bins = SIZE // 8
    expected, _ = np.histogram(real, bins, (low, high), density=True)
    found, _ = np.histogram(fake, bins, (low, high))
    found = found / max(len(fake), 1) / ((high - low) / bins)  # mass outside counts as missing
    scale = 0.9 * SIZE / max(expected.max(), found.max(), 1e-9)
    for index in range(bins):
        columns = slice(index * 8, index * 8 + 8)
        canvas[SIZE - int(expected[index] * scale) :, columns] = REAL
        top = min(SIZE - int(found[index] * scale), SIZE - 3)
        canvas[top : top + 3, columns] = FAKE
