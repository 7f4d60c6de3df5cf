"""A small classifier of labelled samples and its training, for features and for scores."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Classifier(nn.Module):
    """Samples [B, *shape] -> features [B, 128], and from those class logits.

    Samples with neighbourhoods go through convolutions with batch norm, each of which halves the
    map until it is 4 wide, vectors through linear layers. Weights are drawn from `seed` alone.
    """

    resize = "none"
    accuracy = math.nan  # on samples that it was not trained on, where some were held out

    def __init__(self, shape: tuple[int, ...], num_classes: int, seed: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(_linear(*shape) if len(shape) == 1 else _convolutions(shape)))
        self.last = nn.Linear(128, num_classes)
        generator = torch.Generator().manual_seed(seed)
        for layer in self.modules():
            if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
                nn.init.zeros_(layer.get_parameter("bias"))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)

    def class_logits(self, x: Tensor) -> Tensor:
        """Logits [B, num_classes] of samples [B, *shape]."""
        return self.last(self(x))


def _linear(values: int) -> list[nn.Module]:
    """From [B, values] to [B, 128]."""
    return [nn.Linear(values, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU()]


def _convolutions(shape: tuple[int, ...]) -> list[nn.Module]:
    """From [B, channels, *size] to [B, 128]."""
    channels, *size = shape
    dimensions = len(size)
    convolution: type[nn.Module] = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dimensions - 1]
    norm: type[nn.Module] = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[dimensions - 1]
    pool: type[nn.Module] = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[dimensions - 1]
    layers: list[nn.Module] = []
    for width in (16, 32, 64, 128, 128, 128, 128):
        layers += [convolution(channels, width, 3, padding=1), norm(width), nn.ReLU()]
        channels = width
        if max(size) <= 4:
            break
        layers.append(pool(2, ceil_mode=True))
        size = [math.ceil(side / 2) for side in size]
    return [*layers, nn.Flatten(), nn.Linear(channels * math.prod(size), 128), nn.ReLU()]


def _shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Samples [B, C, *size], all moved along each axis by up to 1/14 of it, around the edge."""
    for axis, side in enumerate(x.shape[2:], start=2):
        reach = side // 14  # two pixels of 28
        x = x.roll(int(torch.randint(-reach, reach + 1, (), generator=generator)), axis)
    return x


@torch.enable_grad()
def train_classifier(
    x: Tensor, labels: Tensor, num_classes: int, epochs: int, lr: float, seed: int
) -> Classifier:
    """Train on samples x [N, ...] with labels [N], by cross-entropy; in eval mode, frozen.

    Weights and order depend on `seed` alone; the state of torch's own generator stays.
    """
    with torch.random.fork_rng(devices=[]):  # modules draw weights before they get their own
        judge = Classifier(tuple(x.shape[1:]), num_classes, seed).to(x.device)
    generator = torch.Generator().manual_seed(seed)
    batches = math.ceil(len(x) / 64)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=epochs * batches)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=generator).to(x.device).chunk(batches):
            logits = judge.class_logits(_shifted(x[rows], generator))
            loss = F.cross_entropy(logits, labels[rows], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return judge.eval().requires_grad_(False)


@torch.no_grad()
def accuracy(class_logits: Callable[[Tensor], Tensor], x: Tensor, labels: Tensor) -> float:
    """Share of samples x [N, ...] whose most likely class is their label [N]."""
    guesses = [class_logits(rows).argmax(dim=1) for rows in x.split(250)]
    return (torch.cat(guesses) == labels).double().mean().item()
