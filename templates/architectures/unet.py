"""U-Net between images of one size (Ronneberger 2015), as in pix2pix (Isola, arXiv:1611.07004).

The map is halved `depth` times, and doubled as often; each doubling also sees the map of its size
on the way down. Published (256 x 256): width 64, depth 8, `norm: batch_alone`, dropout 0.5 at three
levels.
"""

from typing import Annotated, Any, Literal

from _translators import LEAKY, by, doubling, ended, equal_sizes, halved, halving, normed
from annotated_types import Ge, Le, Lt

from gangen.contracts import Shape, Unfit, block, stage

Width = Annotated[int, Ge(1), Le(4096)]
Dropout = Annotated[float, Ge(0), Lt(1)]
Norm = Literal["none", "batch", "batch_alone", "instance"]
Depth = Annotated[int, Ge(1), Le(12)] | None


def translator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    max_width: Width = 512,
    depth: Depth = None,
    norm: Norm = "batch",
    dropout: Dropout = 0.5,
    dropout_levels: Annotated[int, Ge(0), Le(12)] = 3,
) -> list[Any]:
    """Halve the image to its gist, then double it, with the maps of the way down beside it.

    Args:
        width: channels of the finest map; they double with each halving
        max_width: upper limit of the channels
        depth: how often the map is halved; by default until its shorter side is 2 or 3, at most 8
            times
        norm: after each convolution but the first and the innermost; batch_alone uses the
            statistics of the batch when samples are drawn, too
        dropout: probability; it never stops, and is the only noise; 0 = none
        dropout_levels: doublings with dropout, from the second on; no more than there are
    """
    equal_sizes(source, target)
    sizes = halved(source[1:], _depth(source[1:], depth))
    widths = [min(width << level, max_width) for level in range(len(sizes) - 1)]
    bias, norms = norm == "none", normed(norm)
    deepest = len(widths)
    layers: list[Any] = [stage("down1", [halving(widths[0])])]
    for level in range(2, deepest + 1):
        if level == deepest:
            group = [LEAKY, halving(widths[level - 1])]
        else:
            group = [block("contract", [LEAKY, halving(widths[level - 1], bias=bias), *norms])]
        layers.append(stage(f"down{level}", group))
    for level in range(deepest, 1, -1):
        outer, number = widths[level - 2], deepest - level
        noisy = dropout > 0 and 1 <= number <= dropout_levels
        noise: list[Any] = [{"dropout_noise": {"p": dropout}}] if noisy else []
        up = doubling(outer, sizes[level], sizes[level - 1], bias=bias)
        group = [block("expand", ["relu", up, *norms]), *noise]
        layers.append(stage(f"up{level}", group, joins=f"down{level}" if number else ""))
    last = doubling(target[0], sizes[1], sizes[0])
    joins = "down1" if deepest > 1 else ""
    return [*layers, stage("up1", ["relu", last, *ended(bounds)], joins=joins)]


def _depth(size: Shape, depth: int | None) -> int:
    most = min(min(size).bit_length() - 1, 12)
    if depth is None:
        return max(1, min(most - 1, 8))
    if depth > most:
        raise Unfit(
            f"cannot halve an image of {by(size)} {depth} times",
            option="depth",
            help=f"the nearest legal depth is {most}",
        )
    return depth
