"""What networks between images share: activations, norms, their last layer."""

from collections.abc import Sequence
from typing import Any

from gangen.contracts import Shape, Unfit

NORMS = {"batch": "batch_norm", "batch_alone": "batch_norm_alone", "instance": "instance_norm"}


def images(source: Shape, target: Shape) -> None:
    """Raises Unfit unless both are images."""
    if len(source) != 3 or len(target) != 3:
        raise Unfit(
            f"works from images to images, not from {list(source)} to {list(target)}",
            option="architecture",
        )


def equal_sizes(source: Shape, target: Shape) -> None:
    """Raises Unfit unless both are images of one size."""
    images(source, target)
    if source[1:] != target[1:]:
        raise Unfit(
            f"keeps the size of an image, {by(source[1:])}, and is to write {by(target[1:])}",
            option="architecture",
            help="choose an architecture that changes the size",
        )


def by(size: Sequence[int]) -> str:
    """(4, 6) -> "4x6"."""
    return "x".join(map(str, size))


def normed(norm: str) -> list[Any]:
    """The norm's layer, if there is one."""
    return [NORMS[norm]] if norm != "none" else []


def halving(channels: int, *, bias: bool = True) -> dict[str, Any]:
    """A convolution of kernel 4 that halves a map, n // 2 where n is odd."""
    options = {"channels": channels, "kernel": 4, "stride": 2, "padding": 1}
    return {"conv": options | ({} if bias else {"bias": False})}


def doubling(channels: int, small: Shape, large: Shape, *, bias: bool = True) -> dict[str, Any]:
    """A transposed convolution of kernel 4 (5 along odd axes) from n // 2 to n."""
    kernel = [4 + b - 2 * a for a, b in zip(small, large, strict=True)]
    options = {
        "channels": channels,
        "kernel": kernel[0] if len(set(kernel)) == 1 else kernel,
        "stride": 2,
        "padding": 1,
    }
    return {"conv_transpose": options | ({} if bias else {"bias": False})}


def halved(size: Shape, depth: int) -> list[Shape]:
    """Sizes of the maps that `halving` makes, the image's first."""
    sizes = [tuple(size)]
    for _ in range(depth):
        sizes.append(tuple(side // 2 for side in sizes[-1]))
    return sizes


def ended(bounds: tuple[float, float] | None) -> list[Any]:
    """What bounds the last layer's values, where the data is bounded."""
    return ["tanh"] if bounds else []


LEAKY: Any = {"leaky_relu": {"slope": 0.2}}
