"""Residual networks of SNGAN (Miyato et al. 2018, arXiv:1802.05957), at any image size.

Also those of WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028) and, with attention, of SAGAN (Zhang
et al. 2019, arXiv:1805.08318). Published: for 32x32 a generator of width 256 and a discriminator of
width 128, both constant (`max_width` as `width`), `depth: 2`, `keep: 2`; for 64x64 width 64, the
discriminator with `depth: 5`, `keep: 0`; for 128x128 width 64 and the defaults. WGAN-GP for 32x32:
width 128, constant, `pooling: mean`.
"""

from math import prod
from typing import Annotated, Any, Literal

from _images import check_features, image, map_sizes
from _residual import Style, growing, shrinking
from annotated_types import Ge, Gt, Le, MaxLen

from gangen.contracts import Shape

Width = Annotated[int, Ge(1), Le(4096)]
Depth = Annotated[int, Ge(0), Le(16)] | None
Keep = Annotated[int, Ge(0), Le(64)]
Sides = Annotated[tuple[Annotated[int, Ge(1), Le(2**16)], ...], MaxLen(8)]
Norm = Literal["none", "batch", "layer"]
Activation = Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"]
Slope = Annotated[float, Gt(0), Le(1)]


def generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    max_width: Width = 1024,
    depth: Depth = None,
    attention: Sides = (),
    norm: Norm = "batch",
    activation: Activation = "relu",
    slope: Slope = 0.2,
) -> list[Any]:
    """Project the latent to a small map, then double it in residual blocks until it is the image.

    Args:
        width: channels of the finest map; they double with each coarser one
        max_width: upper limit of the channels
        depth: how often the map doubles; by default as often as the coarsest side stays 4 or more
        attention: maps that self-attention follows, by their shorter side, e.g. [32]
        norm: before each activation
        activation: before each convolution
        slope: of leaky_relu, for negative values
    """
    channels, *size = image(target)

    def width_at(level: int) -> int:
        return int(min(width * 2**level, max_width))

    sizes = map_sizes(size, depth)
    check_features(sizes, width_at)
    style = Style(norm, activation, slope, attention)
    ends = [width_at(level) for level in reversed(range(len(sizes) - 1))]
    return [
        *(["flatten"] if len(source) > 1 else []),
        *growing(style, sizes, width_at(len(sizes) - 1), ends, channels),
        *(["tanh"] if bounds else []),
    ]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    max_width: Width = 1024,
    depth: Depth = None,
    keep: Keep = 1,
    wide: bool = False,
    pooling: Literal["sum", "mean"] = "sum",
    attention: Sides = (),
    norm: Norm = "none",
    activation: Activation = "relu",
    slope: Slope = 0.2,
) -> list[Any]:
    """Halve the image in residual blocks, pool each channel, then one fully connected layer.

    Args:
        width: channels after the first block; they double with each block that halves the map
        max_width: upper limit of the channels
        depth: number of blocks that halve the map; by default as many as its coarsest side stays 4
            or more
        keep: number of blocks after them, which keep size and channels
        wide: whether the first convolution of a block already has the channels that it ends in (as
            in SAGAN), instead of those that it starts from (SNGAN)
        pooling: of all positions of a channel
        attention: maps that self-attention follows, by their shorter side, e.g. [32]
        norm: before each activation, but not in the first block
        activation: before each convolution
        slope: of leaky_relu, for negative values
    """
    channels, *size = image(source)
    sizes = map_sizes(size, depth)
    halvings = len(sizes) - 1
    ends = [min(width * 2**level, max_width) for level in range(max(halvings, 1))]
    ends += [ends[-1]] * (keep if halvings else keep - 1)  # without halvings the first one keeps
    style = Style(norm, activation, slope, attention, wide)
    return [
        *shrinking(style, sizes, channels, ends, pooling),
        {"linear": {"features": prod(target)}},
    ]
