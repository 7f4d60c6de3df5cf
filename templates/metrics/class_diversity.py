"""How far fakes of one class are from each other, against how far real samples of it are."""

from _distances import mean_distance
from torch import Tensor

BETTER = {"class_diversity": "closer to 1"}
NEEDS = {"data:labels": "it compares samples of one class"}


def class_diversity(
    real_features: Tensor,
    fake_features: Tensor,
    real_labels: Tensor,
    fake_labels: Tensor,
    num_classes: int,
) -> dict[str, float]:
    """Mean distance of pairs of fakes of one class over that of real ones; features [N, F].

    Near 0 where a class always looks the same. Classes that have two samples of either kind count
    equally, each with its first 2000 samples.

    Raises:
        ValueError: no class has two samples of either kind.
    """
    sums = [0.0, 0.0]
    for label in range(num_classes):
        real, fake = real_features[real_labels == label], fake_features[fake_labels == label]
        if min(len(real), len(fake)) > 1:
            sums = [sums[0] + mean_distance(real), sums[1] + mean_distance(fake)]
    if sums[0] == 0:
        raise ValueError(
            "class_diversity needs two different real samples and two fakes of one class at "
            "least; evaluate more samples"
        )
    return {"class_diversity": sums[1] / sums[0]}
