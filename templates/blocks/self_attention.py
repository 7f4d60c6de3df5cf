"""Attention between the positions of a map (SAGAN, Zhang et al. 2019, arXiv:1805.08318, eq. 1).

Its projections are layers of their own, so that whatever normalises weights reaches them. The
paper's block is `residual` with these layers: this one, a 1x1 convolution back to the channels of
the map, and `scale` that starts at 0 (the paper's gamma). As in the authors' code keys have an
eighth and values half of the channels, both from the map pooled by two.
"""

from torch import Tensor, nn

CHILDREN = ["query", "key", "value"]
SHAPE = "channels, length, *size -> *attended(query, key, value)"
HELP = "add `reshape` before it: attention works on [channels, height, width]"


def self_attention(query: nn.Module, key: nn.Module, value: nn.Module) -> nn.Module:
    """x [B, C, L, ...] -> [B, V, L, ...], V the channels that `value` ends in."""
    return SelfAttention(query, key, value)


class SelfAttention(nn.Module):
    """Each position of the query becomes a mean of values, weighted by how well keys match."""

    def __init__(self, query: nn.Module, key: nn.Module, value: nn.Module) -> None:
        super().__init__()
        self.query = query
        self.key = key
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(x)  # [B, K, L, ...]
        key, value = self.key(x).flatten(2), self.value(x).flatten(2)  # [B, K, P], [B, V, P]
        # Not torch's fused attention: gradient penalties differentiate twice.
        weights = (query.flatten(2).transpose(1, 2) @ key).softmax(2)  # [B, L * ..., P]
        out: Tensor = value @ weights.transpose(1, 2)
        return out.reshape(*out.shape[:2], *query.shape[2:])
