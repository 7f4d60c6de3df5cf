"""GAN-test: fakes that a classifier of real samples tells (Shmelkov 2018, arXiv:1807.09499)."""

from torch import Tensor

BETTER = {"gan_test": "higher"}
NEEDS = {"data:labels": "it compares what a classifier says with the labels of the fakes"}


def gan_test(fake_class_logits: Tensor, fake_labels: Tensor, num_classes: int) -> dict[str, float]:
    """Share of fakes [N] whose most likely class, of logits [N, K], is the one they were made for.

    The classifier's own `accuracy` on held-out samples bounds what it can mean; its floor is of
    samples that it has mostly been trained on. It says nothing about variety: one perfect fake of
    each class scores 1.

    Raises:
        ValueError: the classifier knows other classes than the labels.
    """
    classes = fake_class_logits.shape[1]
    if classes != num_classes:
        raise ValueError(
            f"gan_test needs a classifier of the {num_classes} classes of the data, and this one "
            f"has {classes}; set evaluation.features to classifier"
        )
    right = fake_class_logits.argmax(dim=1) == fake_labels
    return {"gan_test": right.double().mean().item()}
