"""Four moments of a set of values: what a discriminator of whole sets is shown of it."""

import torch
from torch import Tensor, nn

SHAPE = "values -> 4"
HELP = "add `flatten` before it"


def moments() -> nn.Module:
    """x [B, values] -> [B, 4]: mean, standard deviation, skewness, excess kurtosis."""
    return Moments()


class Moments(nn.Module):
    """x [B, N] -> mean, standard deviation, skewness and kurtosis - 3 of each row [B, 4]."""

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        # Without the floor a row of equal values would have gradients that are not numbers.
        std = (x - mean).square().mean(1, keepdim=True).clamp_min(1e-12).sqrt()
        scores = (x - mean) / std
        skewness = scores.pow(3).mean(1, keepdim=True)
        kurtosis = scores.pow(4).mean(1, keepdim=True)
        return torch.cat([mean, std, skewness, kurtosis - 3], dim=1)
