"""Pull-away term against fakes that are all alike, EBGAN (Zhao et al. 2016, arXiv:1609.03126)."""

from typing import Annotated

import torch
import torch.nn.functional as F
from annotated_types import Ge
from torch import Tensor

WHERE = "generator_loss"


def pull_away(fake_features: Tensor, *, weight: Annotated[float, Ge(0)] = 0.1) -> Tensor:
    """weight * the mean squared cosine between the features [B, F] of two fakes.

    f_PT of Zhao 2016, section 2.4, where the features are the code of the discriminator's
    autoencoder.

    Args:
        weight: lambda_PT of the paper.
    """
    directions = F.normalize(fake_features)
    squares = (directions @ directions.t()).square()
    others = squares.sum() - torch.diagonal(squares).sum()
    return weight * others / max(len(squares) * (len(squares) - 1), 1)
