"""Adam (Kingma & Ba 2015, arXiv:1412.6980)."""

from collections.abc import Iterable
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Lt
from torch import nn

Decay = Annotated[float, Ge(0), Lt(1)]


def adam(
    parameters: Iterable[nn.Parameter],
    *,
    lr: Annotated[float, Gt(0)],
    betas: tuple[Decay, Decay] = (0.9, 0.999),
    eps: Annotated[float, Gt(0)] = 1e-8,
    weight_decay: Annotated[float, Ge(0)] = 0.0,
) -> torch.optim.Optimizer:
    """Adam; GANs mostly want less first-order momentum than the default.

    Args:
        lr: learning rate, alpha in algorithm 1; DCGAN's 2e-4 is the usual first try.
        betas: decay of the averages of the gradient and of its square, both in [0, 1);
            (0.5, 0.999) since DCGAN, (0.0, 0.9) or (0.0, 0.99) with a gradient penalty.
        eps: added to the denominator.
        weight_decay: L2 penalty on the weights, through the gradient.
    """
    return torch.optim.Adam(
        parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=True
    )
