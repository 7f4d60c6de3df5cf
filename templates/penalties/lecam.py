"""LeCam regularisation for training on little data (Tseng et al. 2021, arXiv:2104.03310)."""

from typing import Annotated

import torch
import torch.nn.functional as F
from annotated_types import Ge, Lt
from torch import Tensor, nn

from runtime import average_over_processes

WHERE = "discriminator_loss"


class LeCam(nn.Module):
    """Draws logits of each kind towards the moving average of the other kind's."""

    real_average: Tensor
    fake_average: Tensor

    def __init__(
        self,
        *,
        weight: Annotated[float, Ge(0)] = 0.3,
        decay: Annotated[float, Ge(0), Lt(1)] = 0.99,
        start: Annotated[int, Ge(0)] = 1000,
    ) -> None:
        """Start from averages of zero.

        Args:
            weight: lambda of the paper; 0.3 is the authors' for a fifth of CIFAR-10.
            decay: share of the averages that is kept at every discriminator step.
            start: step before which nothing is added: the first logits say little.
        """
        super().__init__()
        self.weight = weight
        self.decay = decay
        self.start = start
        self.register_buffer("real_average", torch.zeros(()))
        self.register_buffer("fake_average", torch.zeros(()))

    def forward(self, real_logits: Tensor, fake_logits: Tensor, step: int) -> Tensor:
        """weight * (E[(D(x) - fakes' average)^2] + E[(D(G(z)) - real average)^2]), logits [B].

        R_LC of Tseng 2021; as in the authors' code only while D(x) lies above the fakes' average,
        and D(G(z)) below the real one.
        """
        self.update(real_logits, fake_logits, self.decay if step >= self.start else 0.0)
        if step < self.start:
            return torch.zeros_like(self.real_average)
        real_part = F.relu(real_logits - self.fake_average).square().mean()
        fake_part = F.relu(self.real_average - fake_logits).square().mean()
        return self.weight * (real_part + fake_part)

    @torch.no_grad()
    def update(self, real_logits: Tensor, fake_logits: Tensor, decay: float) -> None:
        """Move the averages; they are the same in every process."""
        self.real_average.lerp_(average_over_processes(real_logits.mean()), 1 - decay)
        self.fake_average.lerp_(average_over_processes(fake_logits.mean()), 1 - decay)

    def metrics(self) -> dict[str, Tensor]:
        """The averages: while they lie far apart the discriminator is sure of itself."""
        return {
            "real_average": self.real_average.clone(),
            "fake_average": self.fake_average.clone(),
        }
