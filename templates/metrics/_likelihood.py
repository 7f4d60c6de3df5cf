"""Likelihood of sequences under a network that gives logits of each token."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def nll_of(network: nn.Module, tokens: Tensor) -> float:
    """Mean negative log-likelihood of a token in nats, of tokens [N, T], given those before it."""
    total = 0.0
    with torch.no_grad():
        for part in tokens.split(250):
            logits = network(part).float().flatten(0, 1)
            total += F.cross_entropy(logits, part.flatten(), reduction="sum").item()
    return total / tokens.numel()
