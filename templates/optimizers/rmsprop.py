"""RMSprop (Tieleman & Hinton 2012, lecture 6.5), the optimiser of the original WGAN."""

from collections.abc import Iterable
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Lt
from torch import nn


def rmsprop(
    parameters: Iterable[nn.Parameter],
    *,
    lr: Annotated[float, Gt(0)],
    alpha: Annotated[float, Ge(0), Lt(1)] = 0.99,
    eps: Annotated[float, Gt(0)] = 1e-8,
    weight_decay: Annotated[float, Ge(0)] = 0.0,
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0,
    centered: bool = False,
) -> torch.optim.Optimizer:
    """Gradient descent, every gradient divided by a running root mean square of itself.

    Args:
        lr: learning rate; 5e-5 in WGAN.
        alpha: decay of the running mean of the squared gradient.
        eps: added to the denominator.
        weight_decay: L2 penalty on the weights, through the gradient.
        momentum: share of the last update that is kept.
        centered: divide by the standard deviation instead, the mean taken out.
    """
    return torch.optim.RMSprop(
        parameters,
        lr=lr,
        alpha=alpha,
        eps=eps,
        weight_decay=weight_decay,
        momentum=momentum,
        centered=centered,
    )
