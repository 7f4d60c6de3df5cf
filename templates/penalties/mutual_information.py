"""Mutual information of codes and samples, InfoGAN (Chen et al. 2016, arXiv:1606.03657)."""

from typing import Annotated

import torch
import torch.nn.functional as F
from annotated_types import Ge
from torch import Tensor, nn

HEAD = "code"
HEAD_OUTPUTS = "sum(categorical) + continuous"
HEAD_PARAMETERS = (
    "in_features * hidden + 3 * hidden + (hidden + 1) * (sum(categorical) + continuous) if hidden "
    "else (in_features + 1) * (sum(categorical) + continuous)"
)
WHERE = {"mutual_information": ["discriminator_loss", "generator_loss"]}
NEEDS = {"latent:codes": "without codes in the latent there is nothing to guess"}
FORBIDS = {"discriminator:packs": "a code belongs to one sample, and those of a pack have several"}
HELP = "give the latent codes, e.g. `latent: {categorical: [10]}`"


def code_head(
    in_features: int,
    categorical: tuple[int, ...],
    continuous: int,
    *,
    hidden: Annotated[int, Ge(0)] = 128,
) -> nn.Module:
    """features [B, F] -> guesses of the codes: logits of each categorical one, then means.

    Args:
        hidden: units of a hidden layer before the guesses, with batch norm and leaky ReLU as in
            the authors' code; 0 = none.
    """
    return _CodeHead(in_features, categorical, continuous, hidden)


class _CodeHead(nn.Sequential):
    """Guesses the codes that a sample was made with; Q of the paper."""

    def __init__(
        self, in_features: int, categorical: tuple[int, ...], continuous: int, hidden: int
    ) -> None:
        guesses = sum(categorical) + continuous
        if hidden > 0:
            super().__init__(
                nn.Linear(in_features, hidden),
                nn.BatchNorm1d(hidden),
                nn.LeakyReLU(0.1),
                nn.Linear(hidden, guesses),
            )
        else:
            super().__init__(nn.Linear(in_features, guesses))


def mutual_information(
    fake_code_logits: Tensor,
    z: Tensor,
    categorical: tuple[int, ...],
    continuous: int,
    *,
    weight: Annotated[float, Ge(0)] = 1.0,
    continuous_weight: Annotated[float, Ge(0)] = 1.0,
) -> Tensor:
    """Minus the bound on the mutual information (Chen 2016, eq. 5), up to a constant.

    Cross-entropy of the categorical codes, and half the squared distance of the continuous ones:
    minus the logarithm of a normal density with deviation 1, as in the authors' code. The codes
    are the last values of z [B, latent], in the order of the guesses [B, sizes].

    Args:
        weight: lambda for the categorical codes.
        continuous_weight: lambda for the continuous ones, which the paper has smaller when their
            scale asks for it.
    """
    sizes = [*categorical, continuous]
    *guesses, mean = torch.split(fake_code_logits, sizes, dim=1)
    *one_hots, code = torch.split(z[:, -sum(sizes) :], sizes, dim=1)
    loss = continuous_weight * (mean - code).square().sum(1).mean() / 2
    for logits, one_hot in zip(guesses, one_hots, strict=True):
        loss = loss + weight * F.cross_entropy(logits, one_hot)
    return loss
