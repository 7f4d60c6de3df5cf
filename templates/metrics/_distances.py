"""How far samples are from each other."""

import torch.nn.functional as F
from torch import Tensor


def mean_distance(features: Tensor) -> float:
    """Mean Euclidean distance of all pairs of the first 2000 rows of features [N, F], N > 1."""
    return F.pdist(features[:2000].float()).double().mean().item()
