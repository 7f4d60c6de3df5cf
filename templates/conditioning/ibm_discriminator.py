"""A label's embedding behind the pixels, as in the IBM GAN Toolkit's conditional discriminator."""

import torch
from torch import Tensor, nn

FLOW = "input"  # x = label_embedding(x, labels), before the first layer
ATTRIBUTE = "label_embedding"  # what the toolkit calls it, so that its saved weights fit
SHAPES = {"label_last": "*size -> prod(size) + num_classes"}
PARAMETERS = "num_classes * num_classes"


def label_last(num_classes: int) -> nn.Module:
    """x [B, ...], condition [B] -> [B, F + num_classes], F the number of a sample's values."""
    return LabelLast(num_classes, num_classes)


class LabelLast(nn.Embedding):
    """All values of a sample in a row, and a learnt embedding of the label behind them."""

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        return torch.cat([x.flatten(1), super().forward(condition)], dim=1)  # [B, F + N]
