"""Sizes of maps: pure integer functions that the catalogue's rules use, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import gcd, isqrt, prod
from typing import Any

Shape = tuple[int, ...]
Sizes = int | Sequence[int]

INTERPOLATIONS = ("linear", "bilinear", "trilinear")  # by the number of axes


class Unfit(ValueError):
    """A layer, a network or a component cannot work with the sizes it is given.

    `option` names the option to blame, if one is; `help` the next action, with a legal value;
    `path` the place in the spec, where whoever catches it does not know it.
    """

    path: tuple[str | int, ...] = ()

    def __init__(self, message: str, *, option: str | None = None, help: str | None = None) -> None:
        super().__init__(message)
        self.option = option
        self.help = help


def show(shape: Sequence[int]) -> str:
    """The way shapes are written to people: [3, 64, 64]."""
    return "[" + ", ".join(str(size) for size in shape) + "]"


def _each(value: Sizes, rank: int, option: str = "kernel") -> tuple[int, ...]:
    sizes = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(sizes) != rank:
        raise Unfit(
            f"has a map of {rank} axes, but {option} is {show(sizes)}",
            option=option,
            help=f"give one number, or a list of {rank}",
        )
    return sizes


def conv(size: Shape, kernel: Sizes, stride: Sizes = 1, padding: Sizes = 0) -> Shape:
    """Size of a convolution's (or a pooling's) output along each axis."""
    rank = len(size)
    kernels, steps = _each(kernel, rank), _each(stride, rank, "stride")
    pads = _each(padding, rank, "padding")
    axes = zip(size, kernels, steps, pads, strict=True)
    result = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in axes)
    if min(result) < 1:
        need = tuple(max(1, k - 2 * p) for k, p in zip(kernels, pads, strict=True))
        most = min(n + 2 * p for n, p in zip(size, pads, strict=True))
        raise Unfit(
            f"would get a {by(size)} map but kernel {by(kernel)}, padding {by(padding)} "
            f"needs at least {by(need)}",
            option="kernel",
            help=f"use a kernel of at most {most}, more padding, "
            "or one downsampling layer less before it",
        )
    return result


def conv_transpose(
    size: Shape, kernel: Sizes, stride: Sizes = 1, padding: Sizes = 0, output_padding: Sizes = 0
) -> Shape:
    """Size of a transposed convolution's output along each axis."""
    rank = len(size)
    extra, steps = _each(output_padding, rank, "output_padding"), _each(stride, rank, "stride")
    if any(e >= s for e, s in zip(extra, steps, strict=True) if e):
        raise Unfit(
            f"output_padding {by(output_padding)} must be smaller than stride {by(stride)}",
            option="output_padding",
            help=f"use at most {min(steps) - 1}",
        )
    axes = zip(size, _each(kernel, rank), steps, extra, strict=True)
    full = tuple((n - 1) * s + k + e for n, k, s, e in axes)
    result = tuple(n - 2 * p for n, p in zip(full, _each(padding, rank, "padding"), strict=True))
    if min(result) < 1:
        raise Unfit(
            f"padding {by(padding)} would leave nothing of a {by(size)} map",
            option="padding",
            help=f"use a padding of at most {(min(full) - 1) // 2}",
        )
    return result


def same(first: Shape, second: Shape) -> Shape:
    """Both branches of a sum must agree."""
    if first != second:
        raise Unfit(
            f"the branches end in {show(first)} and {show(second)}; a sum needs equal shapes",
            help="give `shortcut` layers that end in the same shape, or keep the shape in `layers`",
        )
    return first


def attended(query: Shape, key: Shape, value: Shape) -> Shape:
    """Values at the positions of the query: maps [channels, ...] that attention brings together."""
    for name, shape in (("query", query), ("key", key), ("value", value)):
        if len(shape) < 2:
            raise Unfit(
                f"`{name}` ends in {show(shape)}, attention needs maps",
                help=f"give `{name}` layers that end in [channels, height, width]",
            )
    if query[0] != key[0]:
        raise Unfit(
            f"`query` ends in {query[0]} channels, `key` in {key[0]}; they are multiplied",
            help=f"give `key` {query[0]} channels",
        )
    if prod(key[1:]) != prod(value[1:]):
        raise Unfit(
            f"`key` ends in a {by(key[1:])} map, `value` in {by(value[1:])}; "
            "each key needs its value",
            help="give both the same pooling",
        )
    return (value[0], *query[1:])


def reshaped(size: Shape, shape: Shape) -> Shape:
    """The same values in another shape."""
    if prod(size) != prod(shape):
        raise Unfit(
            f"{show(size)} has {prod(size)} values, {show(shape)} has {prod(shape)}",
            option="shape",
            help=f"make the layer before it end in {prod(shape)} features",
        )
    return shape


def divides(groups: int, channels: int) -> int:
    """Channels, when they split evenly into groups."""
    if channels % groups:
        small = [n for n in range(1, isqrt(channels) + 1) if channels % n == 0]
        legal = min((*small, *(channels // n for n in small)), key=lambda n: abs(n - groups))
        raise Unfit(
            f"{channels} channels cannot be split into {groups} groups",
            option="groups",
            help=f"the nearest legal value is {legal}",
        )
    return channels


def grouped(groups: int, in_channels: int, channels: int) -> int:
    """Output channels, when both they and the input's split evenly into groups."""
    divides(groups, gcd(in_channels, channels))
    return channels


def interpolated(size: Shape, scale: int, mode: str) -> Shape:
    """Size after interpolation, when the mode is one for that many axes."""
    if len(size) > len(INTERPOLATIONS):
        raise Unfit(f"works on up to {len(INTERPOLATIONS)} axes, got a {by(size)} map")
    legal = INTERPOLATIONS[len(size) - 1]
    if mode not in ("nearest", legal):
        raise Unfit(
            f"mode {mode} is not for a map of {len(size)} axes",
            option="mode",
            help=f"the nearest legal mode is {legal}",
        )
    return tuple(scale * side for side in size)


def chunk(size: int, parts: int) -> int:
    """Length of one part of a vector that is split into equal ones."""
    if size % parts:
        nearest = max(round(size / parts), 1) * parts
        raise Unfit(
            f"{size} values cannot be split into {parts} equal parts",
            help=f"the nearest legal dim of the latent is {nearest}",
        )
    return size // parts


def at_least(size: Shape, least: int, what: str) -> Shape:
    """Size, when there are at least `least` values in all."""
    if prod(size) < least:
        raise Unfit(
            f"{what} needs at least {least} values per channel, got a {by(size)} map",
            help="stop at a larger map, or take it out here",
        )
    return size


def reflected(size: Shape, padding: int) -> Shape:
    """Size after padding by reflection, which needs more rows than it adds."""
    if min(size) <= padding:
        raise Unfit(
            f"cannot reflect {padding} rows of a {by(size)} map",
            option="padding",
            help=f"use a padding of at most {min(size) - 1}",
        )
    return tuple(side + 2 * padding for side in size)


def fewer(part: int, whole: int) -> int:
    """Channels, when there are others beside them."""
    if part >= whole:
        raise Unfit(
            f"takes {part} of {whole} channels, and none are left",
            option="given",
            help="use data whose samples are pairs"
            + (f", or at most {whole - 1}" if whole > 1 else ""),
        )
    return part


def shrunk(size: Shape, factor: int) -> Shape:
    """Size of an image that becomes smaller by a whole factor."""
    if any(side % factor for side in size):
        nearest = tuple(max(round(side / factor), 1) * factor for side in size)
        raise Unfit(
            f"a {by(size)} image cannot become {factor} times smaller",
            option="factor",
            help=f"the nearest legal size of the data is {by(nearest)}",
        )
    return tuple(side // factor for side in size)


def hole(size: Shape, share: float, where: str) -> Shape:
    """Size of the middle of an image."""
    if where != "centre":
        raise Unfit(
            f"a hole at {where} places cannot be the target alone",
            option="target",
            help="the nearest legal target is image",
        )
    return tuple(max(1, int(share * side)) for side in size)


def area(kernel: Sizes, rank: int = 2) -> int:
    """Number of taps of a kernel."""
    return prod(_each(kernel, rank))


def by(size: Sizes) -> str:
    """4 -> "4", (4, 6) -> "4x6"."""
    return str(size) if isinstance(size, int) else "x".join(str(n) for n in size)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        conv,
        conv_transpose,
        same,
        attended,
        reshaped,
        divides,
        grouped,
        interpolated,
        chunk,
        at_least,
        reflected,
        fewer,
        shrunk,
        hole,
        area,
        prod,
        sum,
        len,
        min,
        max,
        int,
    )
}
