"""Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

from collections.abc import Iterable
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Lt
from torch import nn

Decay = Annotated[float, Ge(0), Lt(1)]


def adamw(
    parameters: Iterable[nn.Parameter],
    *,
    lr: Annotated[float, Gt(0)],
    betas: tuple[Decay, Decay] = (0.9, 0.999),
    eps: Annotated[float, Gt(0)] = 1e-8,
    weight_decay: Annotated[float, Ge(0)] = 0.01,
) -> torch.optim.Optimizer:
    """AdamW: the weights shrink by lr * weight_decay per step, apart from the gradient.

    Args:
        lr: learning rate; 2e-4 is the usual first try.
        betas: decay of the averages of the gradient and of its square, both in [0, 1);
            GANs mostly want less of the first, e.g. (0.5, 0.999).
        eps: added to the denominator.
        weight_decay: lambda in algorithm 2.
    """
    return torch.optim.AdamW(
        parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=True
    )
