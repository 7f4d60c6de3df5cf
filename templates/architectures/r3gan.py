"""R3GAN's norm-free networks (Huang et al. 2024, arXiv:2501.05441), at any image size.

Config E of the paper. Residual bottlenecks turned inside out: 1x1 convolution to more channels,
grouped 3x3 convolution, 1x1 convolution back that starts at 0. Maps are resampled bilinearly. The
generator starts from a learnt basis, weighted per channel; the discriminator ends in a depthwise
convolution over the whole map. Sizes and initial weights are those of the authors' code
(brownvc/R3GAN).
"""

from collections.abc import Sequence
from math import prod
from typing import Annotated, Any

from _images import doubled, image, map_sizes, pair
from annotated_types import Ge, Le, MaxLen, MinLen

from gangen.contracts import Shape, Unfit, block

Width = Annotated[int, Ge(1), Le(2**14)]
Levels = Annotated[tuple[Width, ...], MinLen(1), MaxLen(17)] | None
Blocks = Annotated[int, Ge(1), Le(64)]
Expansion = Annotated[int, Ge(1), Le(16)]

WIDTH = 768  # of the coarsest levels
WIDE_LEVELS = 4  # up to 32x32 where the coarsest map is 4x4
GROUP = 8  # channels of a level for each group of its 3x3 convolutions
SLOPE = 0.2
GAIN = (2 / (1 + SLOPE**2)) ** 0.5  # keeps the variance behind a leaky rectifier
CONVOLUTIONS = 3  # of a residual branch


def generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    widths: Levels = None,
    groups: Levels = None,
    blocks: Blocks = 2,
    expansion: Expansion = 2,
) -> list[Any]:
    """Weight a learnt basis by the latent, then residual blocks, upsampling between levels.

    Its values are not bounded, as published.

    Args:
        widths: channels of each level, the coarsest first; by default 768 up to 32x32, then half of
            the level before
        groups: of the 3x3 convolutions of each level; by default an eighth of its width
        blocks: residual blocks of each level
        expansion: how many times wider the residual branches are
    """
    channels, *size = image(target)
    sizes, wide, parts = _levels(size, widths, groups, expansion)
    gain = _gain(blocks * len(wide))
    layers: list[Any] = [
        *(["flatten"] if len(source) > 1 else []),
        {"scaled_linear": {"features": wide[0], "bias": False}},
        {"basis": {"size": list(sizes[-1])}},
    ]
    small = sizes[-1]
    for index, large in enumerate(reversed(sizes)):
        if index:
            layers += [*_change(wide[index - 1], wide[index]), _upsample(small, large)]
        layers += [_bottleneck(wide[index], parts[index], expansion, gain)] * blocks
        small = large
    return [*layers, _one_by_one(channels)]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    widths: Levels = None,
    groups: Levels = None,
    blocks: Blocks = 2,
    expansion: Expansion = 2,
) -> list[Any]:
    """Residual blocks, downsampling between levels, then each channel's map becomes one number.

    Args:
        widths: channels of each level, the coarsest first; by default 768 up to 32x32, then half of
            the level before
        groups: of the 3x3 convolutions of each level; by default an eighth of its width
        blocks: residual blocks of each level
        expansion: how many times wider the residual branches are
    """
    _, *size = image(source)
    sizes, wide, parts = _levels(size, widths, groups, expansion)
    gain = _gain(blocks * len(wide))
    layers: list[Any] = [_one_by_one(wide[-1])]
    for index in reversed(range(len(wide))):
        layers += [_bottleneck(wide[index], parts[index], expansion, gain)] * blocks
        if index:
            layers += ["filtered_downsample", *_change(wide[index], wide[index - 1])]
    whole = {"channels": wide[0], "kernel": pair(sizes[-1]), "groups": wide[0], "bias": False}
    last = {"features": prod(target), "bias": False}
    return [*layers, {"scaled_conv": whole}, "flatten", {"scaled_linear": last}]


def _levels(
    size: Sequence[int], widths: Levels, groups: Levels, expansion: int
) -> tuple[list[Shape], tuple[int, ...], tuple[int, ...]]:
    """Sizes of the maps from the image to the coarsest; widths and groups from the coarsest on."""
    sizes = map_sizes(size, None)
    most = (min(size) - 1).bit_length() + 1
    if widths is None:
        widths = tuple(
            max(WIDTH // 2 ** max(level - WIDE_LEVELS + 1, 0), GROUP) for level in range(len(sizes))
        )
    elif len(widths) > most:
        raise Unfit(
            f"has {len(widths)} widths, but the image can only be halved {most - 1} times",
            option="widths",
            help=f"give at most {most}",
        )
    else:
        sizes = map_sizes(size, len(widths) - 1)
    if groups is None:
        groups = tuple(_divisor(expansion * width, width // GROUP) for width in widths)
    elif len(groups) != len(widths):
        raise Unfit(
            f"has {len(groups)} numbers of groups for {len(widths)} levels",
            option="groups",
            help=f"give {len(widths)}",
        )
    for width, parts in zip(widths, groups, strict=True):
        if expansion * width % parts:
            nearest = _divisor(expansion * width, parts)
            raise Unfit(
                f"would split {expansion * width} channels into {parts} groups",
                option="groups",
                help=f"the nearest legal number of groups is {nearest}",
            )
    return sizes, widths, groups


def _divisor(channels: int, wanted: int) -> int:
    """The divisor of a number that is nearest to the wanted one."""
    legal = (n for n in range(1, channels + 1) if channels % n == 0)
    return min(legal, key=lambda n: abs(n - wanted))


def _gain(branches: int) -> float:
    """Gain of the first convolutions, so that the sum of all branches does not grow (Fixup)."""
    return float(GAIN * branches ** (-1 / (2 * CONVOLUTIONS - 2)))


def _bottleneck(width: int, groups: int, expansion: int, gain: float) -> Any:
    """x plus a branch that is wider inside; its biases are those of the activations."""
    inside = width * expansion
    activation = {"leaky_relu": {"slope": SLOPE}}
    grouped = {"channels": inside, "kernel": 3, "gain": gain, "padding": 1, "groups": groups}
    layers = [
        {"scaled_conv": {"channels": inside, "gain": gain}},
        activation,
        {"scaled_conv": grouped},
        activation,
        {"scaled_conv": {"channels": width, "gain": 0.0, "bias": False}},
    ]
    return block("bottleneck", [{"residual": {"layers": layers}}])


def _upsample(small: Shape, large: Shape) -> Any:
    if doubled(small, large):
        return "filtered_upsample"
    crop = [2 * a - b for a, b in zip(small, large, strict=True)]
    return {"filtered_upsample": {"crop": crop}}


def _change(before: int, after: int) -> list[Any]:
    return [] if before == after else [_one_by_one(after)]


def _one_by_one(channels: int) -> Any:
    return {"scaled_conv": {"channels": channels, "bias": False}}
