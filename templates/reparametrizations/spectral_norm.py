"""Spectral normalisation of every weight (Miyato et al. 2018, arXiv:1802.05957, eq. 8)."""

from typing import Annotated

from annotated_types import Ge
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

GIVES = ["lipschitz"]
DIVIDES = True  # by what is 0 for a weight of zeros
HELPERS = {"_weights": "_parametrized_weights"}  # how an initialiser reaches the weight


def normalised(layer: nn.Module, *, n_power_iterations: Annotated[int, Ge(1)] = 1) -> nn.Module:
    """The layer, its weight divided by its largest singular value.

    Args:
        n_power_iterations: steps of the power method per forward pass
    """
    return spectral_norm(layer, n_power_iterations=n_power_iterations)
