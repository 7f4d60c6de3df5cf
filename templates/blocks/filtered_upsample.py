"""Bilinear upsampling by two with zeros around the map, as in R3GAN (arXiv:2501.05441).

The filter of StyleGAN2 (Karras et al. 2020, arXiv:1912.04958): [1, 3, 3, 1] along both axes.
"""

from typing import Literal

from _bilinear import bilinear_kernel
from torch import Tensor, nn

SHAPE = "channels, height, width -> channels, 2 * height - crop[0], 2 * width - crop[1]"
HELP = "add `reshape` before it: upsampling works on [channels, height, width]"


def filtered_upsample(*, crop: tuple[Literal[0, 1], Literal[0, 1]] = (0, 0)) -> nn.Module:
    """x [B, C, H, W] -> [B, C, 2 * H - crop, 2 * W - crop].

    Args:
        crop: rows and columns left out at the end, [height, width]
    """
    return FilteredUpsample(crop=crop)


class FilteredUpsample(nn.Module):
    """x [B, C, H, W] -> [B, C, 2 * H - crop[0], 2 * W - crop[1]]."""

    kernel: Tensor

    def __init__(self, *, crop: tuple[int, int] = (0, 0)) -> None:
        super().__init__()
        self.crop = crop
        self.register_buffer("kernel", 4 * bilinear_kernel(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width = (2 * side - cut for side, cut in zip(x.shape[2:], self.crop, strict=True))
        rows = x.reshape(-1, 1, *x.shape[2:])  # every channel alike
        out = nn.functional.conv_transpose2d(rows, self.kernel.to(x.dtype), stride=2, padding=1)
        return out[:, :, :height, :width].reshape(*x.shape[:2], height, width)
