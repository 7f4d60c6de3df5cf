"""Sequences that an LSTM with random parameters draws, the oracle of SeqGAN's benchmark."""

from typing import Annotated

import torch
import torch.nn.functional as F
from annotated_types import Ge, Le
from torch import Tensor, nn
from vocabulary import Vocabulary

SHAPE = "(length,)"
CLASSES = "0"
RANGE = "None"
VOCABULARY = "vocabulary"
SPELLING = "oracle_vocabulary"
KNOWS = {"oracle": "oracle_network"}
GIVES = ["data:oracle"]


class Oracle(nn.Module):
    """Embedding, LSTM and linear layer, all parameters ~ N(0, 1), drawn from a seed."""

    def __init__(self, vocabulary: int, features: int, seed: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, features)
        self.lstm = nn.LSTM(features, features, batch_first=True)
        self.linear = nn.Linear(features, vocabulary)
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            drawn = torch.randn(parameter.shape, generator=generator)
            # PyTorch has two biases at each gate, which are added; the oracle has one.
            parameter.data = torch.zeros_like(drawn) if name == "lstm.bias_hh_l0" else drawn
            parameter.requires_grad = False

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits [B, T, V] of each token [B, T], given those before it; before the first is 0."""
        hidden, _ = self.lstm(self.embedding(F.pad(tokens[:, :-1], (1, 0))))
        logits: Tensor = self.linear(hidden)
        return logits

    def sample(self, count: int, length: int, generator: torch.Generator) -> Tensor:
        """Sequences int64 [count, length]."""
        drawn, state = [torch.zeros(count, 1, dtype=torch.int64)], None
        for _ in range(length):
            hidden, state = self.lstm(self.embedding(drawn[-1]), state)
            bounds = self.linear(hidden[:, 0]).double().softmax(1).cumsum(1)
            chance = torch.rand(count, 1, dtype=torch.float64, generator=generator)
            drawn.append(torch.searchsorted(bounds, bounds[:, -1:] * (1 - chance)))
        return torch.cat(drawn[1:], dim=1)


def oracle_network(*, vocabulary: int = 5_000, features: int = 32, seed: int = 0) -> Oracle:
    """The network that the data comes from."""
    return Oracle(vocabulary, features, seed)


def oracle_vocabulary(*, vocabulary: int = 5_000) -> Vocabulary:
    """The tokens, which are only numbers."""
    return Vocabulary([str(number) for number in range(vocabulary)], " ", None)


def load_oracle(
    *,
    vocabulary: Annotated[int, Ge(2), Le(1_000_000)] = 5_000,
    length: Annotated[int, Ge(2), Le(10_000)] = 20,
    features: Annotated[int, Ge(1), Le(4_096)] = 32,
    samples: Annotated[int, Ge(2)] = 10_000,
    seed: Annotated[int, Ge(0)] = 0,
) -> tuple[Tensor, Tensor]:
    """Draw int64 [samples, length] below `vocabulary`; the labels, int64 [samples], are all 0.

    Args:
        vocabulary: number of different tokens.
        length: tokens in a sequence.
        features: size of the oracle's embedding and of its LSTM.
        samples: how many sequences to draw.
        seed: of the oracle and of the draw, independent of the seed of training.
    """
    oracle = oracle_network(vocabulary=vocabulary, features=features, seed=seed)
    generator = torch.Generator().manual_seed(seed + 1)
    share = max(1, 10_000_000 // vocabulary)  # sequences at a time, for memory's sake
    counts = [min(share, samples - start) for start in range(0, samples, share)]
    drawn = [oracle.sample(count, length, generator) for count in counts]
    return torch.cat(drawn), torch.zeros(samples, dtype=torch.int64)
