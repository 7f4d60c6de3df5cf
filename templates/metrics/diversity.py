"""How far fakes are from each other, against how far real samples are."""

from _distances import mean_distance
from _samples import require_samples
from torch import Tensor

BETTER = {"diversity": "closer to 1"}


def diversity(real_features: Tensor, fake_features: Tensor) -> dict[str, float]:
    """Mean distance of pairs of fakes over that of pairs of real samples; features [N, F].

    Near 0 where all fakes are alike. Of more than 2000 samples the first 2000 count.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real_features, fake_features)
    # Real samples that are all alike give 0: fakes that are not are endlessly more diverse.
    usual = max(mean_distance(real_features), 1e-12)
    return {"diversity": mean_distance(fake_features) / usual}
