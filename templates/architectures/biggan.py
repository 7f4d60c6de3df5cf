"""Residual networks of BigGAN (Brock, Donahue & Simonyan 2019, arXiv:1809.11096, appendix B).

The channels of each block are those of the authors' PyTorch code (ajbrock/BigGAN-PyTorch), at
other image sizes those for as many halvings. Published: width 96 and `attention: [64]` for 128x128,
width 64 and no attention for 32x32; spectral norm and orthogonal weights in both networks.
"""

from math import prod
from typing import Annotated, Any, Literal

from _images import check_features, image, map_sizes
from _residual import Style, growing, shrinking
from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from gangen.contracts import Shape, Unfit

Width = Annotated[int, Ge(1), Le(1024)]
Depth = Annotated[int, Ge(0), Le(16)] | None
Multiples = Annotated[tuple[Annotated[int, Ge(1), Le(64)], ...], MinLen(1), MaxLen(32)] | None
Sides = Annotated[tuple[Annotated[int, Ge(1), Le(2**16)], ...], MaxLen(8)]
Activation = Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"]
Slope = Annotated[float, Gt(0), Le(1)]

SMALL = 4  # multiple of all blocks for images of 32x32
GROWING = {  # halvings -> multiples of the width, from the coarsest block to the finest
    4: (16, 8, 4, 2),
    5: (16, 8, 4, 2, 1),
    6: (16, 8, 8, 4, 2, 1),
    7: (16, 8, 8, 4, 2, 1, 1),
}
SHRINKING = {  # likewise from the image on; the last block keeps the size
    4: (1, 2, 4, 8, 16),
    5: (1, 2, 4, 8, 16, 16),
    6: (1, 2, 4, 8, 8, 16, 16),
}


def generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    multiples: Multiples = None,
    depth: Depth = None,
    attention: Sides = (),
    norm: Literal["none", "batch", "layer"] = "batch",
    activation: Activation = "relu",
    slope: Slope = 0.2,
) -> list[Any]:
    """Project the latent to a small map, then double it in residual blocks until it is the image.

    Args:
        width: unit of the channels
        multiples: of the width, the channels that each block ends in; by default the published ones
            for as many blocks
        depth: how often the map doubles; by default as often as the coarsest side stays 4 or more
        attention: maps that self-attention follows, by their shorter side, e.g. [64]
        norm: before each activation
        activation: before each convolution
        slope: of leaky_relu, for negative values
    """
    channels, *size = image(target)

    def ends_of(blocks: int) -> tuple[int, ...]:
        return tuple(width * multiple for multiple in multiples or _growing(blocks))

    def start_of(blocks: int) -> int:
        return (ends_of(blocks) or (width * SMALL,))[0]

    sizes = map_sizes(size, depth)
    blocks = len(sizes) - 1
    if multiples is not None and len(multiples) != blocks:
        raise _unfit(f"{len(multiples)} multiples for {blocks} blocks", f"give {blocks}")
    check_features(sizes, start_of)
    style = Style(norm, activation, slope, attention)
    return [
        *(["flatten"] if len(source) > 1 else []),
        *growing(style, sizes, start_of(blocks), ends_of(blocks), channels),
        *(["tanh"] if bounds else []),
    ]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    multiples: Multiples = None,
    depth: Depth = None,
    wide: bool = True,
    pooling: Literal["sum", "mean"] = "sum",
    attention: Sides = (),
    norm: Literal["none", "batch", "layer"] = "none",
    activation: Activation = "relu",
    slope: Slope = 0.2,
) -> list[Any]:
    """Halve the image in residual blocks, pool each channel, then one fully connected layer.

    Args:
        width: unit of the channels
        multiples: of the width, the channels that each block ends in; those after the first `depth`
            blocks keep the map's size; by default the published ones
        depth: number of blocks that halve the map; by default as many as its shorter side stays 4
            or more (8 below 64x64)
        wide: whether the first convolution of a block already has the channels that it ends in,
            instead of those that it starts from
        pooling: of all positions of a channel
        attention: maps that self-attention follows, by their shorter side, e.g. [64]
        norm: before each activation, but not in the first block
        activation: before each convolution
        slope: of leaky_relu, for negative values
    """
    channels, *size = image(source)
    sizes = map_sizes(size, depth, 4 if min(size) >= 64 else 8)
    halvings = len(sizes) - 1
    least = max(halvings, 1)
    if multiples is not None and len(multiples) < least:
        raise _unfit(f"{len(multiples)} multiples for {least} blocks", f"give at least {least}")
    ends = [width * multiple for multiple in multiples or _shrinking(halvings)]
    style = Style(norm, activation, slope, attention, wide)
    return [
        *shrinking(style, sizes, channels, ends, pooling),
        {"linear": {"features": prod(target)}},
    ]


def _growing(blocks: int) -> tuple[int, ...]:
    if blocks < min(GROWING):
        return (SMALL,) * blocks
    most = max(GROWING)
    return (16,) * (blocks - most) + GROWING[min(blocks, most)]


def _shrinking(halvings: int) -> tuple[int, ...]:
    if halvings < min(SHRINKING):
        return (SMALL,) * (halvings + 2)
    most = max(SHRINKING)
    return (1,) * (halvings - most) + SHRINKING[min(halvings, most)]


def _unfit(problem: str, help: str) -> Unfit:
    return Unfit(f"has {problem}", option="multiples", help=help)
