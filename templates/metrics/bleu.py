"""BLEU of each drawn sequence, all real ones its references (Papineni et al. 2002, ACL)."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from _ngrams import ngrams_of, sentences
from annotated_types import Ge, Le
from torch import Tensor

BETTER = {"bleu": "higher"}
NEEDS = {"data:tokens": "it compares n-grams of tokens"}
DEFAULT = ["data:text"]


def bleu(
    real: Tensor, fake: Tensor, end: int | None, *, order: Annotated[int, Ge(1), Le(9)] = 4
) -> dict[str, float]:
    """Mean over sequences fake [N, T] of their BLEU against all of real [M, T], in [0, 1].

    Precisions of 1 to `order` words as in Papineni et al. (2002, section 2); where none matches,
    half a match is counted (Chen & Cherry 2014, smoothing 1 is of this kind). It says whether
    sequences look like real ones, not whether they differ: see distinct and nll_test for that.

    Args:
        order: longest n-grams that are compared.
    """
    references = list(sentences(real, end))
    lengths = sorted(len(text) for text in references)
    most: list[Counter[tuple[int, ...]]] = []  # of each n-gram in any one reference
    for size in range(1, order + 1):
        found: Counter[tuple[int, ...]] = Counter()
        for text in references:
            found |= ngrams_of(text, size)
        most.append(found)
    drawn = list(sentences(fake, end))
    return {"bleu": sum(_sentence_bleu(text, most, lengths) for text in drawn) / len(drawn)}


def _sentence_bleu(
    text: list[int], most: Sequence[Counter[tuple[int, ...]]], lengths: Sequence[int]
) -> float:
    """BLEU of a sequence; `most` are the references' counts by order, `lengths` theirs, sorted."""
    logs = []
    for size, known in enumerate(most, start=1):
        counts = ngrams_of(text, size)
        if counts:
            matched = (counts & known).total()
            logs.append(math.log((matched or 0.5) / counts.total()))
    if not logs:
        return 0.0
    place = bisect_left(lengths, len(text))
    near = [length for length in lengths[max(0, place - 1) : place + 1] if length]
    closest = min(near, key=lambda length: abs(length - len(text)))
    brevity = min(0.0, 1 - closest / len(text))
    return math.exp(brevity + sum(logs) / len(logs))
