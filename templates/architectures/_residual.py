"""Residual blocks that change the size of a map, as SNGAN, SAGAN and BigGAN have them.

Both their 1x1 convolutions and the pooling or repeating of values are linear and treat all
positions alike, so their order does not change the result; shortcuts convolve the smaller map,
which costs a quarter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from _images import activation_layer, doubled, grow, shrink

from gangen.contracts import Shape, Unfit, block


@dataclass(frozen=True)
class Style:
    """What all blocks of a network have in common."""

    norm: str
    activation: str
    slope: float
    attention: Sequence[int]  # shorter sides of the maps that attention follows
    wide: bool = True  # the first convolution of a block widens, not the second

    @property
    def active(self) -> Any:
        """The activation's entry."""
        return activation_layer(self.activation, self.slope)

    @property
    def before(self) -> list[Any]:
        """What stands before a convolution."""
        return [*([] if self.norm == "none" else [f"{self.norm}_norm"]), self.active]


def growing(
    style: Style, sizes: Sequence[Shape], start: int, ends: Sequence[int], outputs: int
) -> list[Any]:
    """A generator: a coarsest map of `start` channels, then a block for each of `ends`.

    `sizes` go from the image to the coarsest map. The image has `outputs` channels.
    """
    check_attention(style.attention, sizes[:-1])
    first = [start, *sizes[-1]]
    layers: list[Any] = [{"linear": {"features": prod(first)}}, {"reshape": {"shape": first}}]
    small = sizes[-1]
    for large, channels in zip(reversed(sizes[:-1]), ends, strict=True):
        layers.append(up_block(style, channels, small, large))
        if min(large) in style.attention:
            layers.append(attention_block(channels, large))
        small = large
    return [*layers, *style.before, conv(outputs)]


def shrinking(
    style: Style, sizes: Sequence[Shape], inputs: int, ends: Sequence[int], pooling: str
) -> list[Any]:
    """A discriminator up to its features, a block for each of `ends`, [channels] at the end.

    `sizes` go from the image to the coarsest map; the last blocks keep the size. Attention follows
    the first block that ends in its map.
    """
    maps = [*sizes[1:], *[sizes[-1]] * (len(ends) - len(sizes) + 1)]
    check_attention(style.attention, maps)
    layers: list[Any] = []
    large, before, seen = sizes[0], inputs, set[int]()
    for small, channels in zip(maps, ends, strict=True):
        layers.append(down_block(style, (before, channels), large, small, first=not layers))
        if min(small) in {*style.attention} - seen:
            layers.append(attention_block(channels, small))
        seen.add(min(small))
        large, before = small, channels
    if pooling == "mean":
        return [*layers, *style.before, "global_avg_pool", "flatten"]
    return [*layers, *style.before, "global_sum_pool"]


def conv(channels: int, kernel: int = 3) -> dict[str, Any]:
    """A convolution that keeps the size of the map."""
    options = {"channels": channels, "kernel": kernel}
    return {"conv": options | ({"padding": kernel // 2} if kernel > 1 else {})}


def up_block(style: Style, channels: int, small: Shape, large: Shape) -> Any:
    """Norm, activation, larger map, convolution, norm, activation, convolution."""
    up = grow(small, large)
    layers = [*style.before, up, conv(channels), *style.before, conv(channels)]
    entry = {"residual": {"layers": layers, "shortcut": [conv(channels, 1), up]}}
    return block("up" if doubled(small, large) else "up_to", [entry])


def down_block(
    style: Style, channels: tuple[int, int], large: Shape, small: Shape, *, first: bool
) -> Any:
    """Activation, convolution, activation, convolution, smaller map.

    `channels` are those before and after. The `first` block of a network sees pixels, which need no
    norm and no activation; it is always wide.
    """
    before, after = channels
    between = after if style.wide or first else before
    start, middle = ([], [style.active]) if first else (style.before, style.before)
    pool = [] if large == small else [shrink(large, small)]
    layers = [*start, conv(between), *middle, conv(after), *pool]
    shortcut = [*pool, conv(after, 1)] if pool or first or before != after else []
    name = "keep" if not pool else "down" if doubled(small, large) else "down_odd"
    entry = {"residual": {"layers": layers} | ({"shortcut": shortcut} if shortcut else {})}
    return entry if first else block(name, [entry])


def attention_block(channels: int, size: Shape) -> Any:
    """Self-attention as in SAGAN's code: keys of C / 8, values of C / 2, pooled; a gain from 0."""
    pool = ["max_pool"] if min(size) > 1 else []
    inner, values = max(channels // 8, 1), max(channels // 2, 1)
    attention = {
        "query": [_plain(inner)],
        "key": [_plain(inner), *pool],
        "value": [_plain(values), *pool],
    }
    layers = [{"self_attention": attention}, _plain(channels), {"scale": {"initial": 0.0}}]
    return {"residual": {"layers": layers}}


def _plain(channels: int) -> dict[str, Any]:
    return {"conv": {"channels": channels, "kernel": 1, "bias": False}}


def check_attention(wanted: Sequence[int], sizes: Sequence[Shape]) -> None:
    """Attention can stand at the maps that blocks end in, each named by its shorter side."""
    sides = sorted({min(size) for size in sizes})
    for side in wanted:
        if side in sides:
            continue
        if not sides:
            raise Unfit(
                "has no block for attention to stand behind",
                option="attention",
                help="leave `attention` out, or use larger images",
            )
        nearest = min(sides, key=lambda legal: abs(legal - side))
        raise Unfit(
            f"has no map with a shorter side of {side}",
            option="attention",
            help=f"the nearest legal side is {nearest}; blocks end in {', '.join(map(str, sides))}",
        )
