"""Normal weights and biases of every layer, embeddings and recurrent ones too (SeqGAN's code)."""

from typing import Annotated

from annotated_types import Gt
from torch import nn


def normal_everywhere(module: nn.Module, *, std: Annotated[float, Gt(0)] = 0.1) -> None:
    """Draw all parameters from N(0, std).

    For `network.apply`. SeqGAN's released code has 0.1 in its generator.

    Args:
        std: standard deviation of the parameters.
    """
    for parameter in module.parameters(recurse=False):
        nn.init.normal_(parameter, std=std)
