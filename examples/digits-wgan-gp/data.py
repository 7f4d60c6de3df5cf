"""The training data and its order, which is a function of the seed and the batch number alone."""

from collections.abc import Iterator
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


def epoch_order(epoch: int, size: int, seed: int, device: torch.device) -> Tensor:
    """The permutation of all samples that makes up one epoch, int64 [size]."""
    generator = torch.Generator().manual_seed(mix_seeds(seed, epoch))
    return torch.randperm(size, generator=generator).to(device)


def batch_rows(
    size: int,
    config: Config,
    *,
    first_batch: int,
    rank: int,
    world_size: int,
    device: torch.device,
) -> Iterator[Tensor]:
    """Which of the `size` samples make up this process's share of each batch, int64 [B].

    Batches straddle epochs, so every batch is full and every sample is seen equally often.

    Raises:
        DataError: the processes' shares are not equal, and so their means not the whole batch's.
    """
    share, rest = divmod(config.batch_size, world_size)
    if rest:
        raise DataError(
            f"batch_size {config.batch_size} does not split over {world_size} "
            f"processes; choose another --batch-size"
        )
    together = share * world_size
    epoch, offset = divmod(first_batch * together, size)
    order = epoch_order(epoch, size, config.seed, device)[offset:]
    while True:
        full = len(order) // together * together
        # All at once: small networks take less time for a step than a few calls for each batch.
        yield from order[:full].view(-1, world_size, share)[:, rank]
        epoch += 1
        order = torch.cat([order[full:], epoch_order(epoch, size, config.seed, device)])


def infinite_batches(
    samples: Tensor,
    labels: Tensor,
    config: Config,
    *,
    first_batch: int = 0,
    rank: int = 0,
    world_size: int = 1,
) -> Iterator[tuple[Tensor, Tensor]]:
    """This process's share of batch number `first_batch` and of all that follow.

    Yields:
        [B, 1, 16, 16] in [-1, 1], [B], on the device of `samples`.
    """
    shares = batch_rows(
        len(samples),
        config,
        first_batch=first_batch,
        rank=rank,
        world_size=world_size,
        device=samples.device,
    )
    for rows in shares:
        real = samples.index_select(0, rows)
        real = real.float().div_(127.5).sub_(1)
        yield real, labels[rows]
