"""Structural similarity of images and what they should be (Wang et al. 2004)."""

from typing import Annotated

from _pixels import compared
from annotated_types import Ge
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

BETTER = {"ssim": "higher"}
NEEDS = {
    "data:images": "it compares windows of pixels",
    "training:pairs": "it compares each image with the one that it should be",
}
DEFAULT = ["training:pairs"]
HELP = "take it out, or set `family: image_to_image`"


def ssim(
    real: Tensor, fake: Tensor, *, border: Annotated[int, Ge(0)] = 0, luma: bool = False
) -> dict[str, float]:
    """Mean SSIM of images [N, C, H, W] in [-1, 1], 1 where they are equal; windows of 11 x 11.

    Values are rounded to 256 levels, as they are in files.

    Args:
        border: pixels that are cut off on every side first; super-resolution by 4 has 4
        luma: whether colours are compared by their luma alone (ITU-R BT.601, 16 to 235), as
            papers on super-resolution do

    Raises:
        ValueError: numbers of images that differ, or less than a window inside the border.
    """
    a, b = compared(real, fake, border, luma)
    if min(a.shape[2:]) < 11:
        raise ValueError(f"ssim needs 11 x 11 pixels inside the border, there are {a.shape[2:]}")
    value = structural_similarity_index_measure(b, a, data_range=255.0)
    assert isinstance(value, Tensor)
    return {"ssim": value.item()}
