"""PatchGAN: judges every patch of an image by itself (Isola et al. 2017, arXiv:1611.07004).

The published sizes of a patch: depth 0 sees single pixels, 1 sees 16 x 16, 2 34 x 34, 3 70 x 70,
4 142 x 142, 5 286 x 286.
"""

from typing import Annotated, Any, Literal

from _translators import LEAKY, by, halving, normed
from annotated_types import Ge, Le

from gangen.contracts import Shape, Unfit, block

Width = Annotated[int, Ge(1), Le(4096)]
Norm = Literal["none", "batch", "batch_alone", "instance"]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    max_width: Width = 512,
    depth: Annotated[int, Ge(0), Le(8)] | None = None,
    norm: Norm = "batch",
) -> list[Any]:
    """Halve the map `depth` times, then two convolutions of kernel 4: one logit for each patch.

    Args:
        width: channels after the first convolution; they double with each one
        max_width: upper limit of the channels
        depth: how often the map is halved, which decides the size of a patch; by default 3, or as
            often as leaves more than one patch
        norm: after each convolution but the first and the last; batch_alone uses the statistics of
            the batch when samples are drawn, too
    """
    if len(source) != 3:
        raise Unfit(f"judges images, not {list(source)}", option="architecture")
    most = max((n for n in range(9) if min(_end(source[1:], n)) >= 1), default=0)
    if depth is None:
        depth = max((n for n in range(4) if min(_end(source[1:], n)) >= 2), default=0)
    if depth > most:
        raise Unfit(
            f"would leave no patch of an image of {by(source[1:])} halved {depth} times",
            option="depth",
            help=f"the nearest legal depth is {most}",
        )
    norms, bias = normed(norm), {} if norm in ("none", "instance") else {"bias": False}
    widths = [min(width << level, max_width) for level in range(depth + 1)]
    if depth == 0:
        middle: Any = {"channels": min(2 * width, max_width), "kernel": 1, **bias}
        last: Any = {"channels": target[0], "kernel": 1}
        first: Any = {"channels": width, "kernel": 1}
        return [{"conv": first}, LEAKY, {"conv": middle}, *norms, LEAKY, {"conv": last}]
    layers: list[Any] = [halving(widths[0]), LEAKY]
    for channels in widths[1:-1]:
        layers.append(block("wider", [halving(channels, bias=not bias), *norms, LEAKY]))
    patch = {"channels": widths[-1], "kernel": 4, "padding": 1, **bias}
    last = {"channels": target[0], "kernel": 4, "padding": 1}
    return [*layers, {"conv": patch}, *norms, LEAKY, {"conv": last}]


def _end(size: Shape, depth: int) -> Shape:
    """Number of patches along each axis."""
    less = 0 if depth == 0 else 2  # two convolutions of kernel 4 and padding 1
    return tuple((side >> depth) - less for side in size)
