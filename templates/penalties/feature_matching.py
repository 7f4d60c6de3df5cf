"""Feature matching (Salimans et al. 2016, arXiv:1606.03498, section 3.1)."""

from typing import Annotated

from annotated_types import Ge
from torch import Tensor

WHERE = "generator_loss"


def feature_matching(
    real_features: Tensor, fake_features: Tensor, *, weight: Annotated[float, Ge(0)] = 1.0
) -> Tensor:
    """weight * ||E[f(x)] - E[f(G(z))]||^2, f the discriminator's features [B, F].

    The paper has it in place of the generator's loss; here it is added to it.

    Args:
        weight: factor on the squared distance.
    """
    distance = real_features.detach().mean(0) - fake_features.mean(0)
    return weight * distance.square().sum()
