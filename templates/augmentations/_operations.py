"""Differentiable changes of images, each drawn anew for every sample (Zhao et al. 2020).

Ranges and proportions are those of the authors' code for arXiv:2006.10738.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def augment(x: Tensor, policy: Sequence[str], p: float | Tensor) -> Tensor:
    """Images [B, C, H, W], each operation of the policy applied to each with probability p."""
    for operation in operations(policy, channels=x.shape[1]):
        x = torch.where(uniform(x) < p, operation(x), x)
    return x


def operations(policy: Sequence[str], channels: int) -> list[Callable[[Tensor], Tensor]]:
    """The functions behind the names of a policy, in its order."""
    known: dict[str, list[Callable[[Tensor], Tensor]]] = {
        # Only red, green and blue have a grey that they can be moved away from.
        "color": [brightness, saturation, contrast] if channels == 3 else [brightness, contrast],
        "translation": [translation],
        "cutout": [cutout],
    }
    return [operation for name in policy for operation in known[name]]


def uniform(x: Tensor) -> Tensor:
    """Uniform random numbers [B, 1, 1, 1] in [0, 1), one for each sample."""
    return torch.rand(len(x), 1, 1, 1, device=x.device)


def brightness(x: Tensor) -> Tensor:
    """Add one number in [-0.5, 0.5) to all values of an image."""
    return x + (uniform(x) - 0.5).to(x.dtype)


def saturation(x: Tensor) -> Tensor:
    """Scale the distance of every pixel from its grey by a factor in [0, 2)."""
    grey = x.mean(1, keepdim=True)
    return grey + (x - grey) * (2 * uniform(x)).to(x.dtype)


def contrast(x: Tensor) -> Tensor:
    """Scale the distance of every value from the image's mean by a factor in [0.5, 1.5)."""
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * (uniform(x) + 0.5).to(x.dtype)


def translation(x: Tensor) -> Tensor:
    """Shift by up to an eighth of the size along each axis; zeros move in."""
    for axis in (2, 3):
        x = shift(x, axis)
    return x


def shift(x: Tensor, axis: int) -> Tensor:
    """Shift each image along one axis by up to an eighth of its size, to the nearest pixel."""
    size = x.shape[axis]
    most = (size + 4) // 8
    source = random_start(x, 2 * most + 1) - most + torch.arange(size, device=x.device)
    source = source.unsqueeze(1).unsqueeze(5 - axis)  # [B, 1, size, 1] or [B, 1, 1, size]
    moved = x.gather(axis, source.clamp(0, size - 1).expand_as(x))
    return moved.masked_fill((source < 0) | (source >= size), 0)


def cutout(x: Tensor) -> Tensor:
    """Set a box of half the size along each axis to zero; its centre may be anywhere."""
    row_inside, column_inside = (inside_of_box(x, size) for size in x.shape[2:])
    box = row_inside.unsqueeze(2) & column_inside.unsqueeze(1)  # [B, H, W]
    return x.masked_fill(box.unsqueeze(1), 0)


def inside_of_box(x: Tensor, size: int) -> Tensor:
    """Which coordinates of an axis a random half of it covers, bool [B, size]."""
    half = (size + 1) // 2
    start = random_start(x, size + 1 - half % 2) - half // 2
    places = torch.arange(size, device=x.device)
    return (places >= start) & (places < start + half)


def random_start(x: Tensor, count: int) -> Tensor:
    """A number from 0 to count - 1 for each sample, int64 [B, 1]."""
    return torch.randint(count, (len(x), 1), device=x.device)
