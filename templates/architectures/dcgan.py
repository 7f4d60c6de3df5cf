"""DCGAN (Radford, Metz & Chintala 2015, arXiv:1511.06434), for maps of any size.

The map, a signal, an image or a volume, is halved (discriminator) or doubled (generator) `depth`
times. At odd sizes the transposed convolutions reach the exact size by a kernel one smaller (or no
output padding) along that axis, so that no resizing or cropping is needed.
"""

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt

from gangen.contracts import Shape, Unfit, block

Width = Annotated[int, Ge(1), Le(4096)]
Depth = Annotated[int, Ge(0), Le(16)] | None
Extra = Annotated[int, Ge(0), Le(17)]
Dense = Annotated[int, Ge(0), Le(2**16)]
Kernel = Literal[3, 4, 5]
Norm = Literal["none", "batch", "instance", "layer", "group"]
Activation = Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"]
Slope = Annotated[float, Gt(0), Le(1)]
Dropout = Annotated[float, Ge(0), Lt(1)]

MAX_DEPTH, MAX_WIDTH = 16, 4096  # as above
MAX_FEATURES, MAX_KERNEL = 2**24, 1024  # of `linear` and `conv`
GROUPS = 8  # of `group_norm`


def generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    max_width: Width = 1024,
    depth: Depth = None,
    kernel: Kernel = 4,
    norm: Norm = "batch",
    activation: Activation = "relu",
    slope: Slope = 0.2,
    dropout: Dropout = 0.0,
    extra_layers: Extra = 0,
    last: Literal["conv_transpose", "conv"] = "conv_transpose",
    dense: Dense = 0,
) -> list[Any]:
    """Project the latent to a small map, then double it until it has the size of the data.

    Args:
        width: channels of the finest hidden map; they double with each coarser one
        max_width: upper limit of the channels
        depth: how often the map doubles; by default as often as the coarsest side stays 4 or more
        kernel: side of the kernels
        norm: between convolution and activation
        activation: between the layers
        slope: of leaky_relu, for negative values
        dropout: probability, after each activation; 0 = none
        extra_layers: after so many doublings, from the first one on, comes a convolution of
            kernel 3 and stride 1 as well; two in LSGAN's generator
        last: the layer that writes the data: the last doubling itself, or a convolution of
            kernel 3 behind it, as in SNGAN and LSGAN
        dense: features of a fully connected layer in front, as in InfoGAN; 0 = none
    """
    channels, *size = _map(target)
    finest = 0 if last == "conv" else 1  # level of the finest hidden map

    def obstacle(sizes: Sequence[Shape]) -> Unfit | None:
        coarsest = prod(sizes[-1])
        features = _width(max(len(sizes) - 1 - finest, 0), width, max_width) * coarsest
        if features > MAX_FEATURES:
            return Unfit(
                f"would start from {features} features, more than {MAX_FEATURES}",
                option="max_width",
                help=f"the nearest legal max_width is {max(MAX_FEATURES // coarsest, 1)}",
            )
        return _too_small(norm, sizes[-1])

    sizes = _sizes(tuple(size), depth, lambda side: (side + 1) // 2, obstacle)
    widths = [_width(max(n - finest, 0), width, max_width) for n in range(len(sizes))]
    _check_groups(norm, range(max(len(sizes) - finest, 1)), width, max_width)
    _check_extra(extra_layers, max(len(sizes) - 1 - finest, 0))
    after = _after(norm, activation, slope, dropout)
    bias = norm == "none"
    layers: list[Any] = [
        *(["flatten"] if len(source) > 1 else []),
        *_dense(dense, norm, activation, slope, dropout),
        {"linear": {"features": widths[-1] * prod(sizes[-1]), "bias": bias}},
        {"reshape": {"shape": [widths[-1], *sizes[-1]]}},
        *after,
    ]
    for level in range(len(sizes) - 2, finest - 1, -1):
        grow = _grow(widths[level], kernel, sizes[level + 1], sizes[level], bias)
        layers.append(block("up", [grow, *after]))
        if level >= len(sizes) - 1 - extra_layers:
            layers.append(block("up_same", [_keep(widths[level], bias), *after]))
    if len(sizes) > 1 and last == "conv_transpose":
        layers.append(_grow(channels, kernel, sizes[1], sizes[0], True))
    else:
        layers.append(_keep(channels))
    return [*layers, *(["tanh"] if bounds else [])]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    max_width: Width = 1024,
    depth: Depth = None,
    kernel: Kernel = 4,
    norm: Norm = "batch",
    activation: Activation = "leaky_relu",
    slope: Slope = 0.2,
    dropout: Dropout = 0.0,
    extra_layers: Extra = 0,
    dense: Dense = 0,
) -> list[Any]:
    """Halve the map with strided convolutions, then one convolution over the whole of it.

    Args:
        width: channels after the first convolution; they double with each halving
        max_width: upper limit of the channels
        depth: how often the map is halved; by default as often as the coarsest side stays 4 or more
        kernel: side of the kernels
        norm: between convolution and activation, but not after the first convolution
        activation: between the layers
        slope: of leaky_relu, for negative values
        dropout: probability, after each activation; 0 = none
        extra_layers: so many maps, from the coarsest on, get a convolution of kernel 3 and stride
            1 as well; SNGAN has it at every map, that of the data included
        dense: features of a fully connected layer before the last one, as in InfoGAN; then that is
            fully connected too; 0 = none
    """
    _, *size = _map(source)
    padding = (kernel - 1) // 2

    def obstacle(sizes: Sequence[Shape]) -> Unfit | None:
        if max(sizes[-1]) > MAX_KERNEL:
            return Unfit(
                f"would end in a kernel of {_by(sizes[-1])}, larger than {MAX_KERNEL}",
                help="use maps that are smaller, or nearer to a square",
            )
        normed = len(sizes) > 2 or (len(sizes) > 1 and extra_layers > 0)
        return _too_small(norm, sizes[-1]) if normed else None

    sizes = _sizes(
        tuple(size), depth, lambda side: (side + 2 * padding - kernel) // 2 + 1, obstacle
    )
    halvings = len(sizes) - 1
    _check_extra(extra_layers, halvings + 1 if halvings else 0)
    front = int(halvings > 0 and extra_layers > halvings)  # a layer before the first halving
    widths = [_width(level, width, max_width) for level in range(halvings + front)]
    _check_groups(norm, range(1, len(widths)), width, max_width)
    after = _after(norm, activation, slope, dropout)
    bias = norm == "none"
    halve = {"kernel": kernel, "stride": 2, "padding": padding}
    first = _after("none", activation, slope, dropout)
    layers: list[Any] = [] if halvings and not front else [_keep(min(width, max_width)), *first]
    for number, channels in enumerate(widths[front:]):
        if number == 0 and not front:
            layers += [{"conv": {"channels": channels, **halve}}, *first]
        else:
            step = {"conv": {"channels": channels, **halve, "bias": bias}}
            layers.append(block("down", [step, *after]))
        if number >= halvings - extra_layers:
            layers.append(block("down_same", [_keep(channels, bias), *after]))
    if dense:
        end = {"linear": {"features": target[0]}}
        return [*layers, "flatten", *_dense(dense, norm, activation, slope, dropout), end]
    last = _pair(list(sizes[-1]))
    return [*layers, {"conv": {"channels": target[0], "kernel": last, "bias": bias}}, "flatten"]


def _map(shape: Shape) -> Shape:
    if not 2 <= len(shape) <= 4:
        raise Unfit(
            f"works on maps, e.g. [channels, height, width], the data is {list(shape)}",
            option="architecture",
            help="choose `architecture: mlp` for vectors",
        )
    return shape


def _sizes(
    size: Shape,
    depth: int | None,
    halve: Callable[[int], int],
    obstacle: Callable[[Sequence[Shape]], Unfit | None],
) -> Sequence[Shape]:
    """Map sizes from that of the data to the coarsest one.

    `obstacle` says what keeps the rest of the network from working with them; a default depth
    gives way to it, a depth from the spec is refused.
    """
    most = min(min(size).bit_length() - 1, MAX_DEPTH)
    wanted = max(most - 2, min(most - 1, 1), 0) if depth is None else depth
    chains = [_chain(size, halve, number) for number in range(most + 1)]
    legal = [chain for chain in chains if obstacle(chain) is None]
    if not legal:
        problem = obstacle(chains[-1])
        assert problem is not None
        raise problem
    nearest = min(legal, key=lambda chain: abs(len(chain) - 1 - wanted))
    if depth is None or depth == len(nearest) - 1:
        return nearest
    help = f"the nearest legal depth is {len(nearest) - 1}"
    if depth <= most:
        raise Unfit(f"{obstacle(chains[depth])}", option="depth", help=help)
    sides = (2**number for number in range(depth, MAX_DEPTH + 1))
    squares = [(side,) * len(size) for side in sides]
    fitting = [square for square in squares if obstacle(_chain(square, halve, depth)) is None]
    raise Unfit(
        f"cannot halve a map of {_by(size)} {depth} times",
        option="depth",
        help=help + (f", the nearest legal size {_by(fitting[0])}" if fitting else ""),
    )


def _chain(size: Shape, halve: Callable[[int], int], depth: int) -> list[Shape]:
    sizes = [size]
    for _ in range(depth):
        sizes.append(tuple(halve(side) for side in sizes[-1]))
    return sizes


def _by(size: Shape) -> str:
    return "x".join(map(str, size))


def _width(level: int, width: int, max_width: int) -> int:
    return min(width << level, max_width)


def _too_small(norm: str, size: Shape) -> Unfit | None:
    """Why the norm cannot work on a map, if it cannot."""
    if norm != "instance" or prod(size) > 1:
        return None
    return Unfit(
        f"would get to a {_by(size)} map, of which instance norm leaves nothing",
        option="norm",
        help="the nearest legal norm is layer",
    )


def _check_extra(extra_layers: int, most: int) -> None:
    if extra_layers > most:
        raise Unfit(
            f"has room for {most} extra layers, not for {extra_layers}",
            option="extra_layers",
            help=f"the nearest legal extra_layers is {most}",
        )


def _check_groups(norm: str, levels: Iterable[int], width: int, max_width: int) -> None:
    """Group norm splits the channels of every level into equal groups."""
    if norm != "group":
        return
    for level in levels:
        channels = _width(level, width, max_width)
        if channels % GROUPS == 0:
            continue
        capped = channels < width * 2**level
        option, value = ("max_width", max_width) if capped else ("width", width)
        step = 1 if capped else 2**level
        legal = [n for n in range(1, MAX_WIDTH + 1) if n * step % GROUPS == 0]
        nearest = min(legal, key=lambda n: abs(n - value))
        raise Unfit(
            f"would split {channels} channels into {GROUPS} groups",
            option=option,
            help=f"the nearest legal {option} is {nearest}",
        )


def _keep(channels: int, bias: bool = True) -> dict[str, Any]:
    """A convolution that keeps the size."""
    layer: dict[str, Any] = {"channels": channels, "kernel": 3, "padding": 1}
    return {"conv": layer if bias else {**layer, "bias": False}}


def _grow(channels: int, kernel: int, small: Shape, large: Shape, bias: bool) -> dict[str, Any]:
    """A transposed convolution with stride 2 that reaches 2n, or 2n - 1 along odd axes, exactly."""
    odd = [2 * a - b for a, b in zip(small, large, strict=True)]  # 1 where the size is odd
    if kernel % 2:
        padding = {"output_padding": _pair([1 - o for o in odd])}
        size: Any = kernel
    else:
        padding, size = {}, _pair([kernel - o for o in odd])
    return {
        "conv_transpose": {
            "channels": channels,
            "kernel": size,
            "stride": 2,
            "padding": (kernel - 1) // 2,
            **padding,
            "bias": bias,
        }
    }


def _pair(values: list[int]) -> int | list[int]:
    return values[0] if len(set(values)) == 1 else values


def _dense(features: int, norm: str, activation: str, slope: float, dropout: float) -> list[Any]:
    """A fully connected layer with what follows it; norms over a map have no place there."""
    if not features:
        return []
    norm = norm if norm in ("batch", "layer") else "none"
    linear = {"linear": {"features": features, "bias": norm == "none"}}
    return [linear, *_after(norm, activation, slope, dropout)]


def _after(norm: str, activation: str, slope: float, dropout: float) -> list[Any]:
    layers: list[Any] = [] if norm == "none" else [f"{norm}_norm"]
    layers.append({"leaky_relu": {"slope": slope}} if activation == "leaky_relu" else activation)
    return [*layers, *([{"dropout": {"p": dropout}}] if dropout else [])]
