"""Downsampling by two behind a bilinear filter, zeros around, as in R3GAN (arXiv:2501.05441).

The filter of StyleGAN2 (Karras et al. 2020, arXiv:1912.04958): [1, 3, 3, 1] along both axes.
"""

from _bilinear import bilinear_kernel
from torch import Tensor, nn

SHAPE = "channels, height, width -> channels, (height + 1) // 2, (width + 1) // 2"
HELP = "add `reshape` before it: downsampling works on [channels, height, width]"


def filtered_downsample() -> nn.Module:
    """x [B, C, H, W] -> [B, C, ceil(H / 2), ceil(W / 2)]."""
    return FilteredDownsample()


class FilteredDownsample(nn.Module):
    """x [B, C, H, W] -> [B, C, ceil(H / 2), ceil(W / 2)]."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", bilinear_kernel(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        rows = x.reshape(-1, 1, height, width)  # every channel alike
        rows = nn.functional.pad(rows, (1, 1 + width % 2, 1, 1 + height % 2))
        out = nn.functional.conv2d(rows, self.kernel.to(x.dtype), stride=2)
        return out.reshape(*x.shape[:2], *out.shape[2:])
