"""The training data and its order, which is a function of the seed and the batch number alone."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from config import Config
from runtime import mix_seeds


class DataError(ValueError):
    """Data that cannot be used: the message has the path, what was found and what to do."""


def load_digits(*, image_size: tuple[int, int] = (8, 8)) -> tuple[Tensor, Tensor]:
    """Load the digits: images uint8 [1797, 1, height, width], labels int64 [1797].

    Args:
        image_size: height and width, 8 to 64; above 8 x 8 the digits are enlarged (bicubic).
    """
    height, width = image_size
    with np.load(Path(__file__).parent / "assets" / "digits.npz", allow_pickle=False) as arrays:
        digits = [Image.fromarray(pixels) for pixels in arrays["images"]]
        labels = torch.from_numpy(arrays["labels"].astype(np.int64))
    enlarged = [digit.resize((width, height), Image.Resampling.BICUBIC) for digit in digits]
    images = torch.from_numpy(np.stack([np.asarray(digit) for digit in enlarged]))
    return images.unsqueeze(1), labels


def load_data() -> tuple[Tensor, Tensor]:
    """All samples uint8 [N, 1, 16, 16] and their labels int64 [N]."""
    return load_digits(image_size=(16, 16))


@lru_cache(maxsize=2)  # a batch may straddle two epochs
def epoch_order(epoch: int, size: int, seed: int, device: torch.device) -> Tensor:
    """The permutation of all samples that makes up one epoch, int64 [size]."""
    generator = torch.Generator().manual_seed(mix_seeds(seed, epoch))
    return torch.randperm(size, generator=generator).to(device)


def batch_indices(start: int, length: int, size: int, seed: int, device: torch.device) -> Tensor:
    """Items start, start+1, ... of the endless row of shuffled epochs, int64 [length].

    Batches straddle epochs, so every batch is full and every sample is seen equally often.
    """
    pieces = []
    while length > 0:
        epoch, offset = divmod(start, size)
        piece = epoch_order(epoch, size, seed, device)[offset : offset + length]
        pieces.append(piece)
        start, length = start + len(piece), length - len(piece)
    return torch.cat(pieces)


def batch_rows(
    batch: int, size: int, config: Config, rank: int, world_size: int, device: torch.device
) -> Tensor:
    """This process's share of a batch: which of the `size` samples, int64 [B]."""
    local_size, rest = divmod(config.batch_size, world_size)
    if rest:
        raise DataError(
            f"batch_size {config.batch_size} does not split over {world_size} processes"
        )
    start = (batch * world_size + rank) * local_size
    return batch_indices(start, local_size, size, config.seed, device)


def infinite_batches(
    samples: Tensor,
    config: Config,
    *,
    first_batch: int = 0,
    rank: int = 0,
    world_size: int = 1,
) -> Iterator[Tensor]:
    """This process's share of batch number `first_batch` and of all that follow.

    Yields:
        [B, 1, 16, 16] in [-1, 1], on the device of `samples`.
    """
    for batch in count(first_batch):
        rows = batch_rows(batch, len(samples), config, rank, world_size, samples.device)
        real = samples.index_select(0, rows)
        real = real.float().div_(127.5).sub_(1)
        yield real
