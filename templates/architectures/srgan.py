"""SRResNet and the discriminator of SRGAN (Ledig et al. 2017, arXiv:1609.04802, figure 4).

The generator works at the small size and enlarges at the end by sub-pixel convolutions. Published:
width 64, 16 blocks; discriminator width 64, dense 1024.
"""

from math import prod
from typing import Annotated, Any, Literal

from _translators import LEAKY, by, ended, images, normed
from annotated_types import Ge, Le

from gangen.contracts import Shape, Unfit, block, stage

Width = Annotated[int, Ge(1), Le(4096)]
Norm = Literal["none", "batch", "batch_alone", "instance"]


def translator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    blocks: Annotated[int, Ge(0), Le(64)] = 16,
    norm: Norm = "batch",
) -> list[Any]:
    """Residual blocks at the size of the source, then as many enlargements as the target needs.

    Args:
        width: channels of all maps
        blocks: residual blocks
        norm: after each convolution of the blocks; EDSR (Lim et al. 2017) has none
    """
    images(source, target)
    factors = _factors(source[1:], target[1:])
    norms, bias = normed(norm), {} if norm in ("none", "instance") else {"bias": False}
    same: Any = {"conv": {"channels": width, "kernel": 3, "padding": 1, **bias}}
    inside = [same, *norms, "prelu", same, *norms]
    body = [block("keep", [{"residual": {"layers": inside}}]) for _ in range(blocks)]
    larger = []
    for factor in factors:
        wider: Any = {"conv": {"channels": width * factor**2, "kernel": 3, "padding": 1}}
        larger.append(block("enlarge", [wider, {"pixel_shuffle": {"factor": factor}}, "prelu"]))
    last = {"conv": {"channels": target[0], "kernel": 9, "padding": 4}}
    return [
        stage("first", [{"conv": {"channels": width, "kernel": 9, "padding": 4}}, "prelu"]),
        stage("body", [*body, same, *norms]),
        stage("end", [*larger, last, *ended(bounds)], adds="first"),
    ]


def _factors(small: Shape, large: Shape) -> list[int]:
    """The enlargements by 2 or 3 that lead from one size to the other."""
    scale, rest = divmod(large[0], small[0])
    fits = rest == 0 and tuple(scale * side for side in small) == large
    factors = []
    while fits and scale > 1:
        factor = next((n for n in (2, 3, 5, 7) if scale % n == 0), scale)
        factors.append(factor)
        scale //= factor
    if not fits:
        raise Unfit(
            f"enlarges by whole factors, and {by(large)} is no multiple of {by(small)}",
            option="architecture",
            help="choose sizes of which one is a multiple of the other",
        )
    return factors


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    max_width: Width = 512,
    depth: Annotated[int, Ge(1), Le(8)] | None = None,
    norm: Norm = "batch",
    dense: Annotated[int, Ge(1), Le(2**14)] = 1024,
) -> list[Any]:
    """Pairs of convolutions, the second of which halves the map, then two fully connected layers.

    Args:
        width: channels of the first pair; they double with each one
        max_width: upper limit of the channels
        depth: number of pairs; by default 4, or as many as leave a side of 2
        norm: after each convolution but the first
        dense: features of the fully connected layer
    """
    if len(source) != 3:
        raise Unfit(f"judges images, not {list(source)}", option="architecture")
    side = min(source[1:])
    most = min((side - 1).bit_length(), 8)
    depth = max(1, min(4, most - 1)) if depth is None else depth
    if depth > most:
        raise Unfit(
            f"cannot halve an image of {by(source[1:])} {depth} times",
            option="depth",
            help=f"the nearest legal depth is {most}",
        )
    norms, bias = normed(norm), {} if norm in ("none", "instance") else {"bias": False}
    layers: list[Any] = [{"conv": {"channels": width, "kernel": 3, "padding": 1}}, LEAKY]
    for level in range(depth):
        channels = min(width << level, max_width)
        conv = {"channels": channels, "kernel": 3, "padding": 1, **bias}
        if level:
            layers.append(block("wider", [{"conv": conv}, *norms, LEAKY]))
        layers.append(block("halve", [{"conv": {**conv, "stride": 2}}, *norms, LEAKY]))
    end = {"linear": {"features": prod(target)}}
    return [*layers, "flatten", {"linear": {"features": dense}}, LEAKY, end]
