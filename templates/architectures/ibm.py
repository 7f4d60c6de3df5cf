"""The networks of the IBM GAN Toolkit (github.com/IBM/gan-toolkit), layer by layer.

Layers stand under the toolkit's names (`model`, `l1`, `conv_blocks`, `adv_layer`), so that the
weights it saves can be loaded. Its networks derive from PyTorch-GAN's.
"""

from math import prod
from typing import Annotated, Any, Literal

from annotated_types import Gt, Le

from gangen.contracts import Shape, Unfit, stage

Eps = Annotated[float, Gt(0), Le(1)]

MAX_FEATURES = 2**24  # of `linear`
LEAKY = {"leaky_relu": {"slope": 0.2}}


def generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    network: Literal["mlp", "dcgan"] = "mlp",
    batch_norm_eps: Eps = 1e-5,
) -> list[Any]:
    """The generators gan, wgan, wgan_gp and (given labels) cgan, all `mlp`; or dcgan.

    Args:
        network: mlp, four hidden layers; or dcgan, two doublings with a convolution after each
        batch_norm_eps: added to the variance in batch norm; 0.8 in the toolkit, by mistake
    """
    end: list[Any] = ["tanh"] if bounds else []
    if network == "mlp":
        return _mlp_generator(target, end, batch_norm_eps)
    side = _image(target)[1]
    if target[1] != target[2] or side % 4:
        nearest = max(round(min(target[1:]) / 4), 1) * 4
        raise Unfit(
            f"makes squares whose side is a multiple of 4, not {target[1]}x{target[2]}",
            option="network",
            help=f"the nearest legal size is {nearest}x{nearest}",
        )
    start = side // 4
    _check_features(128 * start**2)
    norm = _norm(batch_norm_eps)
    return [
        stage(
            "l1",
            [
                *(["flatten"] if len(source) > 1 else []),
                {"linear": {"features": 128 * start**2}},
                {"reshape": {"shape": [128, start, start]}},
            ],
        ),
        stage(
            "conv_blocks",
            ["batch_norm", *_doubled(128, norm), *_doubled(64, norm), _conv(target[0]), *end],
        ),
    ]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    network: Literal["mlp", "dropout_mlp", "dcgan"] = "mlp",
    batch_norm: bool = True,
    batch_norm_eps: Eps = 1e-5,
    sigmoid: bool = False,
) -> list[Any]:
    """The discriminators gan, wgan and wgan_gp (`mlp`), cgan (`dropout_mlp`) or dcgan.

    Args:
        network: mlp, two hidden layers; dropout_mlp, three; or dcgan, four halvings
        batch_norm: of dcgan, in every block but the first
        batch_norm_eps: added to the variance in batch norm; 0.8 in the toolkit, by mistake
        sigmoid: end in probabilities; only the loss `ibm` wants them, all others take logits
    """
    end: list[Any] = [{"linear": {"features": prod(target)}}, *(["sigmoid"] if sigmoid else [])]
    if network == "dcgan":
        _check_halvings(_image(source))
        blocks = [layer for width in (16, 32, 64, 128) for layer in _halved(width)]
        norm = _norm(batch_norm_eps)
        layers: list[Any] = blocks[:3]
        for at in range(3, len(blocks), 3):
            layers += [*blocks[at : at + 3], *([norm] if batch_norm else [])]
        return [stage("model", [*layers, "flatten"]), stage("adv_layer", end)]
    flat = [stage("flat", ["flatten"])] if len(source) > 1 else []
    if network == "mlp":
        hidden = [{"linear": {"features": 512}}, LEAKY, {"linear": {"features": 256}}, LEAKY]
        return [*flat, stage("model", [*hidden, *end])]
    dropped = [{"linear": {"features": 512}}, {"dropout": {"p": 0.4}}, LEAKY]
    first = [{"linear": {"features": 512}}, LEAKY]
    return [*flat, stage("model", [*first, *dropped, *dropped, *end])]


def _mlp_generator(target: Shape, end: list[Any], eps: float) -> list[Any]:
    _check_features(prod(target))
    layers: list[Any] = [{"linear": {"features": 128}}, LEAKY]
    for width in (256, 512, 1024):
        layers += [{"linear": {"features": width}}, _norm(eps), LEAKY]
    shaped = [{"reshape": {"shape": list(target)}}] if len(target) > 1 else []
    return [stage("model", [*layers, {"linear": {"features": prod(target)}}, *end, *shaped])]


def _doubled(channels: int, norm: Any) -> list[Any]:
    return [{"upsample": {"scale": 2}}, _conv(channels), norm, LEAKY]


def _halved(channels: int) -> list[Any]:
    return [
        {"conv": {"channels": channels, "kernel": 3, "stride": 2, "padding": 1}},
        LEAKY,
        {"dropout_channels": {"p": 0.25}},
    ]


def _conv(channels: int) -> dict[str, Any]:
    return {"conv": {"channels": channels, "kernel": 3, "padding": 1}}


def _norm(eps: float) -> dict[str, Any]:
    return {"batch_norm": {"eps": eps}}


def _image(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise Unfit(
            f"dcgan works on images [channels, height, width], not on {list(shape)}",
            option="network",
            help="choose `network: mlp`",
        )
    return shape


def _check_features(features: int) -> None:
    if features > MAX_FEATURES:
        raise Unfit(
            f"would need {features} features, more than {MAX_FEATURES}",
            help="use smaller images",
        )


def _check_halvings(shape: Shape) -> None:
    """Four convolutions leave ceil(side / 16) of a side: there is always something left."""
    coarsest = [-(-side // 16) for side in shape[1:]]
    _check_features(128 * prod(coarsest))
