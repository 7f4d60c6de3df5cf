"""Synthetic sounds of four kinds: dying tones, chirps, pulse trains and bursts of noise."""

import math
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor

SHAPE = "(1, length)"
CLASSES = "4"
RANGE = "(-1.0, 1.0)"


def load_waves(
    *,
    length: Annotated[int, Ge(256), Le(65536)] = 1024,
    samples: Annotated[int, Ge(1)] = 4_000,
    seed: Annotated[int, Ge(0)] = 0,
) -> tuple[Tensor, Tensor]:
    """Make float32 [samples, 1, length] in [-1, 1] and labels int64 [samples], the kind of each.

    Kinds: 0 a tone of several harmonics that dies away, 1 a chirp that rises, 2 a train of
    pulses, 3 noise that dies away. The largest value of each wave is 0.9.

    Args:
        length: values in a wave; pitches are so many cycles per wave whatever its length.
        samples: how many waves to make.
        seed: of the draw, independent of the seed of training.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (samples,), generator=generator)
    waves = torch.empty(samples, length)
    for kind, make in enumerate((tones, chirps, pulses, bursts)):
        of_kind = labels == kind
        waves[of_kind] = make(int(of_kind.sum()), length, generator)
    waves *= 0.9 / waves.abs().amax(1, keepdim=True)
    return waves.unsqueeze(1), labels


def between(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """Random numbers [count, 1], uniform from `low` to `high`."""
    return low + (high - low) * torch.rand(count, 1, generator=generator)


def fading(count: int, length: int, generator: torch.Generator) -> Tensor:
    """Envelopes [count, length] that fall exponentially from 1."""
    return (-between(2, 8, count, generator) * torch.arange(length) / length).exp()


def tones(count: int, length: int, generator: torch.Generator) -> Tensor:
    """Four harmonics [count, length], weaker the higher they are, that die away together."""
    turns = 2 * math.pi * between(4, 16, count, generator) * torch.arange(length) / length
    wave = torch.zeros(count, length)
    for harmonic in range(1, 5):
        wave += between(0, 1 / harmonic, count, generator) * (harmonic * turns).sin()
    return wave * fading(count, length, generator) + 1e-6  # never all 0


def chirps(count: int, length: int, generator: torch.Generator) -> Tensor:
    """Sines [count, length] whose pitch rises in a straight line, at most fourfold."""
    time = torch.arange(length) / length
    pitch = between(4, 16, count, generator)
    rise = pitch * between(1, 3, count, generator)
    return (2 * math.pi * (pitch * time + rise * time.square() / 2)).sin()


def pulses(count: int, length: int, generator: torch.Generator) -> Tensor:
    """Narrow bumps [count, length] at equal distances."""
    time = torch.arange(length) / length
    phase = between(4, 16, count, generator) * time + between(0, 1, count, generator)
    return (-((phase % 1 - 0.5) / 0.1).square()).exp()


def bursts(count: int, length: int, generator: torch.Generator) -> Tensor:
    """Normal noise [count, length] that dies away."""
    noise = torch.randn(count, length, generator=generator)
    return noise * fading(count, length, generator)
