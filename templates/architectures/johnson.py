"""Residual translator (Johnson 2016, arXiv:1603.08155), the generator of CycleGAN (Zhu 2017).

A convolution of kernel 7, two that halve, residual blocks, two that double, one of kernel 7;
borders are reflected. Published: width 64, instance norm, 9 blocks (6 below 256 x 256).
"""

from typing import Annotated, Any, Literal

from _translators import by, ended, equal_sizes, normed
from annotated_types import Ge, Le, Lt

from gangen.contracts import Shape, Unfit, block

Width = Annotated[int, Ge(1), Le(4096)]
Dropout = Annotated[float, Ge(0), Lt(1)]
Norm = Literal["none", "batch", "batch_alone", "instance"]


def translator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    blocks: Annotated[int, Ge(0), Le(64)] | None = None,
    depth: Annotated[int, Ge(0), Le(6)] = 2,
    norm: Norm = "instance",
    dropout: Dropout = 0.0,
) -> list[Any]:
    """Halve the image, change it in residual blocks, double it.

    Args:
        width: channels of the finest map; they double with each halving
        blocks: residual blocks at the coarsest map; by default 9 for images of 256 and more, else 6
        depth: how often the map is halved
        norm: after each convolution but the last; batch_alone uses the statistics of the batch when
            samples are drawn, too
        dropout: probability inside the residual blocks; it never stops; 0 = none
    """
    equal_sizes(source, target)
    sizes = [tuple(source[1:])]
    for _ in range(depth):
        sizes.append(tuple((side + 1) // 2 for side in sizes[-1]))
    _check(sizes, norm)
    count = blocks if blocks is not None else 9 if min(source[1:]) >= 256 else 6
    norms, bias = normed(norm), {} if norm in ("none", "instance") else {"bias": False}
    noise: list[Any] = [{"dropout_noise": {"p": dropout}}] if dropout else []

    def conv(channels: int, kernel: int) -> list[Any]:
        return [
            {"reflection_pad": {"padding": kernel // 2}},
            {"conv": {"channels": channels, "kernel": kernel, **bias}},
        ]

    layers = [*conv(width, 7), *norms, "relu"]
    for level in range(1, depth + 1):
        halve = {"channels": width << level, "kernel": 3, "stride": 2, "padding": 1, **bias}
        layers.append(block("down", [{"conv": halve}, *norms, "relu"]))
    inside = width << depth
    kept = [*conv(inside, 3), *norms, "relu", *noise, *conv(inside, 3), *norms]
    layers += [block("keep", [{"residual": {"layers": kept}}]) for _ in range(count)]
    for level in range(depth - 1, -1, -1):
        even = [1 - side % 2 for side in sizes[level]]
        double = {
            "channels": width << level,
            "kernel": 3,
            "stride": 2,
            "padding": 1,
            "output_padding": even[0] if len(set(even)) == 1 else even,
            **bias,
        }
        layers.append(block("up", [{"conv_transpose": double}, *norms, "relu"]))
    pad = {"reflection_pad": {"padding": 3}}
    return [*layers, pad, {"conv": {"channels": target[0], "kernel": 7}}, *ended(bounds)]


def _check(sizes: list[Shape], norm: str) -> None:
    """Reflection needs more rows than it adds, a norm more than one value."""
    if min(sizes[0]) < 4:
        raise Unfit(
            f"reflects 3 rows at the border, and the image is {by(sizes[0])}",
            option="architecture",
            help="the nearest legal size has sides of 4",
        )
    fits = [level for level, size in enumerate(sizes) if min(size) >= 2]
    if len(fits) < len(sizes):
        raise Unfit(
            f"would get to a {by(sizes[-1])} map, which cannot be reflected at its border",
            option="depth",
            help=f"the nearest legal depth is {fits[-1]}",
        )
