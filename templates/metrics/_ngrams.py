"""N-grams of sequences of tokens."""

from collections import Counter
from collections.abc import Iterator

from torch import Tensor


def sentences(tokens: Tensor, end: int | None) -> Iterator[list[int]]:
    """The sequences of tokens [N, T] as lists, each up to its end."""
    for numbers in tokens.tolist():
        yield numbers[: numbers.index(end)] if end in numbers else numbers


def ngrams_of(sentence: list[int], order: int) -> Counter[tuple[int, ...]]:
    """How often each n-gram occurs in a sequence."""
    return Counter(zip(*(sentence[start:] for start in range(order)), strict=False))
