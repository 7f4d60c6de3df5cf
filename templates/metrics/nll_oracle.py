"""How likely an oracle finds what was drawn (SeqGAN: Yu et al. 2017, arXiv:1609.05473)."""

import torch
from _likelihood import nll_of
from torch import Tensor, nn

BETTER = {"nll_oracle": "lower", "gap_closed": "higher"}
NEEDS = {"data:oracle": "it asks the network that the data comes from"}
DEFAULT = ["data:oracle"]


def nll_oracle(real: Tensor, fake: Tensor, oracle: nn.Module, vocabulary: int) -> dict[str, float]:
    """Score sequences fake [N, T] by the oracle that real [M, T] come from (Yu et al. 2017, eq. 9).

    nll_oracle is in nats per token; that of real ones is the oracle's own entropy. gap_closed is
    the share of the way there from tokens that are drawn uniformly: 0 for those, 1 for real ones.
    """
    oracle = oracle.to(fake.device)
    generator = torch.Generator().manual_seed(0)
    uniform = torch.randint(vocabulary, fake.shape, generator=generator).to(fake.device)
    found, worst, best = (nll_of(oracle, tokens) for tokens in (fake, uniform, real))
    return {"nll_oracle": found, "gap_closed": (worst - found) / (worst - best)}
