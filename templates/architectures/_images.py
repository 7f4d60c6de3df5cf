"""What architectures for images share: the sizes of their maps, and the steps between them.

A map is halved by rounding up, and doubled to exactly the size that was halved, so that images of
any height and width, odd ones too, need no cropping at the end.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from gangen.contracts import Shape, Unfit

MAX_DEPTH = 16
MAX_FEATURES = 2**24  # of `linear`


def image(shape: Shape) -> Shape:
    """The shape, when it is that of an image."""
    if len(shape) != 3:
        raise Unfit(
            f"works on images [channels, height, width], the data is {list(shape)}",
            option="architecture",
            help="choose `architecture: mlp` for vectors",
        )
    return shape


def map_sizes(size: Sequence[int], depth: int | None, coarsest: int = 4) -> list[Shape]:
    """Sizes of the maps, from the image to the coarsest one, each half of the one before.

    By default the map is halved as often as its shorter side stays `coarsest` or more.
    """
    side = min(size)
    most = min((side - 1).bit_length(), MAX_DEPTH)  # halvings until the shorter side is 1
    if depth is None:
        depth = max((side // coarsest).bit_length() - 1, 0)
    if depth > most:
        raise Unfit(
            f"cannot halve a map of {by(size)} {depth} times",
            option="depth",
            help=f"the nearest legal depth is {most}, the nearest legal size "
            f"{by([2 ** (depth - 1) + 1] * 2)}",
        )
    sizes = [tuple(size)]
    for _ in range(depth):
        sizes.append(tuple((side + 1) // 2 for side in sizes[-1]))
    return sizes


def check_features(sizes: Sequence[Shape], channels: Callable[[int], int]) -> None:
    """A generator starts from one fully connected layer, which has a largest size.

    `channels` gives the channels of the coarsest map if the image were halved so many times.
    """
    depth = len(sizes) - 1
    features = channels(depth) * prod(sizes[-1])
    if features <= MAX_FEATURES:
        return
    side = min(sizes[0])
    for deeper in range(depth + 1, (side - 1).bit_length() + 1):
        if channels(deeper) * prod(map_sizes(sizes[0], deeper)[-1]) <= MAX_FEATURES:
            help = f"the nearest legal depth is {deeper}"
            break
    else:
        help = "use images that are smaller, or nearer to a square"
    raise Unfit(
        f"would start from {features} features, more than {MAX_FEATURES}",
        option="depth",
        help=help,
    )


def by(size: Sequence[int]) -> str:
    """(4, 6) -> "4x6"."""
    return "x".join(map(str, size))


def doubled(small: Shape, large: Shape) -> bool:
    """Whether the larger map is exactly twice the smaller one."""
    return large == tuple(2 * side for side in small)


def grow(small: Shape, large: Shape) -> Any:
    """A layer that repeats the values of a map until it has the size of the larger one."""
    return "upsample" if doubled(small, large) else {"resize": {"size": list(large)}}


def shrink(large: Shape, small: Shape) -> Any:
    """A layer that takes means of two by two values."""
    return "avg_pool" if doubled(small, large) else "halve"


def activation_layer(name: str, slope: float) -> Any:
    """The entry of an activation."""
    return {"leaky_relu": {"slope": slope}} if name == "leaky_relu" else name


def pair(values: Sequence[int]) -> int | list[int]:
    """One number for both axes where they agree."""
    return values[0] if len(set(values)) == 1 else list(values)
