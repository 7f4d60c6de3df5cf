"""Pictures of waves: a small plot of each sample over its length."""

from pathlib import Path

import numpy as np
from _tiles import save_tiles
from PIL import Image, ImageDraw
from torch import Tensor

RANK = 2  # of one sample

SIZE = (160, 64)  # pixels of a channel's plot, width and height
PAPER = 235  # shades of grey
AXIS = 200
INK = 30


def save_picture(samples: Tensor, path: Path, *, columns: int | None = None) -> None:
    """Waves [N, C, L] in [-1, 1] as plots in one PNG, the channels of a sample below each other."""
    waves = samples.detach().float().nan_to_num().clamp(-1, 1).cpu().numpy()
    plots = [np.concatenate([plot(channel) for channel in wave]) for wave in waves]
    save_tiles(np.stack(plots), path, columns)


def plot(
    wave: np.ndarray[tuple[int], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """One wave [L] as a line over its axis, uint8 [height, width]."""
    width, height = SIZE
    paper = Image.new("L", SIZE, PAPER)
    draw = ImageDraw.Draw(paper)
    middle = (height - 1) / 2
    draw.line([(0, middle), (width - 1, middle)], fill=AXIS)
    across = np.linspace(0, width - 1, len(wave))
    draw.line(list(zip(across, middle * (1 - wave), strict=True)), fill=INK)
    return np.asarray(paper)
