"""Features and class logits of a classifier trained on the project's own labelled data."""

import math
from typing import Annotated, Literal

import torch
from _classifier import Classifier, accuracy, train_classifier
from annotated_types import Ge, Gt
from torch import Tensor, nn

NEEDS = {"data:labels": "it learns to tell the classes"}
CLASS_LOGITS = True


class ChannelClassifier(nn.Module):
    """A classifier of single channels, as a classifier of all of them."""

    resize = "none"
    accuracy = math.nan

    def __init__(self, judge: Classifier) -> None:
        super().__init__()
        self.judge = judge

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.judge(channel) for channel in x.split(1, dim=1)], dim=1)

    def class_logits(self, x: Tensor) -> Tensor:
        """Log-probabilities [B, K^C] of the classes that all C channels make up, K of each."""
        joint = x.new_zeros(len(x), 1)
        for channel in x.split(1, dim=1):
            own = self.judge.class_logits(channel).log_softmax(dim=1)
            joint = (joint[:, :, None] + own[:, None]).flatten(1)
        return joint


def classifier(
    real: Tensor,
    real_labels: Tensor,
    num_classes: int,
    *,
    channels: Literal["together", "apart"] = "together",
    epochs: Annotated[int, Ge(1)] = 10,
    lr: Annotated[float, Gt(0)] = 5e-3,
    seed: Annotated[int, Ge(0)] = 0,
) -> nn.Module:
    """Train on nine tenths of the samples [N, C, ...]; the rest gives its `accuracy`.

    Scores by its features can be compared within the project only, and flatter real samples, most
    of which it has seen.

    Args:
        channels: "apart" judges each channel by itself, as on Stacked MNIST, where the label is the
            number that the digits in the channels make: 100 a + 10 b + c of 1000 classes. Digits
            that stand in several samples make the accuracy look better than it is.
        epochs: passes over the samples.
        lr: highest learning rate, which it grows to and falls from.
        seed: of the weights and of the order; on a GPU runs with one seed differ in rounding.

    Raises:
        ValueError: fewer than 10 samples, or classes that the channels cannot make up.
    """
    if len(real) < 10:
        raise ValueError(f"a classifier needs 10 labelled samples at least, there are {len(real)}")
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(seed))
    held_out, rows = order.to(real.device).tensor_split([len(real) // 10])
    x, labels, classes = real[rows], real_labels[rows], num_classes
    if channels == "apart":
        labels, classes = _channel_labels(labels, num_classes, real.shape[1])
        x = x.flatten(0, 1)[:, None]
    judge: Classifier | ChannelClassifier
    judge = train_classifier(x, labels, classes, epochs, lr, seed)
    if channels == "apart":
        judge = ChannelClassifier(judge).eval()
    judge.accuracy = accuracy(judge.class_logits, real[held_out], real_labels[held_out])
    return judge


def _channel_labels(labels: Tensor, num_classes: int, channels: int) -> tuple[Tensor, int]:
    """The digits [N * C] of labels [N], the first channel's the most significant, and the base."""
    base = round(num_classes ** (1 / channels))
    if base**channels != num_classes:
        raise ValueError(
            f"{num_classes} classes are not made up of {channels} channels with equally many; set "
            'the option `channels` of the classifier to "together"'
        )
    places = base ** torch.arange(channels - 1, -1, -1, device=labels.device)
    return (labels[:, None] // places % base).flatten(), base
