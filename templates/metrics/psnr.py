"""Peak signal-to-noise ratio of images and what they should be."""

from typing import Annotated

from _pixels import compared
from annotated_types import Ge
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio

BETTER = {"psnr": "higher"}
NEEDS = {
    "data:images": "it compares pixels",
    "training:pairs": "it compares each image with the one that it should be",
}
DEFAULT = ["training:pairs"]
HELP = "take it out, or set `family: image_to_image`"


def psnr(
    real: Tensor, fake: Tensor, *, border: Annotated[int, Ge(0)] = 0, luma: bool = False
) -> dict[str, float]:
    """10 log10(range^2 / mean squared error) in dB, the mean over images [N, C, H, W] in [-1, 1].

    Values are rounded to 256 levels, as they are in files.

    Args:
        border: pixels that are cut off on every side first; super-resolution by 4 has 4
        luma: whether colours are compared by their luma alone (ITU-R BT.601, 16 to 235), as
            papers on super-resolution do

    Raises:
        ValueError: numbers of images that differ, or nothing left inside the border.
    """
    a, b = compared(real, fake, border, luma)
    value = peak_signal_noise_ratio(
        b, a, data_range=255.0, reduction="elementwise_mean", dim=(1, 2, 3)
    )
    return {"psnr": value.item()}
