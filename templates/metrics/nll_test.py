"""How likely a generator finds real sequences that it never saw (NLL test, the log-perplexity)."""

from _likelihood import nll_of
from torch import Tensor, nn

BETTER = {"nll_test": "lower"}
NEEDS = {"data:tokens": "it asks a generator of tokens how likely each of them is"}
DEFAULT = ["data:tokens"]


def nll_test(real: Tensor, generator: nn.Module) -> dict[str, float]:
    """Mean negative log-likelihood of a token of real [N, T] under the generator, in nats.

    What a generator leaves out, it finds unlikely: this sees the collapse that the others reward.
    """
    return {"nll_test": nll_of(generator, real)}
