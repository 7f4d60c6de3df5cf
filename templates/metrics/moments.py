"""Mean and standard deviation of each coordinate, of fakes against real samples."""

from _samples import require_samples
from torch import Tensor

BETTER = {"mean_error": "lower", "std_error": "lower"}


def moments(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Greatest difference of a coordinate's mean, and of its standard deviation; [N, ...] each.

    Both in the data's unit. Two distributions that agree in them can still differ in all else.

    Raises:
        ValueError: fewer than two samples.
    """
    require_samples(2, real, fake)
    (real_std, real_mean), (fake_std, fake_mean) = (
        (x.double().std(dim=0), x.double().mean(dim=0)) for x in (real, fake)
    )
    return {
        "mean_error": (real_mean - fake_mean).abs().max().item(),
        "std_error": (real_std - fake_std).abs().max().item(),
    }
