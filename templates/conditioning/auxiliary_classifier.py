"""Auxiliary classifier of real and fake samples, AC-GAN (Odena et al. 2017, arXiv:1610.09585)."""

from typing import Annotated

import torch.nn.functional as F
from annotated_types import Ge
from torch import Tensor, nn

FLOW = "head"  # the condition is not read but guessed, from the discriminator's features
HEAD = "class"
HEAD_OUTPUTS = "num_classes"
HEAD_PARAMETERS = "in_features * num_classes + num_classes"
WHERE = {
    "discriminator_class_loss": "discriminator_loss",
    "generator_class_loss": "generator_loss",
}
NEEDS = {"data:labels": "the classifier learns from real samples with their classes"}


def class_head(in_features: int, num_classes: int) -> nn.Module:
    """features [B, F] -> logits of the classes [B, num_classes]."""
    return nn.Linear(in_features, num_classes)


def discriminator_class_loss(
    real_class_logits: Tensor,
    fake_class_logits: Tensor,
    labels: Tensor,
    fake_labels: Tensor,
    *,
    weight: Annotated[float, Ge(0)] = 1.0,
) -> Tensor:
    """Minus weight * L_C (Odena 2017, eq. 3) of logits [B, num_classes], real and fake ones.

    Args:
        weight: factor on the classes' cross-entropy in both networks' losses.
    """
    real = F.cross_entropy(real_class_logits, labels)
    return weight * (real + F.cross_entropy(fake_class_logits, fake_labels))


def generator_class_loss(
    fake_class_logits: Tensor, fake_labels: Tensor, *, weight: Annotated[float, Ge(0)] = 1.0
) -> Tensor:
    """Minus weight * L_C (Odena 2017, eq. 3), of which the generator changes the fakes' part.

    Args:
        weight: factor on the classes' cross-entropy in both networks' losses.
    """
    return weight * F.cross_entropy(fake_class_logits, fake_labels)
