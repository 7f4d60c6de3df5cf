"""StackGAN's networks (Zhang et al. 2017, arXiv:1612.03242, and the authors' code), for any size.

Generators double maps by repeating values, then convolve; discriminators halve them by strided
convolutions. The coarser a map, the more channels it has. A condition joins at a `concat_point`.
"""

from collections.abc import Sequence
from math import prod
from typing import Annotated, Any, Literal

from _images import by, grow
from annotated_types import Ge, Le

from gangen.contracts import Shape, Unfit, block

Width = Annotated[int, Ge(1), Le(4096)]
Count = Annotated[int, Ge(0), Le(16)]

LEAST = 4  # side of the coarsest maps, at least
MAX_FEATURES = 2**24  # of `linear`
JUDGED = 8  # times the channels of its first maps has what the discriminator judges

LEAKY = {"leaky_relu": {"slope": 0.2}}


def generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 96,
) -> list[Any]:
    """Stage I: a vector to a small map, doubled until it has the size of the image.

    Args:
        width: channels of the finest map; they double with each coarser one
    """
    sizes = _sizes(target)
    channels = [width << level for level in range(len(sizes))]
    first = channels[-1] * prod(sizes[-1])
    if first > MAX_FEATURES:
        help = f"the nearest legal width is {max(width * MAX_FEATURES // first, 1)}"
        raise Unfit(f"would start from {first} features", option="width", help=help)
    return [
        *(["flatten"] if len(source) > 1 else []),
        {"linear": {"features": first, "bias": False}},
        "batch_norm",
        "relu",
        {"reshape": {"shape": [channels[-1], *sizes[-1]]}},
        *_doublings(channels[:-1], sizes),
        *_written(target, bounds),
    ]


def translator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 192,
    halvings: Count = 2,
    residual_blocks: Count = 4,
) -> list[Any]:
    """Stage II: the image of the stage before made coarse, joined by the condition, made larger.

    Args:
        width: channels of the maps that the image is first turned into
        halvings: how often they are halved before the condition joins them
        residual_blocks: between there and the doublings
    """
    if len(source) != 3 or len(target) != 3:
        raise Unfit(f"works on images, here is {list(source)}", option="architecture")
    coarse = source[1:]
    layers: list[Any] = [_convolution(width), "relu"]
    for number in range(halvings):
        if min(coarse) < 2:
            help = f"the nearest legal halvings is {number}"
            message = f"cannot halve {by(source[1:])} {halvings} times"
            raise Unfit(message, option="halvings", help=help)
        coarse = tuple(side // 2 for side in coarse)
        layers.append(block("halved", [_halving(width * 2 ** (number + 1)), "batch_norm", "relu"]))
    most = width * 2**halvings
    same = [_convolution(most, bias=False), "batch_norm", "relu"]
    layers += ["concat_point", block("same", same)]
    inside = [
        _convolution(most, bias=False),
        "batch_norm",
        "relu",
        _convolution(most, bias=False),
        "batch_norm",
    ]
    layers += [
        block("residual", [{"residual": {"layers": inside}}, "relu"])
        for _ in range(residual_blocks)
    ]
    sizes = _up_to(coarse, target[1:])
    channels = [max(most >> level, 1) for level in range(len(sizes) - 1, 0, -1)]
    return [*layers, *_doublings(channels, sizes), *_written(target, bounds)]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 96,
    joint_kernel: Literal[1, 3] = 1,
) -> list[Any]:
    """Halve the image down to a small map, let the condition join it, judge the whole of it.

    Args:
        width: channels after the first halving; they double with each further one, and where they
            are more than 8 times as many at the end, convolutions halve them again
        joint_kernel: side of the kernel behind the concat_point; 3 in the authors' code
    """
    sizes = _sizes(source)
    channels = width
    first = _halving(width, bias=True) if len(sizes) > 1 else _convolution(width)
    layers: list[Any] = [first, LEAKY]
    for _ in range(len(sizes) - 2):
        channels *= 2
        layers.append(block("down", [_halving(channels), "batch_norm", LEAKY]))
    while channels > JUDGED * width:
        channels //= 2
        layers.append(block("fewer", [_convolution(channels, bias=False), "batch_norm", LEAKY]))
    last = sizes[-1]
    kernel = last[0] if len(set(last)) == 1 else list(last)
    joint = {"channels": channels, "kernel": joint_kernel, "padding": joint_kernel // 2}
    judged = {"conv": {"channels": target[0], "kernel": kernel}}
    return [
        *layers,
        "concat_point",
        {"conv": {**joint, "bias": False}},
        "batch_norm",
        LEAKY,
        judged,
        "flatten",
    ]


def _sizes(image: Shape) -> list[Shape]:
    """Sizes of the maps from that of the image to the coarsest one."""
    if len(image) != 3:
        raise Unfit(f"works on images, here is {list(image)}", option="architecture")
    sizes = [image[1:]]
    while min(sizes[-1]) >= 2 * LEAST:
        sizes.append(tuple(side // 2 for side in sizes[-1]))
    return sizes


def _up_to(coarse: Shape, size: Shape) -> list[Shape]:
    """Sizes from that of the image to a coarse one, each at most twice the next."""
    sizes = [size]
    while any(2 * small < large for small, large in zip(coarse, sizes[-1], strict=True)):
        halved = (max(-(-side // 2), small) for side, small in zip(sizes[-1], coarse, strict=True))
        sizes.append(tuple(halved))
    return [*sizes, coarse] if sizes[-1] != coarse else sizes


def _doublings(channels: Sequence[int], sizes: Sequence[Shape]) -> list[Any]:
    """Maps made larger up to sizes[0], with `channels` from the finest to the coarsest."""
    pairs = zip(sizes[1:], sizes[:-1], channels, strict=True)
    return [
        block("up", [grow(small, large), _convolution(count, bias=False), "batch_norm", "relu"])
        for small, large, count in reversed(list(pairs))
    ]


def _written(target: Shape, bounds: tuple[float, float] | None) -> list[Any]:
    return [_convolution(target[0]), *(["tanh"] if bounds else [])]


def _convolution(channels: int, bias: bool = True) -> dict[str, Any]:
    layer: dict[str, Any] = {"channels": channels, "kernel": 3, "padding": 1}
    return {"conv": layer if bias else {**layer, "bias": False}}


def _halving(channels: int, bias: bool = False) -> dict[str, Any]:
    layer: dict[str, Any] = {"channels": channels, "kernel": 4, "stride": 2, "padding": 1}
    return {"conv": layer if bias else {**layer, "bias": False}}
