"""NAdam, Adam with Nesterov momentum (Dozat 2016)."""

from collections.abc import Iterable
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Lt
from torch import nn

Decay = Annotated[float, Ge(0), Lt(1)]


def nadam(
    parameters: Iterable[nn.Parameter],
    *,
    lr: Annotated[float, Gt(0)],
    betas: tuple[Decay, Decay] = (0.9, 0.999),
    eps: Annotated[float, Gt(0)] = 1e-8,
    weight_decay: Annotated[float, Ge(0)] = 0.0,
    momentum_decay: Annotated[float, Ge(0)] = 0.004,
) -> torch.optim.Optimizer:
    """NAdam: Adam that looks ahead along its momentum.

    Args:
        lr: learning rate; 2e-4 is a first try, as with Adam.
        betas: decay of the averages of the gradient and of its square, both in [0, 1).
        eps: added to the denominator.
        weight_decay: L2 penalty on the weights, through the gradient.
        momentum_decay: how fast the first beta rises to its full value.
    """
    return torch.optim.NAdam(
        parameters,
        lr=lr,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        momentum_decay=momentum_decay,
    )
