"""What metrics of pairs of images look at: levels of a file, the middle, the luma."""

import torch
from torch import Tensor


def compared(real: Tensor, fake: Tensor, border: int, luma: bool) -> tuple[Tensor, Tensor]:
    """Both [N, C, H, W] in [-1, 1] as levels 0 to 255, cut and reduced to their luma as asked.

    Raises:
        ValueError: numbers of images that differ, or nothing left inside the border.
    """
    if real.shape != fake.shape:
        raise ValueError(f"pairs are needed, there are {len(fake)} images for {len(real)}")
    if min(real.shape[2:]) <= 2 * border:
        raise ValueError(f"nothing is left of {tuple(real.shape[2:])} inside a border of {border}")
    inside = slice(border, -border or None)
    levels = [((x.clamp(-1, 1) + 1) * 127.5).round()[:, :, inside, inside] for x in (real, fake)]
    if luma and real.shape[1] == 3:
        weights = torch.tensor([65.481, 128.553, 24.966]).to(real) / 255
        levels = [16 + torch.einsum("nchw,c->nhw", x, weights)[:, None] for x in levels]
    return levels[0], levels[1]
