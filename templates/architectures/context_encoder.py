"""Encoder and decoder around a narrow code: Context Encoders (Pathak 2016, arXiv:1604.07379).

The source is halved to a map of 4 to 7 and then to one position; from there the target is written,
of whatever size. Published (128 x 128 -> 64 x 64): width 64, bottleneck 4000.
"""

from typing import Annotated, Any, Literal

from _translators import LEAKY, by, doubling, ended, halved, halving, images, normed
from annotated_types import Ge, Le

from gangen.contracts import Shape, Unfit, block

Width = Annotated[int, Ge(1), Le(4096)]


def translator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    max_width: Width = 512,
    bottleneck: Annotated[int, Ge(1), Le(2**14)] = 4000,
    norm: Literal["none", "batch"] = "batch",
) -> list[Any]:
    """Halve the source to a code of one position, and double that to the target.

    Args:
        width: channels of the finest maps; they double with each halving
        max_width: upper limit of the channels
        bottleneck: channels of the code
        norm: after each convolution but the first and the last
    """
    images(source, target)
    for shape in (source, target):
        if min(shape[1:]) < 8:
            raise Unfit(
                f"halves images to a map of 4, and {by(shape[1:])} is too small for that",
                option="architecture",
                help="the nearest legal side is 8",
            )
    down, up = (halved(shape[1:], min(shape[1:]).bit_length() - 3) for shape in (source, target))
    norms, bias = normed(norm), norm == "none"
    layers: list[Any] = [halving(width), LEAKY]
    for level in range(1, len(down) - 1):
        channels = min(width << level, max_width)
        layers.append(block("down", [halving(channels, bias=bias), *norms, LEAKY]))
    whole = {"channels": bottleneck, "kernel": list(down[-1]), "bias": bias}
    layers += [{"conv": whole}, *norms, LEAKY]
    widths = [min(width << level, max_width) for level in range(len(up) - 1)]
    whole = {"channels": widths[-1], "kernel": list(up[-1]), "bias": bias}
    layers += [{"conv_transpose": whole}, *norms, "relu"]
    for level in range(len(widths) - 1, 0, -1):
        step = doubling(widths[level - 1], up[level + 1], up[level], bias=bias)
        layers.append(block("up", [step, *norms, "relu"]))
    return [*layers, doubling(target[0], up[1], up[0]), *ended(bounds)]
