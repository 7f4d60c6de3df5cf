"""Stochastic gradient descent, with momentum on request (as in Goodfellow et al. 2014)."""

from collections.abc import Iterable
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Lt
from torch import nn


def sgd(
    parameters: Iterable[nn.Parameter],
    *,
    lr: Annotated[float, Gt(0)],
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0,
    weight_decay: Annotated[float, Ge(0)] = 0.0,
    nesterov: bool = False,
) -> torch.optim.Optimizer:
    """Plain or momentum gradient descent.

    Args:
        lr: learning rate; 0.1 in the first GAN, far less for convolutional ones.
        momentum: share of the last update that is kept.
        weight_decay: L2 penalty on the weights, through the gradient.
        nesterov: look ahead along the momentum; needs momentum above 0.
    """
    return torch.optim.SGD(
        parameters,
        lr=lr,
        momentum=momentum,
        weight_decay=weight_decay,
        nesterov=nesterov,
        fused=True,
    )
