"""Historical averaging of parameters (Salimans et al. 2016, arXiv:1606.03498, section 3.3)."""

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor, nn

WHERE = "network_loss"


class HistoricalAveraging(nn.Module):
    """Holds a network near the mean of all its past parameters."""

    count: Tensor

    def __init__(self, module: nn.Module, *, weight: Annotated[float, Ge(0)] = 1.0) -> None:
        """Start from the parameters as they are.

        Args:
            weight: factor on the squared distance.
        """
        super().__init__()
        self.weight = weight
        self.register_buffer("count", torch.zeros((), device=next(module.parameters()).device))
        for number, parameter in enumerate(module.parameters()):
            self.register_buffer(f"mean_{number}", parameter.detach().clone())

    def forward(self, module: nn.Module) -> Tensor:
        """weight * ||parameters - mean of those of all earlier steps||^2; then it is one more."""
        means = [self.get_buffer(f"mean_{n}") for n, _ in enumerate(module.parameters())]
        pairs = list(zip(module.parameters(), means, strict=True))
        distance = torch.stack([(now - mean).square().sum() for now, mean in pairs]).sum()
        with torch.no_grad():
            self.count += 1
            for now, mean in pairs:
                mean.lerp_(now, 1 / self.count)
        return self.weight * distance
