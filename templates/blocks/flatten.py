"""All values of a sample in one row."""

from torch import nn

SHAPE = "*size -> prod(size)"
RANGE = "keeps"


def flatten() -> nn.Module:
    """x [B, ...] -> [B, product of the sizes]."""
    return nn.Flatten()
