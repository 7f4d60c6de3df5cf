"""Normal weights and batch-norm scales, as in DCGAN (Radford et al. 2015, arXiv:1511.06434)."""

from typing import Annotated

from _weights import initialize
from annotated_types import Gt
from torch import nn


def normal(module: nn.Module, *, std: Annotated[float, Gt(0)] = 0.02) -> None:
    """Draw weights from N(0, std^2), batch-norm scales from N(1, std^2); zero the biases.

    For `network.apply`. The weights as in section 4 of Radford et al. 2015 (DCGAN), the scales as
    in their code.

    Args:
        std: standard deviation.
    """
    initialize(module, lambda weight: nn.init.normal_(weight, 0.0, std))
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) and module.affine:
        nn.init.normal_(module.weight, 1.0, std)
        nn.init.zeros_(module.bias)
