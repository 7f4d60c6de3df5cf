"""Path length regularisation, StyleGAN2 (Karras et al. 2020, arXiv:1912.04958)."""

from collections.abc import Callable
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Le
from torch import Tensor, nn

from runtime import average_over_processes

WHERE = "generator_loss"
NEEDS = {"latent:noise": "it varies the noise that samples are made from"}
LAZY = True
FORBIDS = {
    "generator:batch_statistics": "the penalty is on the gradient of each sample on its own, "
    "and batch norm makes every sample depend on the whole batch"
}


class PathLength(nn.Module):
    """Draws the length of the generator's gradients to their own moving average."""

    average: Tensor

    def __init__(
        self,
        *,
        weight: Annotated[float, Ge(0)] = 2.0,
        decay: Annotated[float, Gt(0), Le(1)] = 0.01,
    ) -> None:
        """Start from an average of zero.

        Args:
            weight: factor on the penalty, 2 in the authors' code.
            decay: share of the newest lengths in the average.
        """
        super().__init__()
        self.weight = weight
        self.decay = decay
        self.register_buffer("average", torch.zeros(()))

    def forward(self, generator: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        """weight * E[(||J^T y||_2 - average)^2] for z [B, latent] (Karras 2020, eq. 4).

        J is the samples' gradient by z (by w in StyleGAN2, whose generator has a mapping before
        it), y ~ N(0, 1) in the samples' shape over the square root of the number of pixels.
        """
        z = z.detach().requires_grad_()
        samples = generator(z)  # [B, channels, ...]
        noise = torch.randn_like(samples) / samples[0, 0].numel() ** 0.5
        (gradient,) = torch.autograd.grad((samples * noise).sum(), z, create_graph=True)
        lengths: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)  # [B]
        self.average.lerp_(average_over_processes(lengths.mean()), self.decay)
        return self.weight * (lengths - self.average).square().mean()

    def metrics(self) -> dict[str, Tensor]:
        """The moving average of the lengths."""
        return {"path_length": self.average.clone()}
