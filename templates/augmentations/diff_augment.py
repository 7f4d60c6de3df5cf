"""Differentiable augmentation for small data sets, DiffAugment (Zhao et al. 2020).

arXiv:2006.10738. Real and fake are changed alike, and gradients reach the generator through it.
"""

from typing import Annotated, Literal

from _operations import augment
from annotated_types import Ge, Le, MinLen
from torch import Tensor

NEEDS = {"data:images": "its operations are changes of colours and places in an image"}


def diff_augment(
    x: Tensor,
    *,
    policy: Annotated[tuple[Literal["color", "translation", "cutout"], ...], MinLen(1)] = (
        "color",
        "translation",
        "cutout",
    ),
    p: Annotated[float, Ge(0), Le(1)] = 1.0,
) -> Tensor:
    """Images [B, C, H, W] -> the same shape, each changed at random.

    Args:
        policy: operations in the order in which they are applied. "color" is brightness, contrast
            and (of 3 channels) saturation; "translation" shifts by up to 1/8 of the size; "cutout"
            blanks a box of 1/2 the size.
        p: probability with which each operation changes a sample; 1 in the paper.
    """
    return augment(x, policy, p)
