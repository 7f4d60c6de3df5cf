"""A recurrent generator of sequences: embedding, LSTM, logits of the next token."""

from typing import Annotated, Any

from annotated_types import Ge, Le

from gangen.contracts import Shape, stage

Size = Annotated[int, Ge(1), Le(16_384)]


def sequence_generator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    embedding: Size = 32,
    hidden: Size = 32,
    depth: Annotated[int, Ge(1), Le(16)] = 1,
) -> list[Any]:
    """Layers from tokens of shape `source` to logits of tokens, `target`.

    Args:
        embedding: length of each token's vector
        hidden: values that the LSTM keeps from place to place
        depth: LSTMs on top of each other
    """
    return [
        stage("embedding", [{"embedding": {"features": embedding}}]),
        stage("lstm", [{"lstm": {"features": hidden, "num_layers": depth}}]),
        stage("linear", [{"token_linear": {"features": target[-1]}}]),
    ]
