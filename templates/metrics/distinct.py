"""Share of different n-grams among all that were drawn (Li et al. 2016, arXiv:1510.03055)."""

from typing import Annotated

from _ngrams import ngrams_of, sentences
from annotated_types import Ge
from torch import Tensor

BETTER = {"distinct_2": "higher", "distinct_4": "higher"}
NEEDS = {"data:tokens": "it counts n-grams of tokens"}
DEFAULT = ["data:tokens"]


def distinct(
    fake: Tensor, end: int | None, *, sequences: Annotated[int, Ge(1)] = 200
) -> dict[str, float]:
    """Count n-grams of sequences fake [N, T]: the share of different ones, of two and of four.

    Args:
        sequences: how many are looked at, the first ones; with their number the shares fall.
    """
    texts = list(sentences(fake[:sequences], end))
    shares = {}
    for order in (2, 4):
        counts = [ngrams_of(text, order) for text in texts]
        total = sum(count.total() for count in counts)
        different = len(set().union(*counts))
        shares[f"distinct_{order}"] = different / max(1, total)
    return shares
