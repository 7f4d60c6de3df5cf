"""TextCNN (Kim 2014, arXiv:1408.5882) with a highway layer, SeqGAN's discriminator."""

from math import prod
from typing import Annotated, Any

from annotated_types import Ge, Le, Lt, MinLen

from gangen.contracts import Shape, Unfit

Size = Annotated[int, Ge(1), Le(16_384)]
Filters = Annotated[tuple[tuple[Size, Size], ...], MinLen(1)]

# Width and number of SeqGAN's filters, for sequences of 20 tokens.
PUBLISHED = (
    *((1, 100), (2, 200), (3, 200), (4, 200), (5, 200), (6, 100), (7, 100), (8, 100)),
    *((9, 100), (10, 100), (15, 160), (20, 160)),
)


def sequence_discriminator(
    source: Shape,
    target: Shape,
    bounds: tuple[float, float] | None,
    *,
    embedding: Size = 64,
    filters: Filters | None = None,
    highway: Annotated[int, Ge(0), Le(64)] = 1,
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.25,
) -> list[Any]:
    """Layers from tokens of shape `source` to logits of shape `target`.

    Args:
        embedding: length of each token's vector
        filters: pairs [width, number], so many filters over so many tokens in a row; by default
            SeqGAN's, as far as they are no wider than the sequence is long
        highway: highway layers behind the filters
        dropout: probability, before the last layer; 0 = none
    """
    length = source[0]
    chosen = filters or tuple(pair for pair in PUBLISHED if pair[0] <= length)
    wide = [width for width, _ in chosen if width > length]
    if wide:
        raise Unfit(
            f"a filter of {wide[0]} tokens is wider than the sequence of {length}",
            option="filters",
            help=f"the nearest legal width is {length}",
        )
    return [
        {"embedding": {"features": embedding}},
        {"ngrams": {"filters": [list(pair) for pair in chosen]}},
        *["highway"] * highway,
        *([{"dropout": {"p": dropout}}] if dropout else []),
        {"linear": {"features": prod(target)}},
    ]
