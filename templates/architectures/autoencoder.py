"""Autoencoder as discriminator: EBGAN (arXiv:1609.03126) and BEGAN (arXiv:1703.10717).

The logit is minus the error of the reconstruction. The networks for images are those of BEGAN
(Berthelot et al. 2017): 3x3 convolutions and ELU, channels that grow by `width` with every halving
in the encoder and stay constant in the decoder, whose layout the generator has too. Published:
width 128 (or 64), code 64, `norm: l1`. What is not an image passes through fully connected layers.
"""

from collections.abc import Sequence
from math import prod
from typing import Annotated, Any, Literal

from _images import activation_layer, check_features, grow, map_sizes
from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from gangen.contracts import Shape, Unfit, block, stage

Width = Annotated[int, Ge(1), Le(4096)]
Features = Annotated[int, Ge(1), Le(2**16)]
Depth = Annotated[int, Ge(0), Le(16)] | None
Convolutions = Annotated[int, Ge(1), Le(16)]
Hidden = Annotated[tuple[Features, ...], MinLen(1), MaxLen(64)]
Activation = Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"]
Slope = Annotated[float, Gt(0), Le(1)]

GIVES = ["energy"]  # the discriminator, by its last layer
COARSEST = 8  # side of the smallest map
MAX_FEATURES = 2**24  # of `linear`


def generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 128,
    depth: Depth = None,
    convolutions: Convolutions = 2,
    hidden: Hidden = (512, 512),
    activation: Activation = "elu",
    slope: Slope = 0.2,
    bounded: bool = False,
) -> list[Any]:
    """The decoder's layout, from the latent: a small map is doubled until it is the image.

    Args:
        width: channels of all maps
        depth: how often the map doubles; by default as often as the coarsest side stays 8 or more
        convolutions: of each size of the map
        hidden: widths of the layers for data that is not an image
        activation: behind each convolution or hidden layer
        slope: of leaky_relu, for negative values
        bounded: whether tanh keeps the values in the range of the data, as it does not in BEGAN
    """
    act = activation_layer(activation, slope)
    if len(target) == 3:
        layers = _decoder(target, width, depth, convolutions, act)
    else:
        layers = _rows(hidden, prod(target), act)
        layers += [{"reshape": {"shape": list(target)}}] if len(target) > 1 else []
    flat = ["flatten"] if len(source) > 1 else []
    return [*flat, *layers, *(["tanh"] if bounded and bounds else [])]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 128,
    code: Features = 64,
    depth: Depth = None,
    convolutions: Convolutions = 2,
    hidden: Hidden = (512, 512),
    activation: Activation = "elu",
    slope: Slope = 0.2,
    norm: Literal["l1", "l2"] = "l1",
) -> list[Any]:
    """Encode a sample into a short code, decode it again; the logit is minus the error.

    Args:
        width: channels of the finest map, and by how many they grow in the encoder
        code: length of the code
        depth: how often the map is halved; by default as often as its shorter side stays 8 or more
        convolutions: of each size of the map
        hidden: widths of the encoder for data that is not an image; the decoder's are in reverse
        activation: behind each convolution or hidden layer
        slope: of leaky_relu, for negative values
        norm: l1 for the mean absolute error (BEGAN), l2 for the mean squared one
    """
    act = activation_layer(activation, slope)
    if len(source) == 3:
        encoder = _encoder(source, width, depth, convolutions, act)
        encoder.append({"linear": {"features": code}})
        decoder = _decoder(source, width, depth, convolutions, act)
    else:
        encoder = [*(["flatten"] if len(source) > 1 else []), *_rows(hidden, code, act)]
        decoder = _rows(hidden[::-1], prod(source), act)
        decoder += [{"reshape": {"shape": list(source)}}] if len(source) > 1 else []
    error = {"reconstruction_error": {"norm": norm}}
    return [stage("encoder", encoder), stage("decoder", [*decoder, error])]


def _encoder(shape: Shape, width: int, depth: int | None, convolutions: int, act: Any) -> list[Any]:
    """From an image to the values of the coarsest map in a row."""
    _, *size = shape
    sizes = map_sizes(size, depth, COARSEST)
    layers: list[Any] = [_conv(width), act]
    for level in range(len(sizes)):
        channels = width * (level + 1)
        layers += [block("convolution", [_conv(channels), act])] * convolutions
        if level < len(sizes) - 1:
            layers.append(block("down", [_conv(channels, stride=2), act]))
    return [*layers, "flatten"]


def _decoder(shape: Shape, width: int, depth: int | None, convolutions: int, act: Any) -> list[Any]:
    """From a row of values to an image."""
    channels, *size = shape
    sizes = map_sizes(size, depth, COARSEST)
    check_features(sizes, lambda level: width)
    start = [width, *sizes[-1]]
    layers: list[Any] = [{"linear": {"features": prod(start)}}, {"reshape": {"shape": start}}]
    small = sizes[-1]
    for large in reversed(sizes):
        layers += [grow(small, large)] if large != small else []
        layers += [block("convolution", [_conv(width), act])] * convolutions
        small = large
    return [*layers, _conv(channels)]


def _conv(channels: int, stride: int = 1) -> Any:
    options = {"channels": channels, "kernel": 3, "padding": 1}
    return {"conv": options | ({"stride": stride} if stride > 1 else {})}


def _rows(hidden: Sequence[int], features: int, act: Any) -> list[Any]:
    """Fully connected layers, the last one without an activation."""
    if features > MAX_FEATURES:
        raise Unfit(
            f"would end in {features} features, more than {MAX_FEATURES}",
            help=f"the nearest legal size of a sample is {MAX_FEATURES} values in all",
        )
    layers = [block("hidden", [{"linear": {"features": width}}, act]) for width in hidden]
    return [*layers, {"linear": {"features": features}}]
