"""Multi-layer perceptron for data of any shape (Goodfellow et al. 2014, arXiv:1406.2661)."""

from math import prod
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from gangen.contracts import Shape, Unfit, block

FLAT_CONDITION = True  # conditions join the flattened data, not its pixels

Widths = Annotated[tuple[Annotated[int, Ge(1), Le(2**16)], ...], MinLen(1), MaxLen(64)]
Activation = Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "softplus"]
Norm = Literal["none", "batch", "layer"]
Slope = Annotated[float, Gt(0), Le(1)]
Dropout = Annotated[float, Ge(0), Lt(1)]

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
    dropout: Dropout = 0.0,
) -> list[Any]:
    """Layers from `source` to data of shape `target`; tanh at the end when the data is in [-1, 1].

    Args:
        hidden: widths of the hidden layers
        activation: between the layers
        slope: of leaky_relu, for negative values
        norm: between each hidden layer and its activation
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
        *_hidden(hidden, activation, slope, norm, dropout),
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
    norm: Norm = "none",
    dropout: Dropout = 0.0,
) -> list[Any]:
    """Layers from data of shape `source` to logits of shape `target`, no activation at the end.

    Args:
        hidden: widths of the hidden layers
        activation: between the layers
        slope: of leaky_relu, for negative values
        norm: between each hidden layer and its activation
        dropout: probability, after each activation; 0 = none
    """
    return [
        *(["flatten"] if len(source) > 1 else []),
        *_hidden(hidden, activation, slope, norm, dropout),
        {"linear": {"features": prod(target)}},
    ]


def _hidden(
    widths: tuple[int, ...], activation: str, slope: float, norm: str, dropout: float
) -> list[Any]:
    after: list[Any] = [] if norm == "none" else [f"{norm}_norm"]
    after.append({"leaky_relu": {"slope": slope}} if activation == "leaky_relu" else activation)
    after += [{"dropout": {"p": dropout}}] if dropout else []
    return [block("hidden", [{"linear": {"features": width}}, *after]) for width in widths]
