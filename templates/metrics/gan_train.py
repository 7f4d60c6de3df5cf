"""GAN-train: what a classifier learns from fakes alone (Shmelkov 2018, arXiv:1807.09499)."""

from typing import Annotated

from _classifier import accuracy, train_classifier
from _samples import require_samples
from annotated_types import Ge, Gt
from torch import Tensor

BETTER = {"gan_train": "higher"}
NEEDS = {"data:labels": "it trains a classifier on the labels of the fakes"}


def gan_train(
    real: Tensor,
    fake: Tensor,
    real_labels: Tensor,
    fake_labels: Tensor,
    num_classes: int,
    *,
    epochs: Annotated[int, Ge(1)] = 10,
    lr: Annotated[float, Gt(0)] = 5e-3,
    seed: Annotated[int, Ge(0)] = 0,
) -> dict[str, float]:
    """Train on fake [N, ...] and its labels [N], return the accuracy on real [M, ...].

    Low where fakes lack quality or variety. The floor trains on one half of the real samples and
    tests on the other. A classifier is trained at every evaluation, which takes a while.

    Args:
        epochs: passes over the fakes.
        lr: highest learning rate.
        seed: of the weights and of the order.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real, fake)
    judge = train_classifier(fake, fake_labels, num_classes, epochs, lr, seed)
    return {"gan_train": accuracy(judge.class_logits, real, real_labels)}
