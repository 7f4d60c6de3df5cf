"""A label's embedding in front of the noise, as in the IBM GAN Toolkit's conditional generator."""

import torch
from torch import Tensor, nn

FLOW = "input"  # x = label_emb(x, labels), before the first layer
ATTRIBUTE = "label_emb"  # what the toolkit calls it, so that its saved weights fit
SHAPES = {"label_first": "features -> num_classes + features"}
PARAMETERS = "num_classes * num_classes"


def label_first(num_classes: int) -> nn.Module:
    """x [B, F], condition [B] -> [B, num_classes + F]."""
    return LabelFirst(num_classes, num_classes)


class LabelFirst(nn.Embedding):
    """A learnt embedding of the label, as long as there are classes, and the input behind it."""

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        return torch.cat([super().forward(condition), x], dim=1)  # [B, N + F]
