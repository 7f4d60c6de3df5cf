"""Augmentation as strong as the discriminator's overfitting asks for, ADA (Karras et al. 2020).

The control of arXiv:2006.06676 over the operations of DiffAugment (arXiv:2006.10738).
"""

from typing import Annotated, Literal

import torch
import torch.distributed as dist
from _operations import augment
from annotated_types import Ge, Gt, Le, MinLen
from torch import Tensor, nn

from runtime import average_over_processes

NEEDS = {"data:images": "its operations are changes of colours and places in an image"}
FORBIDS = {
    "discriminator:energy": "it reads from the sign of the logits whether the discriminator "
    "overfits, and an energy has no sign"
}


class AdaptiveAugment(nn.Module):
    """Changes images at random, with a probability that follows the discriminator's overfitting."""

    p: Tensor
    overfitting: Tensor

    def __init__(
        self,
        *,
        policy: Annotated[tuple[Literal["color", "translation", "cutout"], ...], MinLen(1)] = (
            "color",
            "translation",
            "cutout",
        ),
        target: Annotated[float, Ge(0), Le(1)] = 0.6,
        images: Annotated[int, Gt(0)] = 500_000,
    ) -> None:
        """Start without augmentation: p = 0.

        Args:
            policy: operations, in order, that are applied to each sample with probability p.
                "color" is brightness, contrast and (of 3 channels) saturation; "translation"
                shifts by up to 1/8 of the size; "cutout" blanks a box of 1/2 the size.
            target: value at which r_t = E[sign(D(real))] is held; p rises while r_t is above it.
            images: real samples that it takes p to go all the way from 0 to 1.
        """
        super().__init__()
        self.policy = policy
        self.target = target
        self.images = images
        self.register_buffer("p", torch.zeros(()))
        self.register_buffer("overfitting", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Images [B, C, H, W] -> the same shape, each operation applied with probability p."""
        return augment(x, self.policy, self.p)

    @torch.no_grad()
    def update(self, real_logits: Tensor) -> None:
        """Move p by the logits [B] of real samples (Karras et al. 2020, section 3)."""
        self.overfitting.copy_(average_over_processes(real_logits.sign().mean()))
        processes = dist.get_world_size() if dist.is_initialized() else 1
        stride = len(real_logits) * processes / self.images
        self.p.add_(stride * (self.overfitting - self.target).sign()).clamp_(0, 1)

    def metrics(self) -> dict[str, Tensor]:
        """The probability p, and the measure of overfitting r_t that it follows."""
        return {"p": self.p.clone(), "overfitting": self.overfitting.clone()}
