"""Samples themselves as features: coordinates of vectors, pixels of images."""

from torch import Tensor, nn

DEFAULT = ["data:vectors"]


class Pixels(nn.Module):
    """Samples [B, ...] -> features [B, F], every value one of them."""

    resize = "none"

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def pixels() -> nn.Module:
    """Every value of a sample, in order."""
    return Pixels().eval()
