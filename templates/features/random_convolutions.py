"""Features of random convolutions, which need no weights (cf. Naeem et al. 2020)."""

from itertools import pairwise
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor, nn

DEFAULT = ["data:images", "data:signals", "data:voxels"]
FORBIDS = {"data:vectors": "the values of a vector have no neighbours to convolve with"}


class RandomConvolutions(nn.Module):
    """Samples [B, C, *size] -> mean and deviation of every channel of every layer, [B, F]."""

    resize = "none"

    def __init__(self, shape: tuple[int, ...], width: int, seed: int) -> None:
        super().__init__()
        convolution: type[nn.Module] = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(shape) - 2]
        depth = max(1, min(4, max(shape[1:]).bit_length() - 2))  # until the map is 2 to 4 wide
        channels = [shape[0], *(width * 2**index for index in range(depth))]
        with torch.random.fork_rng(devices=[]):  # modules draw weights before they get their own
            self.layers = nn.ModuleList(
                convolution(before, after, 3, stride=2, padding=1, bias=False)
                for before, after in pairwise(channels)
            )
        generator = torch.Generator().manual_seed(seed)
        for layer in self.layers:
            # Variances stay as they are from layer to layer (He et al. 2015).
            nn.init.kaiming_normal_(layer.get_parameter("weight"), generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        found = []
        for layer in self.layers:
            x = layer(x).relu()
            values = x.flatten(2)
            found += [values.mean(dim=2), values.std(dim=2, correction=0)]
        return torch.cat(found, dim=1)


def random_convolutions(
    shape: tuple[int, ...],
    *,
    width: Annotated[int, Ge(1)] = 16,
    seed: Annotated[int, Ge(0)] = 0,
) -> nn.Module:
    """One to four convolutions with stride 2, normally distributed weights and ReLU.

    They see edges, strokes and textures, not what is in a picture: scores rank the runs of a
    project, they are not those of papers.

    Args:
        width: channels of the first convolution; each has twice as many as the one before.
        seed: of the weights, which nothing else determines.
    """
    return RandomConvolutions(shape, width, seed).eval().requires_grad_(False)
