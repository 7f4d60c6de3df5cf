"""Multi-layer perceptron for data of any shape (Goodfellow et al. 2014, arXiv:1406.2661)."""

from collections.abc import Callable
from math import prod
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from gangen.contracts import Shape, Unfit, block

FLAT_CONDITION = True  # conditions join the flattened data, not its pixels

Widths = Annotated[tuple[Annotated[int, Ge(1), Le(2**16)], ...], MinLen(1), MaxLen(64)]
Activation = Literal[
    "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus"
]
Norm = Literal["none", "batch", "layer"]
Slope = Annotated[float, Gt(0), Le(1)]
Dropout = Annotated[float, Ge(0), Lt(1)]
Momentum = Annotated[float, Gt(0), Le(1)]
Order = Literal["norm_activation", "activation_norm"]

MAX_FEATURES = 2**24  # of `linear`


def generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    hidden: Widths = (128, 128),
    activation: Activation = "relu",
    slope: Slope = 0.2,
    norm: Norm = "none",
    norm_first: bool = True,
    order: Order = "norm_activation",
    momentum: Momentum = 0.1,
    bias: bool = True,
    dropout: Dropout = 0.0,
) -> list[Any]:
    """Layers from `source` to data of shape `target`; tanh at the end when the data is in [-1, 1].

    Args:
        hidden: widths of the hidden layers
        activation: between the layers
        slope: of leaky_relu, for negative values
        norm: of each hidden layer's values
        norm_first: whether the first hidden layer has a norm as well
        order: whether the norm stands before or behind the activation
        momentum: of batch norm, the weight of the newest batch; 1 minus that of Keras
        bias: whether hidden layers with a norm have a bias; the others always have
        dropout: probability, after each activation; 0 = none
    """
    if prod(target) > MAX_FEATURES:
        raise Unfit(
            f"would end in {prod(target)} features, more than {MAX_FEATURES}",
            help=f"the nearest legal size of a sample is {MAX_FEATURES} values in all",
        )
    end: list[Any] = [{"linear": {"features": prod(target)}}]
    end += ["tanh"] if bounds else []
    end += [{"reshape": {"shape": list(target)}}] if len(target) > 1 else []
    return [
        *(["flatten"] if len(source) > 1 else []),
        *_hidden(
            hidden,
            lambda width, normed: _layer(width, bias or not normed),
            _activations(activation, slope, dropout),
            _norms(norm, momentum),
            norm_first,
            order,
        ),
        *end,
    ]


def discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    hidden: Widths = (128, 128),
    activation: Activation = "leaky_relu",
    slope: Slope = 0.2,
    pieces: Annotated[int, Ge(1), Le(64)] | None = None,
    norm: Norm = "none",
    norm_first: bool = True,
    order: Order = "norm_activation",
    momentum: Momentum = 0.1,
    bias: bool = True,
    dropout: Dropout = 0.0,
) -> list[Any]:
    """Layers from data of shape `source` to logits of shape `target`, no activation at the end.

    Args:
        hidden: widths of the hidden layers
        activation: between the layers
        slope: of leaky_relu, for negative values
        pieces: makes every hidden layer a maxout layer of so many pieces (five in the first GAN),
            which has no activation besides
        norm: of each hidden layer's values
        norm_first: whether the first hidden layer has a norm as well
        order: whether the norm stands before or behind the activation
        momentum: of batch norm, the weight of the newest batch; 1 minus that of Keras
        bias: whether hidden layers with a norm have a bias; the others always have
        dropout: probability, after each activation; 0 = none
    """
    return [
        *(["flatten"] if len(source) > 1 else []),
        *_hidden(
            hidden,
            lambda width, normed: _layer(width, bias or not normed, pieces),
            _dropout(dropout) if pieces else _activations(activation, slope, dropout),
            _norms(norm, momentum),
            norm_first,
            order,
        ),
        {"linear": {"features": prod(target)}},
    ]


def _hidden(
    widths: tuple[int, ...],
    layer: Callable[[int, bool], Any],
    activations: list[Any],
    norms: list[Any],
    norm_first: bool,
    order: str,
) -> list[Any]:
    """Hidden layers; `layer` makes one of a width, told whether a norm comes with it."""
    after = [*norms, *activations] if order == "norm_activation" else [*activations, *norms]
    alike = widths
    layers: list[Any] = []
    if norms and not norm_first:
        layers, alike = [layer(widths[0], False), *activations], widths[1:]
    blocks = [block("hidden", [layer(width, bool(norms)), *after]) for width in alike]
    return [*layers, *blocks]


def _layer(features: int, bias: bool, pieces: int | None = None) -> dict[str, Any]:
    options: dict[str, Any] = {"features": features, **({} if bias else {"bias": False})}
    return {"maxout": {**options, "pieces": pieces}} if pieces else {"linear": options}


def _activations(activation: str, slope: float, dropout: float) -> list[Any]:
    first = {"leaky_relu": {"slope": slope}} if activation == "leaky_relu" else activation
    return [first, *_dropout(dropout)]


def _dropout(p: float) -> list[Any]:
    return [{"dropout": {"p": p}}] if p else []


def _norms(norm: str, momentum: float) -> list[Any]:
    if norm == "batch" and momentum != 0.1:
        return [{"batch_norm": {"momentum": momentum}}]
    return [] if norm == "none" else [f"{norm}_norm"]
