"""Packing: the discriminator judges several samples at once, PacGAN (Lin et al. 2018).

arXiv:1712.04086. Who sees m samples of one kind together also sees how alike they are.
"""

from typing import Annotated

from annotated_types import Ge
from torch import Tensor

SHAPE = "channels, *size -> samples * channels, *size"
BATCH = "samples"  # must divide the batch
GIVES = ["discriminator:packs"]
FORBIDS = {"discriminator:condition": "samples of different conditions would be judged as one"}


def pack(x: Tensor, *, samples: Annotated[int, Ge(2)] = 2) -> Tensor:
    """[B, C, ...] -> [B / m, m * C, ...]: m consecutive samples one after the other.

    Args:
        samples: how many samples are judged together, m of the paper; it has 2 to 4.
    """
    return x.reshape(-1, samples * x.shape[1], *x.shape[2:])
