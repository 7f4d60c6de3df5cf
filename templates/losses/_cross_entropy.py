"""Cross-entropy of logits with labels that may be smoothed, and now and then swapped."""

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_entropy(logits: Tensor, label: float, other: float, flip: float) -> Tensor:
    """Mean cross-entropy of logits [B] with `label`; a sample has `other` with chance `flip`."""
    target = torch.full_like(logits, label)
    if flip > 0:
        target = torch.where(torch.rand_like(logits) < flip, other, target)
    return F.binary_cross_entropy_with_logits(logits, target)
