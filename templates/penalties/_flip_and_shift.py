"""The random change of images under which a discriminator is to stay the same."""

import torch
from torch import Tensor


def flip_and_shift(x: Tensor, shift: int) -> Tensor:
    """Images [B, C, H, W], each mirrored or not and moved by up to `shift` pixels; edges repeat."""
    rows, columns = (shifted(len(x), size, shift, x.device) for size in x.shape[2:])
    mirrored = torch.rand(len(x), 1, device=x.device) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    samples = torch.arange(len(x), device=x.device)[:, None, None]
    return x.movedim(1, -1)[samples, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)


def shifted(count: int, size: int, shift: int, device: torch.device) -> Tensor:
    """Places [count, size] along an axis, moved for each sample and kept within the axis."""
    offset = torch.randint(-shift, shift + 1, (count, 1), device=device)
    return (torch.arange(size, device=device) + offset).clamp(0, size - 1)
