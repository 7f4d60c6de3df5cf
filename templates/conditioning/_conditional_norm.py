"""Norms of which the condition sets scale and shift."""

from _conditional import Conditional
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class LabelNorm(Conditional):
    """norm(x), then a learnt scale and shift of each channel for every class."""

    def __init__(self, norm: _BatchNorm, num_classes: int) -> None:
        super().__init__()
        self.norm = norm
        self.scale = nn.Embedding(num_classes, norm.num_features)
        self.shift = nn.Embedding(num_classes, norm.num_features)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        channels = (x.shape[0], -1, *[1] * (x.dim() - 2))  # [B, C, 1, ...]
        scale, shift = self.scale(condition), self.shift(condition)
        out: Tensor = self.norm(x) * scale.view(channels) + shift.view(channels)
        return out


class VectorNorm(Conditional):
    """norm(x), then a scale and shift of each channel that are linear in the condition.

    The scale is 1 plus a linear map, so that a map of zeros leaves the norm as it is.
    """

    def __init__(self, norm: _BatchNorm, condition_dim: int, bias: bool = True) -> None:
        super().__init__()
        self.norm = norm
        self.scale = nn.Linear(condition_dim, norm.num_features, bias=bias)
        self.shift = nn.Linear(condition_dim, norm.num_features, bias=bias)
        for parameter in (*self.scale.parameters(), *self.shift.parameters()):
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        channels = (x.shape[0], -1, *[1] * (x.dim() - 2))  # [B, C, 1, ...]
        condition = condition.to(x.dtype)
        scale, shift = 1 + self.scale(condition), self.shift(condition)
        out: Tensor = self.norm(x) * scale.view(channels) + shift.view(channels)
        return out
