"""Embedding: a learnt vector for each token."""

from typing import Annotated

from annotated_types import Ge, Le
from torch import nn

SHAPE = "length -> length, features"
PARAMETERS = "vocabulary * features"
HELP = "it is the first layer of a network of tokens, and of no other"


def embedding(vocabulary: int, *, features: Annotated[int, Ge(1), Le(2**16)]) -> nn.Module:
    """Tokens int64 [B, length] -> [B, length, features].

    Args:
        features: length of each token's vector
    """
    return nn.Embedding(vocabulary, features)
