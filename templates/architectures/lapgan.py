"""Networks of a Laplacian pyramid's stages (Denton et al. 2015, arXiv:1506.05751)."""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, Lt

from gangen.contracts import Shape, Unfit

Width = Annotated[int, Ge(1), Le(4096)]
Kernel = Literal[1, 3, 5, 7, 9, 11]
Hidden = Annotated[int, Ge(0), Le(16)]


def translator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    hidden: Hidden = 2,
    kernel: Kernel = 7,
    last_kernel: Kernel = 5,
) -> list[Any]:
    """Convolutions at one size, of an enlarged image and a map of noise to the detail it lacks.

    Args:
        width: channels of the hidden maps
        hidden: convolutions before the last one
        kernel: side of their kernels
        last_kernel: side of the kernel that writes the result
    """
    _check(source)
    if source[1:] != target[1:]:
        raise Unfit("keeps the size of its images", option="architecture")
    layers: list[Any] = []
    for _ in range(hidden):
        layers += [_convolution(width, kernel), "relu"]
    return [*layers, _convolution(target[0], last_kernel), *(["tanh"] if bounds else [])]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    width: Width = 64,
    kernel: Kernel = 5,
    padded: bool = True,
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.5,
) -> list[Any]:
    """Two convolutions, the second with stride 2, then one fully connected layer.

    Args:
        width: channels of both
        kernel: side of their kernels
        padded: whether zeros around the maps keep kernels from making them smaller
        dropout: probability, before the last layer; 0 = none
    """
    _check(source)
    if not padded and min(source[1:]) < 2 * kernel - 1:
        message = f"has no map left behind two convolutions of {kernel}x{kernel} without padding"
        raise Unfit(message, option="padded", help="the nearest legal padded is true")
    return [
        _convolution(width, kernel, padded=padded),
        "relu",
        _convolution(width, kernel, stride=2, padded=padded),
        "relu",
        "flatten",
        *([{"dropout": {"p": dropout}}] if dropout else []),
        {"linear": {"features": target[0]}},
    ]


def _check(source: Shape) -> None:
    if len(source) != 3:
        help = "choose `architecture: mlp`"
        raise Unfit(f"works on images, here is {list(source)}", option="architecture", help=help)


def _convolution(
    channels: int, kernel: int, stride: int = 1, padded: bool = True
) -> dict[str, Any]:
    layer = {"channels": channels, "kernel": kernel, "padding": kernel // 2 if padded else 0}
    return {"conv": layer | ({"stride": stride} if stride > 1 else {})}
