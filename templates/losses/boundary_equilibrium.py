"""Boundary equilibrium loss, BEGAN (Berthelot, Schumm & Metz 2017, arXiv:1703.10717)."""

from typing import Annotated

import torch
from annotated_types import Gt, Le
from torch import Tensor, nn

from runtime import average_over_processes

NEEDS = {"discriminator:energy": "the loss is on energies: reconstruction errors of an autoencoder"}


class Balance(nn.Module):
    """How much the discriminator attends to fakes: k of the paper, held near an equilibrium."""

    k: Tensor
    convergence: Tensor

    def __init__(
        self,
        *,
        gamma: Annotated[float, Gt(0), Le(1)] = 0.5,
        k_step: Annotated[float, Gt(0)] = 0.001,
    ) -> None:
        """Start at k = 0.

        Args:
            gamma: wanted energy of fakes over energy of real samples; lower values give less
                diverse, sharper samples.
            k_step: lambda_k, how fast k follows.
        """
        super().__init__()
        self.gamma = gamma
        self.k_step = k_step
        self.register_buffer("k", torch.zeros(()))
        self.register_buffer("convergence", torch.zeros(()))

    @torch.no_grad()
    def update(self, real_logits: Tensor, fake_logits: Tensor) -> None:
        """One step of proportional control (Berthelot 2017, section 3.4), from logits [B]."""
        real = average_over_processes(-real_logits.mean())
        fake = average_over_processes(-fake_logits.mean())
        imbalance = self.gamma * real - fake
        self.k.add_(self.k_step * imbalance).clamp_(0, 1)
        self.convergence.copy_(real + imbalance.abs())

    def metrics(self) -> dict[str, Tensor]:
        """k, and the global measure of convergence M (section 3.4.1): lower is better."""
        return {"k": self.k.clone(), "convergence": self.convergence.clone()}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, balance: Balance) -> Tensor:
    """E[energy(x)] - k E[energy(G(z))], of logits [B] = -energy (Berthelot 2017, section 3.4)."""
    return balance.k * fake_logits.mean() - real_logits.mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """E[energy(G(z))], of logits [B] = -energy (Berthelot 2017, section 3.4)."""
    return -fake_logits.mean()


def after_discriminator_step(balance: Balance, real_logits: Tensor, fake_logits: Tensor) -> None:
    """Adapt k to the logits [B] of the discriminator's step."""
    balance.update(real_logits, fake_logits)
